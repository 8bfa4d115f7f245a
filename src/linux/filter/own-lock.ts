/**
 * A file for iptables to lock in a network namespace of our own, where nobody else is to wait for. Whoever can open a file can hold
 * its lock for ever (flock(2)), so it is one of this process alone, without a name. memfd_create(2), proc_pid_fd(5).
 */
import { readlinkSync } from 'node:fs';
import { MFD_CLOEXEC } from '../libc/constants.js';
import { libc } from '../libc/libc.js';

let path: string | undefined;

/** As programs name it that run as the same user as this process, while it runs. */
export const ownLock = (): string => (path ??= openOwn());

function openOwn(): string {
  // Of another user than root's the kernel may keep /proc/PID/fd from the user's own programs: its node may have capabilities.
  if (process.geteuid?.() !== 0) return '/dev/null';
  const fd = libc('memfd_create', 'rawshake-xtables-lock', MFD_CLOEXEC);
  return `/proc/${readlinkSync('/proc/self')}/fd/${String(fd)}`;
}
