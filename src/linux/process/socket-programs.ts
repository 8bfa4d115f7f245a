/** Which programs have sockets open, as far as this user may look. proc(5): /proc/PID/fd. */
import { readFileSync, readlinkSync } from 'node:fs';
import type { ProcSearch } from './proc-search.js';

export interface SocketProgram {
  readonly pid: number;
  readonly name: string;
}

/**
 * By the inode of the socket: of several programs that have it, the one with the lowest id. Not one of them where it was not
 * found before the search was given up.
 */
export function socketPrograms(inodes: readonly number[], search: ProcSearch): ReadonlyMap<number, SocketProgram> {
  const left = new Map(inodes.map((inode) => [`socket:[${String(inode)}]`, inode]));
  const found = new Map<number, SocketProgram>();
  const pids = search.namesIn('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  for (const pid of pids.sort((a, b) => a - b)) {
    const folder = `/proc/${String(pid)}/fd`;
    // None where the process has ended meanwhile, or is not to be looked into.
    for (const fd of unlessGone(() => search.namesIn(folder), [])) {
      if (left.size === 0 || !search.goesOn()) return found;
      const target = unlessGone(() => readlinkSync(`${folder}/${fd}`), '');
      const inode = left.get(target);
      if (inode === undefined) continue;
      found.set(inode, { pid, name: nameOf(pid) });
      left.delete(target);
    }
  }
  return found;
}

const nameOf = (pid: number): string =>
  unlessGone(() => readFileSync(`/proc/${String(pid)}/comm`, 'utf8').trimEnd(), '?');

function unlessGone<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
