/** Keeps to this process what it has open, for a program that is not ours. fcntl(2), FD_CLOEXEC. */
import { readdirSync } from 'node:fs';
import { F_SETFD, FD_CLOEXEC } from './constants.js';
import { libc, SystemCallError } from './libc.js';

const LAST_OF_STDIO = 2;

/**
 * No child that is started from now on inherits any descriptor but 0, 1, 2 and those that it is given. Node marks its own, and of
 * those that it was started with the first ones, up to a gap; npm raw-socket does not mark what it opens.
 */
export function closeAllOnExec(): void {
  for (const fd of readdirSync('/proc/self/fd').map(Number)) if (fd > LAST_OF_STDIO) markIfOpen(fd);
}

/** The folder's own is closed by now. */
function markIfOpen(fd: number): void {
  try {
    libc('fcntl', fd, F_SETFD, FD_CLOEXEC);
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code !== 'EBADF') throw error;
  }
}
