/** Reads a file that people wrote for an exercise. */
import { about, RawshakeError } from '../error.js';
import { readTextFile } from '../linux/file/text-file.js';

/** @throws {RawshakeError} RS_FILE where it cannot be read or is larger */
export function readText(path: string, mostBytes: number): string {
  const text = readTextFile(path, { mostBytes });
  if (text.ok) return text.value;
  throw new RawshakeError('RS_FILE', about(path, text.error), {
    hint: { en: 'Name a YAML file that exists and may be read.', zh: '请指定一个存在且可读的 YAML 文件。' },
  });
}
