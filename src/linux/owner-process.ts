/** The process that holds a filter: whether it is there, and `rawshake filter add`, which holds one for a person, ended. */
import { existsSync, readFileSync } from 'node:fs';
import { libc, SystemCallError } from './libc.js';
import { watchReadable } from './reactor.js';

/** `none`: nobody is meant to hold it. */
export type OwnerState = 'running' | 'gone' | 'none';

export const ownerState = (pid: number | undefined): OwnerState => {
  if (pid === undefined) return 'none';
  return existsSync(`/proc/${String(pid)}`) ? 'running' : 'gone';
};

/** Whether all that the process does is to hold a filter. */
export function isFilterAdd(pid: number): boolean {
  try {
    const words = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').split('\0');
    const at = words.findIndex((word) => /(^|\/)rawshake(\.js)?$/.test(word));
    return at >= 0 && words[at + 1] === 'filter' && words[at + 2] === 'add';
  } catch {
    return false;
  }
}

/** Asks it to end, which has it remove its filter first, and waits until it has. */
export async function endProcess(pid: number): Promise<void> {
  const fd = openProcess(pid);
  if (fd === undefined) return;
  try {
    process.kill(pid, 'SIGTERM');
    await new Promise<void>((resolve) => {
      const watch = watchReadable(fd, () => {
        watch.close();
        resolve();
      });
    });
  } finally {
    libc('close', fd);
  }
}

const SYS_PIDFD_OPEN = 434; // the same number on every architecture; glibc names it since 2.36 only

/** A descriptor that becomes readable when the process ends. pidfd_open(2). */
function openProcess(pid: number): number | undefined {
  try {
    return libc('syscall', SYS_PIDFD_OPEN, pid, 0);
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'ESRCH') return undefined;
    throw error;
  }
}
