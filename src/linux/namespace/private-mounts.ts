/**
 * A mount namespace for the calling thread alone, in which names of hosts are resolved by a file of its own.
 * mount_namespaces(7), mount(2), hosts(5).
 */
import { realpathSync, statSync, writeFileSync } from 'node:fs';
import { CLONE_NEWNS, MNT_DETACH, MS_BIND, MS_REC, MS_SLAVE } from '../libc/constants.js';
import { libc } from '../libc/libc.js';

export const HOSTS = '/etc/hosts';

/** Where the file is made: what lies there is covered for a moment, of which only this thread sees anything. */
const COVERED = '/proc';

/** nscd answers by a socket in it, and knows nothing of the file; where that is not to be seen, the C library reads the file itself. */
const NSCD_FOLDERS = ['/run/nscd', '/var/run/nscd'];

/**
 * What is mounted here is not seen outside; what is unmounted there goes here, too, and is not kept busy.
 * @throws {SystemCallError}
 */
export function unshareMounts(): void {
  libc('unshare', CLONE_NEWNS); // and with it this thread's working directory and root from those of the others (CLONE_FS)
  libc('mount', 'none', '/', '', MS_REC | MS_SLAVE, null);
}

/**
 * Has /etc/hosts be `text`. To be called once, where mounts are the thread's own. Nothing is written to a disk: the file is one of a
 * tmpfs that has no place but this.
 * @throws {SystemCallError} ENOENT where there is no /etc/hosts
 */
export function replaceHosts(text: string): void {
  libc('mount', 'rawshake', COVERED, 'tmpfs', 0, null);
  try {
    const file = `${COVERED}/hosts`;
    writeFileSync(file, text, { mode: 0o644 });
    libc('mount', file, HOSTS, '', MS_BIND, null);
  } finally {
    libc('umount2', COVERED, MNT_DETACH);
  }
  for (const folder of new Set(NSCD_FOLDERS.flatMap(realFolder))) libc('mount', 'rawshake', folder, 'tmpfs', 0, null);
}

function realFolder(folder: string): string[] {
  try {
    return statSync(folder).isDirectory() ? [realpathSync(folder)] : [];
  } catch {
    return [];
  }
}
