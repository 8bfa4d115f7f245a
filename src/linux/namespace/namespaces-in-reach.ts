/**
 * Which network namespaces nobody can get into any more: no thread is in them, no process has them open, they are mounted
 * nowhere. What keeps one alive beside that (a socket alone, a descriptor on its way between two processes) leads nobody
 * into it by a name. namespaces(7), proc_pid_fdinfo(5).
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ProcSearch } from '../process/proc-search.js';

/** The first of their kind have the same numbers on every boot: PROC_PID_INIT_INO, PROC_USER_INIT_INO. */
const WHOLE_SYSTEM = { pid: 'pid:[4026531836]', user: 'user:[4026531837]' };

/** `namespaces`: as `net:[4026531840]`. None where not every process of the machine can be looked into, or there is too much to see. */
export function outOfReach(
  namespaces: Iterable<string>,
  proc = '/proc',
  search: ProcSearch = new ProcSearch(),
): ReadonlySet<string> {
  const left = new Set(namespaces);
  if (left.size === 0) return left;
  try {
    if (!seesWholeSystem(proc)) return new Set();
    const processes = search.namesIn(proc).flatMap((name) => (/^\d+$/.test(name) ? [join(proc, name)] : []));
    // The cheap looks first: most namespaces that are alive have a process.
    for (const look of [threads, mounts, descriptors]) if (left.size > 0) look(processes, left, search);
    return search.givenUp ? new Set() : left;
  } catch {
    return new Set();
  }
}

const seesWholeSystem = (proc: string): boolean =>
  readlinkSync(join(proc, 'self/ns/pid')) === WHOLE_SYSTEM.pid &&
  readlinkSync(join(proc, 'self/ns/user')) === WHOLE_SYSTEM.user &&
  readlinkSync(join(proc, '1/ns/net')) !== ''; // hidden or closed where processes of others are (`hidepid`)

/** What a process shows, or nothing where it has ended. Throws where it may not be looked into. */
function unlessEnded<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    // EINVAL: the mounts of one that has not been waited for yet.
    if (['ENOENT', 'ESRCH', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

const namesIn = (folder: string, search: ProcSearch): readonly string[] =>
  unlessEnded(() => search.namesIn(folder)) ?? [];
const linkOf = (path: string): string | undefined => unlessEnded(() => readlinkSync(path));
const textOf = (path: string): string | undefined => unlessEnded(() => readFileSync(path, 'latin1'));

function threads(processes: readonly string[], left: Set<string>, search: ProcSearch): void {
  for (const each of processes) {
    for (const thread of namesIn(join(each, 'task'), search)) {
      if (!search.goesOn()) return;
      left.delete(linkOf(join(each, 'task', thread, 'ns/net')) ?? '');
    }
  }
}

/** In every mount namespace, as `ip netns` mounts them: the root of such a mount is the namespace's name. */
function mounts(processes: readonly string[], left: Set<string>, search: ProcSearch): void {
  const seen = new Set<string>();
  for (const each of processes) {
    if (!search.goesOn()) return;
    const place = linkOf(join(each, 'ns/mnt'));
    const text = place === undefined || seen.has(place) ? undefined : textOf(join(each, 'mountinfo'));
    if (place === undefined || text === undefined) continue;
    seen.add(place);
    for (const [name] of text.matchAll(/net:\[\d+\]/g)) left.delete(name);
  }
}

/** By inode, for one that was opened by way of a mount has the mount's name. No file is touched, which might not answer. */
function descriptors(processes: readonly string[], left: Set<string>, search: ProcSearch): void {
  for (const each of processes) {
    for (const fd of namesIn(join(each, 'fdinfo'), search)) {
      if (left.size === 0 || !search.goesOn()) return;
      const info = textOf(join(each, 'fdinfo', fd));
      const inode = info === undefined ? '' : /^ino:\s+(\d+)$/m.exec(info)?.[1];
      if (inode === undefined) throw new Error('the kernel does not say which inode it is'); // before Linux 5.14
      left.delete(`net:[${inode}]`);
    }
  }
}
