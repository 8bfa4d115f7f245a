/**
 * What nobody has foreseen: told in one line, with what to do, wherever it comes up, also while the program is still being
 * loaded. So it needs no other file but the ones on limits and text, and `early.ts`: each that is read takes a descriptor.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RawshakeError, RawshakeErrorCode, Text } from '../error.js';
import { limitHint } from '../limit.js';
import { jsonText, printable, printableLines } from '../printable.js';
import { languageOfArguments } from './early.js';

export interface Explained {
  readonly code: RawshakeErrorCode;
  readonly messages: Text;
  readonly hint: Text;
}

/** What says itself what it is, a limit of the system, a system call that failed, or a defect of our own. */
export function explain(thrown: unknown): Explained {
  const error = (thrown instanceof Error ? thrown : new Error(String(thrown))) as NodeJS.ErrnoException;
  if (error.name === 'RawshakeError') {
    const { code, messages, hints } = thrown as Pick<RawshakeError, 'code' | 'messages' | 'hints'>;
    return { code, messages, hint: hints };
  }
  const limit = limitHint(isUnreadable(error) ? { ...error, code: 'EMFILE' } : error);
  if (limit !== undefined) {
    const said = `${isUnreadable(error) ? 'EMFILE: ' : ''}${error.message}`;
    return { code: 'RS_LIMIT', messages: { en: `system: ${said}`, zh: `系统：${said}` }, hint: limit };
  }
  if (error.name === 'SystemCallError') {
    const hint = { en: 'See what this machine lacks: rawshake doctor', zh: '请查看这台机器缺少什么：rawshake doctor' };
    const messages = { en: `system call: ${error.message}`, zh: `系统调用：${error.message}` };
    return { code: 'RS_SYSTEM_CALL', messages, hint };
  }
  if (error.code === NOT_FOUND) {
    const messages = { en: `cannot be loaded: ${error.message}`, zh: `无法加载：${error.message}` };
    return { code: 'RS_MISSING_TOOL', messages, hint: NOT_WHOLE };
  }
  const said = `${error.name}: ${error.message}`;
  return { code: 'RS_DEFECT', messages: { en: `defect: ${said}`, zh: `程序缺陷：${said}` }, hint: REPORT };
}

/** Of a module: a file of this program, or a package. */
const NOT_FOUND = 'ERR_MODULE_NOT_FOUND';

const NOT_WHOLE: Text = {
  en: 'In a checkout: bin/setup. Else install the package again.',
  zh: '在源码目录中请运行 bin/setup；否则请重新安装本软件包。',
};

/** Node.js finds no package whose package.json it cannot open for want of a descriptor, and does not say that it is there. */
function isUnreadable({ code, message }: NodeJS.ErrnoException): boolean {
  const [, path] = /^Cannot find package '(\/[^']*)'/.exec(message) ?? [];
  return code === NOT_FOUND && path !== undefined && existsSync(join(dirname(path), 'package.json'));
}

const REPORT: Text = {
  en: 'This is a mistake in rawshake: please report it with the command, and what it prints with RAWSHAKE_DEBUG=1.',
  zh: '这是 rawshake 自身的错误：请附上所用命令，以及加上 RAWSHAKE_DEBUG=1 后的输出，报告此问题。',
};

/** Where it came up; empty unless one asks for it. */
export const stackOf = (thrown: unknown): string =>
  (process.env['RAWSHAKE_DEBUG'] ?? '') !== '' && thrown instanceof Error
    ? `${printableLines(thrown.stack ?? '')}\n`
    : '';

/** Node.js prints a warning as it comes; what it is about may be a stranger's text. */
function tellWarning({ name, message }: Error): void {
  process.stderr.write(`rawshake: ${printable(`${name}: ${message}`)}\n`);
}

let ender: ((error: unknown) => void) | undefined;

/**
 * Has `end` see to what comes up outside of any call, as to a signal: it undoes what was done, and throws it where it is told.
 * Only the first; the next ends the program at once. Gives what takes it back.
 */
export function onUnforeseen(end: (error: unknown) => void): () => void {
  const former = ender;
  ender = end;
  return () => {
    ender = former;
  };
}

/** Runs the program; of what it lets through, no more is seen than that line. */
export async function guarded(argv: readonly string[], run: () => Promise<void>): Promise<void> {
  // Without its listener it was told to print none.
  if (process.listenerCount('warning') > 0) process.removeAllListeners('warning').on('warning', tellWarning);
  process.on('uncaughtException', (error) => {
    const end = ender;
    ender = undefined;
    if (end !== undefined) {
      end(error);
      return;
    }
    tell(argv, error);
    // What else is still going on nobody knows.
    // eslint-disable-next-line no-restricted-properties -- all that the program holds goes with the process, or by its guards
    process.exit();
  });
  try {
    await run();
  } catch (error) {
    tell(argv, error);
  }
}

/** Of what may come up before the commands are there: see `exit-code.ts`. */
const MISSING: readonly RawshakeErrorCode[] = ['RS_LIMIT', 'RS_MISSING_TOOL'];

function tell(argv: readonly string[], thrown: unknown): void {
  const { code, messages, hint } = explain(thrown);
  process.exitCode = MISSING.includes(code) ? 3 : 1;
  const language = languageOfArguments(argv);
  const error = { code, message: messages.en, hint: hint[language] };
  if (argv.includes('--json')) process.stdout.write(`${jsonText({ error }, 2)}\n`);
  else process.stderr.write(`rawshake: ${printable(messages[language])}\nhint: ${printable(error.hint)}\n`);
  process.stderr.write(stackOf(thrown));
}
