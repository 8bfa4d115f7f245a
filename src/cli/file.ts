/** Writes what a user asked to have in a file. */
import { writeFileSync } from 'node:fs';
import { RawshakeError } from '../error.js';

/** @throws {RawshakeError} RS_FILE */
export function writeFile(path: string, content: Uint8Array | string): void {
  try {
    writeFileSync(path, content);
  } catch (cause) {
    throw new RawshakeError(
      'RS_FILE',
      `${path}: cannot be written (${String((cause as NodeJS.ErrnoException).code)})`,
      {
        cause,
        hint: { en: 'Name a file in a folder that exists and is yours.', zh: '请指定一个存在且可写的目录中的文件。' },
      },
    );
  }
}
