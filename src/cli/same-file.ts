/** Of several files that a command is to write, each has to be one of its own. */
import { type BigIntStats, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { about, verbatim } from '../error.js';
import { usageError } from './usage.js';

const WRITTEN = ['pcap', 'html', 'mermaid', 'junit', 'csv'];

/** @throws {RawshakeError} RS_USAGE where two of them would be the same file, however it is named; devices take any number */
export function refuseSameFile(options: Readonly<Record<string, unknown>>): void {
  const before = new Map<string, string>();
  for (const name of WRITTEN) {
    const given = options[name];
    if (typeof given !== 'string') continue;
    const file = identityOf(given);
    if (file === undefined) continue;
    const other = before.get(file);
    if (other !== undefined)
      throw usageError(
        about(
          { en: `--${other} and --${name} name the same file`, zh: `--${other} 和 --${name} 指定了同一个文件` },
          verbatim(given),
        ),
        { en: 'Name a file for each.', zh: '请分别指定不同的文件。' },
      );
    before.set(file, name);
  }
}

/** What all names of one file have in common; of one that is not there yet, its folder and its name. undefined: of a device. */
function identityOf(path: string): string | undefined {
  const found = statOf(path);
  if (found === undefined) return join(realFolder(dirname(path)), basename(path));
  const takesAny = found.isCharacterDevice() || (found.isFIFO() && path.startsWith('/dev/'));
  return takesAny ? undefined : `${String(found.dev)}:${String(found.ino)}`;
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined; // why, it is told where the file is opened
  }
}

/** As far as it is there. */
function realFolder(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realFolder(parent), basename(path));
  }
}
