/** Reads a text that somebody else has written: a regular file, not too large, in UTF-8 or UTF-16, as YAML has it (YAML 1.2.2 §5.2). */
import { closeSync, constants, fstatSync, lstatSync, openSync, type PathLike, readSync, statSync } from 'node:fs';
import type { Text } from '../../error.js';
import { err, ok, type Result } from '../../wire/index.js';

export interface TextFileOptions {
  readonly mostBytes: number;
  /** Default: followed. A link of a stranger's could lead to anything on this machine. */
  readonly links?: 'followed' | 'refused';
}

/** Its text, or why there is none. Never waits, whatever the path turns out to be: a FIFO has no end. */
export function readTextFile(path: PathLike, { mostBytes, links = 'followed' }: TextFileOptions): Result<string, Text> {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } = constants;
  const follow = links === 'followed';
  try {
    // Asked first, for opening a device can have an effect; and again, for it may be another one by then.
    if (!(follow ? statSync(path) : lstatSync(path)).isFile()) return err(NO_FILE);
    const file = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW));
    try {
      if (!fstatSync(file).isFile()) return err(NO_FILE);
      const bytes = Buffer.allocUnsafe(mostBytes + 1);
      let length = 0;
      for (let read = -1; read !== 0 && length < bytes.length; length += read)
        read = readSync(file, bytes, length, bytes.length - length, null);
      return length > mostBytes ? err(tooLarge(mostBytes)) : decode(bytes.subarray(0, length));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return err(unreadable(error));
  }
}

/** What to say where the system refuses a file or a folder. */
export function unreadable(error: unknown): Text {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return { en: `cannot be read (${code})`, zh: `无法读取（${code}）` };
}

function decode(bytes: Buffer): Result<string, Text> {
  try {
    return ok(new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes));
  } catch (error) {
    // A character of two bytes in another encoding would make another name of the student's, and other numbers.
    if (error instanceof TypeError) return err(NO_UTF_8);
    throw error;
  }
}

/** By the byte order mark, or the zero in its place: YAML begins with an ASCII character. */
function encodingOf([first, second]: Buffer): string {
  if ((first === 0xff && second === 0xfe) || second === 0) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || first === 0) return 'utf-16be';
  return 'utf-8';
}

export const NO_FILE: Text = { en: 'no file of its own', zh: '不是普通文件' };
const NO_UTF_8: Text = { en: 'not in UTF-8: save it so', zh: '不是 UTF-8 编码：请另存为 UTF-8' };
const tooLarge = (mostBytes: number): Text => ({
  en: `larger than ${String(mostBytes >> 10)} KiB`,
  zh: `超过 ${String(mostBytes >> 10)} KiB`,
});
