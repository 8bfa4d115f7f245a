/**
 * A root folder for programs of strangers: the system's programs and libraries, not to be written to, and /tmp for their own files.
 * Nothing else of this machine has a name there: no home, no sockets of services, no devices. chroot(2), mount_setattr(2).
 */
import { chmodSync, lstatSync, mkdirSync, readlinkSync, type Stats, symlinkSync, writeFileSync } from 'node:fs';
import { CLONE_NEWIPC, MS_BIND, MS_NODEV, MS_NOSUID, MS_REC } from '../libc/constants.js';
import { libc } from '../libc/libc.js';

export interface PrivateRoot {
  /** What lies in its /tmp, for everybody to read and to execute. */
  readonly files: Readonly<Record<string, string>>;
}

/** Where programs, and what they need, are on one system or another. */
const SYSTEM_FOLDERS = ['bin', 'sbin', 'usr', 'lib', 'lib32', 'lib64', 'libx32', 'etc', 'opt', 'nix', 'gnu'];

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom'];

/** Where it is made: what lies there is covered, of which only this thread, and what it starts, sees anything. */
const PLACE = '/tmp';

/** All that is written there is in memory. tmpfs(5) */
const ROOM = 'size=64m,nr_inodes=4096,mode=755';

/** As in /tmp of every system: each may write, and remove its own. */
const EVERYBODYS = 0o1777;

/**
 * Goes there for good, and with this thread all that it starts, in an IPC namespace of their own. To be called once, where mounts are
 * the thread's own. In a root that is not its namespace's, nobody may make a user namespace, and so get back what was taken away.
 * @throws {SystemCallError}
 */
export function standInPrivateRoot({ files }: PrivateRoot): void {
  libc('unshare', CLONE_NEWIPC);
  refuseSharedMemory();
  libc('mount', 'rawshake', PLACE, 'tmpfs', MS_NOSUID | MS_NODEV, Buffer.from(`${ROOM}\0`));
  for (const name of SYSTEM_FOLDERS) bringFolder(name);
  for (const name of ['dev', 'dev/shm', 'proc', 'tmp']) mkdirSync(`${PLACE}/${name}`);
  for (const name of DEVICES) bringDevice(`/dev/${name}`);
  for (const [name, target] of DESCRIPTORS) symlinkSync(target, `${PLACE}/dev/${name}`);
  for (const [name, text] of Object.entries(files)) writeFileSync(`${PLACE}/tmp/${name}`, text, { mode: 0o755 });
  libc('chroot', PLACE);
  libc('chdir', '/');
  for (const name of ['/dev/shm', '/tmp']) chmodSync(name, EVERYBODYS); // mkdir would ask the umask
}

/** System V's, which no limit of a process counts. An ordinary user's root may say so since Linux 5.19; before, it is his own memory. */
function refuseSharedMemory(): void {
  try {
    writeFileSync('/proc/sys/kernel/shmmni', '0');
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOENT'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}

const DESCRIPTORS = [
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
] as const;

/** With all that is mounted in it. What is a link elsewhere is one here. */
function bringFolder(name: string): void {
  const found = statsOf(`/${name}`);
  const target = `${PLACE}/${name}`;
  if (found?.isSymbolicLink() === true) symlinkSync(readlinkSync(`/${name}`), target);
  if (found?.isDirectory() !== true) return;
  mkdirSync(target);
  libc('mount', `/${name}`, target, '', MS_BIND | MS_REC, null);
  setAttributes(target, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function bringDevice(path: string): void {
  writeFileSync(PLACE + path, '');
  libc('mount', path, PLACE + path, '', MS_BIND, null);
}

/** <linux/mount.h>, <asm-generic/unistd.h>; of the latter all architectures have the same number. Linux 5.12. */
const SYS_MOUNT_SETATTR = 442;
const AT_FDCWD = -100;
const AT_RECURSIVE = 0x8000;
const [MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV] = [1, 2, 4];

/** To the mount, and all below it. Only the system call does that at once, and leaves alone what a user namespace must not change. */
function setAttributes(path: string, attributes: number): void {
  const attr = new BigUint64Array([BigInt(attributes), 0n, 0n, 0n]); // struct mount_attr
  libc('syscall', SYS_MOUNT_SETATTR, AT_FDCWD, Buffer.from(`${path}\0`), AT_RECURSIVE, attr, attr.byteLength);
}
