/** This machine without some of its programs, for one command: all others are where they were, under links. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FOLDERS = ['/usr/local/bin', '/usr/local/sbin', '/usr/bin', '/usr/sbin'];

export interface Without {
  /** For `rawshake`: a mount namespace of its own, in which they are not to be found. */
  readonly prefix: readonly string[];
  remove(): void;
}

export function without(programs: readonly string[]): Without {
  const base = mkdtempSync(join(tmpdir(), 'rawshake-without-'));
  chmodSync(base, 0o755); // the command may be another user's
  const [real, links] = [join(base, 'real'), join(base, 'links')];
  for (const folder of FOLDERS) {
    mkdirSync(join(real, folder), { recursive: true });
    mkdirSync(join(links, folder), { recursive: true });
    for (const name of readdirSync(folder)) {
      if (!programs.includes(name)) symlinkSync(join(real, folder, name), join(links, folder, name));
    }
  }
  const mounts = [
    ...FOLDERS.map((folder) => `mount --bind ${folder} ${real}${folder}`),
    // In one process: what it mounts is gone from under its feet.
    ...FOLDERS.map((folder) => `${real}/usr/bin/mount --bind ${links}${folder} ${folder}`),
  ];
  return {
    prefix: ['unshare', '--mount', 'sh', '-e', '-c', `${mounts.join('\n')}\nexec "$@"`, 'sh'],
    remove() {
      rmSync(base, { recursive: true });
    },
  };
}
