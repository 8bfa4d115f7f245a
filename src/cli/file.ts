/** Writes what a user asked to have in a file. */
import { closeSync, existsSync, mkdirSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { RawshakeError } from '../error.js';
import { waitWritable } from '../linux/wait-writable.js';
import { type CommonOptions, reportError } from './output.js';
import { codeOf, notWritten, openOutput } from './output-file.js';

/** A reader that takes nothing for so long has stopped. */
const MOST_WAIT_MS = 10_000;

/** @throws {RawshakeError} RS_FILE */
export function writeFile(path: string, content: Uint8Array | string): void {
  const fd = openOutput(path);
  try {
    let bytes = Buffer.from(content);
    while (bytes.length > 0) bytes = bytes.subarray(writeSome(fd, bytes));
  } catch (cause) {
    throw notWritten(path, cause);
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

/**
 * Writes the files that go with a result which has been printed: none that cannot be written takes the result or the others
 * with it. What went wrong is said on stderr, also with `--json`, whose one document is on stdout by then.
 */
export function writeFiles(writes: readonly (() => void)[], options: CommonOptions): void {
  for (const write of writes) {
    try {
      write();
    } catch (error) {
      reportError(error, { ...options, json: false });
    }
  }
}

/**
 * A folder to write files into, with those above it; it may be there already.
 * @throws {RawshakeError} RS_FILE
 */
export function makeFolder(path: string): void {
  try {
    makeWithParents(path);
  } catch (cause) {
    throw new RawshakeError('RS_FILE', `${path}: the folder cannot be made (${codeOf(cause)})`, {
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
