/** Which programs have sockets open, as far as this user may look. proc(5): /proc/PID/fd. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface SocketProgram {
  readonly pid: number;
  readonly name: string;
}

/** By the inode of the socket: of several programs that have it, the one with the lowest id. */
export function socketPrograms(inodes: readonly number[]): ReadonlyMap<number, SocketProgram> {
  const wanted = new Map(inodes.map((inode) => [`socket:[${String(inode)}]`, inode]));
  const found = new Map<number, SocketProgram>();
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  for (const pid of pids.sort((a, b) => a - b)) {
    for (const target of descriptorsOf(pid)) {
      const inode = wanted.get(target);
      if (inode !== undefined && !found.has(inode)) found.set(inode, { pid, name: nameOf(pid) });
    }
  }
  return found;
}

/** What they lead to; none where the process has ended meanwhile, or is not to be looked into. */
function descriptorsOf(pid: number): readonly string[] {
  const folder = `/proc/${String(pid)}/fd`;
  return unlessGone(() => readdirSync(folder), []).map((fd) => unlessGone(() => readlinkSync(`${folder}/${fd}`), ''));
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
