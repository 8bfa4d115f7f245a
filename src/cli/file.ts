/** Writes what a user asked to have in a file. */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { RawshakeError } from '../error.js';
import { type CommonOptions, reportError } from './output.js';

/** @throws {RawshakeError} RS_FILE */
export function writeFile(path: string, content: Uint8Array | string): void {
  try {
    writeFileSync(path, content);
  } catch (cause) {
    throw notWritten(path, cause);
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

export const notWritten = (path: string, cause: unknown): RawshakeError =>
  new RawshakeError('RS_FILE', `${path}: cannot be written (${codeOf(cause)})`, {
    cause,
    hint: { en: 'Name a file in a folder that exists and is yours.', zh: '请指定一个存在且可写的目录中的文件。' },
  });

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

const codeOf = (cause: unknown): string => String((cause as NodeJS.ErrnoException).code);
