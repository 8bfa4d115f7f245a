/** Of several files that a command is to write, each has to be one of its own. */
import { resolve } from 'node:path';
import { RawshakeError } from '../error.js';

const WRITTEN = ['pcap', 'html', 'mermaid', 'junit', 'csv'];

/** @throws {RawshakeError} RS_USAGE where two of them would be the same file; devices take any number */
export function refuseSameFile(options: Readonly<Record<string, unknown>>): void {
  const before = new Map<string, string>();
  for (const name of WRITTEN) {
    const given = options[name];
    if (typeof given !== 'string') continue;
    const path = resolve(given);
    const other = before.get(path);
    if (other !== undefined && !path.startsWith('/dev/'))
      throw new RawshakeError('RS_USAGE', `usage: --${other} and --${name} name the same file: ${given}`, {
        hint: { en: 'Name a file for each.', zh: '请分别指定不同的文件。' },
      });
    before.set(path, name);
  }
}
