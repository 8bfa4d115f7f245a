/** One key, one step: shows what there is piece by piece, as a person asks for it. */
import { usageError } from './usage.js';
import { colours } from '../report/colours.js';
import { interrupted } from '../lab/until.js';
import { printText } from './output.js';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CLEAR_LINE = '\r\u001b[K';

/** @throws {RawshakeError} RS_USAGE where nobody can press a key, or see what it does */
export function requireTerminal(json: boolean): void {
  if (!json && process.stdin.isTTY && process.stdout.isTTY) return;
  throw usageError(
    json
      ? { en: '--step needs a person, not --json', zh: '--step 由人逐步查看，不能与 --json 一起用' }
      : { en: '--step needs a terminal', zh: '--step 需要终端' },
    {
      en: 'Run it in a terminal, its input and output not redirected; without --step everything is shown at once.',
      zh: '请在终端中运行，不要重定向输入输出；去掉 --step 则一次显示全部。',
    },
  );
}

/**
 * Shows the pieces, each after a key: any for the next one, `a` for all that are left, `q` for the end.
 * @throws {RawshakeError} RS_INTERRUPTED on Ctrl-C, or when `signal` is aborted
 */
export async function stepThrough(pieces: readonly string[], prompt: string, signal: AbortSignal): Promise<void> {
  const release = takeKeys();
  try {
    let all = false;
    for (const [i, piece] of pieces.entries()) {
      if (i > 0 && !all) {
        printText(colours.dim(prompt));
        const key = await nextKey(signal);
        printText(CLEAR_LINE);
        if (key === CTRL_C) throw interrupted();
        if (key === 'q' || key === CTRL_D) return;
        all = key === 'a';
      }
      printText(piece);
    }
  } finally {
    release();
  }
}

/** What ends a program that does not listen, besides what an orderly end comes of: signal(7). SIGUSR1 is ignored. */
const DEADLY = [
  ...(['SIGQUIT', 'SIGABRT', 'SIGALRM', 'SIGUSR2', 'SIGVTALRM', 'SIGXCPU'] as const),
  ...(['SIGIO', 'SIGPWR', 'SIGSTKFLT'] as const),
];

/** Has the terminal give each key as it is typed; gives what undoes it, which a signal from outside does, too, before its end. */
function takeKeys(): () => void {
  const { stdin } = process;
  const release = (): void => {
    for (const signal of DEADLY) process.off(signal, die);
    stdin.setRawMode(false).pause();
  };
  const die = (signal: NodeJS.Signals): void => {
    release();
    process.kill(process.pid, signal);
  };
  for (const signal of DEADLY) process.on(signal, die);
  stdin.setRawMode(true).setEncoding('utf8');
  return release;
}

/** What was typed; the end of the input counts as Ctrl-D. */
const nextKey = (signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const { stdin } = process;
    const settle = (finish: () => void) => (): void => {
      stdin.off('data', onData).off('end', onEnd);
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    const onData = (text: string): void => settle(() => resolve(text))();
    const onEnd = settle(() => resolve(CTRL_D));
    const onAbort = settle(() => reject(interrupted()));
    stdin.on('data', onData).on('end', onEnd).resume();
    signal.addEventListener('abort', onAbort);
  });
