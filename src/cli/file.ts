/** Writes what a user asked to have in a file. */
import { closeSync, existsSync, mkdirSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { about, INTERRUPTED, RawshakeError, type Text } from '../error.js';
import { interruptedForMs } from '../linux/libc/interruption.js';
import { waitWritable } from '../linux/libc/wait-writable.js';
import { interruptible, signalsHeard } from './interrupt.js';
import { type CommonOptions, reportError } from './output.js';
import { refusePlanted } from './output-folder.js';
import { codeOf, NOT_WHOLE, notWritten, openOutput } from './output-file.js';

/** A reader that takes nothing for so long has stopped. */
const MOST_WAIT_MS = 10_000;

/**
 * What is there already stays until its `content` is made. `named`: what the user calls it.
 * @throws {RawshakeError} RS_FILE; RS_INTERRUPTED where a signal is to end the program
 */
export function writeFile(path: string, content: () => Uint8Array | string, named = path): void {
  if (interruptedForMs() >= 0) throw interrupted(about(named, NOT_WRITTEN), NOT_BEGUN);
  let bytes = Buffer.from(content());
  const fd = openOutput(path, named);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(writeSome(fd, bytes));
  } catch (cause) {
    if (codeOf(cause) === 'EAGAIN' && interruptedForMs() >= 0) throw interrupted(about(named, NOT_WHOLE), DO_NOT_USE);
    throw notWritten(named, cause);
  } finally {
    closeSync(fd);
  }
}

/** How many bytes were taken. */
function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (cause) {
    if (codeOf(cause) === 'EAGAIN' && waitWritable(fd, MOST_WAIT_MS)) return 0;
    throw cause;
  }
}

const interrupted = (what: Text, hint: Text): RawshakeError =>
  new RawshakeError('RS_INTERRUPTED', about(what, INTERRUPTED), { hint });

const NOT_WRITTEN: Text = { en: 'not written', zh: '没有写入' };
const NOT_BEGUN: Text = { en: 'Run it again.', zh: '可以重新运行。' };
const DO_NOT_USE: Text = {
  en: 'Its reader did not take it in time: do not use what is there. Run it again.',
  zh: '其读取方未能及时读完：请勿使用已有的部分。可以重新运行。',
};

/**
 * Writes the files that go with a result which has been printed, interruptible: none that cannot be written takes the result
 * or the others with it. What went wrong is said on stderr, also with `--json`, whose one document is on stdout by then.
 */
export async function writeFiles(
  command: string,
  writes: readonly (() => void)[],
  options: CommonOptions,
): Promise<void> {
  await interruptible(command, async () => {
    await signalsHeard();
    writeEach(writes, options);
  });
}

/** Of these files, too, none that cannot be written takes the others with it. */
export function writeEach(writes: readonly (() => void)[], options: CommonOptions): void {
  for (const write of writes) {
    try {
      write();
    } catch (error) {
      reportError(error, { ...options, json: false });
    }
  }
}

/**
 * A folder to write files into, with those above it; it may be there already. `named`: what the user calls it.
 * @throws {RawshakeError} RS_FILE
 */
export function makeFolder(path: string, named = path): void {
  refusePlanted(path);
  try {
    makeWithParents(path);
  } catch (cause) {
    const code = codeOf(cause);
    const why = { en: `the folder cannot be made (${code})`, zh: `无法创建目录（${code}）` };
    throw new RawshakeError('RS_FILE', about(named, why), {
      cause,
      hint: { en: 'Name a folder in a place that is yours.', zh: '请指定一个可写位置中的目录。' },
    });
  }
}

/** Not by Node's `recursive`, which never returns where the file system refuses with ENOENT, as /proc does. */
function makeWithParents(path: string): void {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) throw Object.assign(new Error(path), { code: 'ENOTDIR' });
    return;
  }
  if (dirname(path) !== path) makeWithParents(dirname(path));
  mkdirSync(path);
}
