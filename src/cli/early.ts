/**
 * Ctrl-C, SIGTERM and SIGHUP where nothing else sees to them: from the program's first statement on, and in commands that
 * have nothing to undo; and terminals that are gone. Needs no other file, so that it is there before any is loaded.
 */
import { isatty } from 'node:tty';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const INTERRUPTED = 130;

/** Over a line of progress that still stands there. */
const CLEAR_LINE = '\r\u001b[K';

let listener: (() => void) | undefined;

/** From now on each of them ends the program, with one line. */
export function endOnSignals(argv: readonly string[]): void {
  listener = () => {
    leaveSignals(); // the second ends it at once, should the first find nobody who reads
    tell(argv);
    // A thread that waits for a file would be waited for: 130 is what a shell makes of SIGINT, too.
    if (process.getActiveResourcesInfo().includes('FSReqCallback')) process.kill(process.pid, 'SIGINT');
    // eslint-disable-next-line no-restricted-properties -- all that the program holds goes with the process, or by its guards
    process.exit(INTERRUPTED);
  };
  listen(listener);
}

/** Leaves them to whoever listens already; gives what takes them back. */
export function leaveSignals(): () => void {
  const left = listener;
  if (left === undefined) return () => undefined;
  for (const signal of SIGNALS) process.off(signal, left);
  return () => {
    listen(left);
  };
}

function listen(to: () => void): void {
  for (const signal of SIGNALS) process.on(signal, to);
}

function tell(argv: readonly string[]): void {
  // Where part of a document was written already, it is no use to a program any more.
  if (argv.includes('--json') && !(process.stdout.bytesWritten > 0)) {
    const hint = { en: 'Run it again.', zh: '可以重新运行。' }[languageOfArguments(argv)];
    const error = { code: 'RS_INTERRUPTED', message: 'interrupted', hint };
    // eslint-disable-next-line no-restricted-syntax -- these are words of our own, and no other file is to be loaded
    process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`);
    return;
  }
  const interrupted = { en: 'interrupted', zh: '已中断' }[languageOfArguments(argv)];
  process.stderr.write(`${process.stderr.isTTY ? CLEAR_LINE : ''}rawshake: ${interrupted}\n`);
}

/** What LC_ALL, LC_MESSAGES and LANG say: the first that is set and not empty. locale(7). */
export function environmentLanguage(): 'en' | 'zh' {
  const locale = ['LC_ALL', 'LC_MESSAGES', 'LANG'].map((name) => process.env[name] ?? '').find((text) => text !== '');
  return (locale ?? '').startsWith('zh') ? 'zh' : 'en';
}

/** What `--lang` says, or else the environment, whatever else is wrong with these arguments. */
export function languageOfArguments(argv: readonly string[]): 'en' | 'zh' {
  const given = argv.flatMap((word, i) => (word === '--lang' ? [argv[i + 1]] : /^--lang=(.*)$/s.exec(word)?.slice(1)));
  return given.findLast((word): word is 'en' | 'zh' => word === 'en' || word === 'zh') ?? environmentLanguage();
}

/**
 * Has the process die of SIGHUP, as it would have if it had not listened, where a terminal that it has now is gone at its end:
 * Node.js gives each its former modes back then (ResetStdio in src/node.cc), and aborts where it cannot, with a core file of
 * all that root knows.
 */
export function dieWithTerminal(): void {
  const terminals = [0, 1, 2].filter(isatty);
  process.on('exit', () => {
    if (terminals.every(isatty)) return;
    process.removeAllListeners('SIGHUP');
    process.kill(process.pid, 'SIGHUP');
  });
}
