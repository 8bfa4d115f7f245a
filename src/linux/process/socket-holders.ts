/** Which processes of a network namespace hold its sockets, as far as this user may look. proc(5): /proc/PID/fd, ns, net. */
import { readFileSync, readlinkSync } from 'node:fs';
import type { NetworkNamespace } from '../namespace/netns.js';
import type { ProcSearch } from './proc-search.js';

export interface SocketHolder {
  readonly pid: number;
  /** As the kernel calls it. */
  readonly name: string;
}

/** What /proc/net calls a table of sockets, and in which column their inodes stand. */
const INODE_COLUMN = { raw: 9, raw6: 9, packet: 8 } as const;

export type SocketTableName = keyof typeof INODE_COLUMN;

/** The thread's own view: `/proc/net` is that of the process. */
const THREAD = '/proc/thread-self';

/**
 * The inodes of all such sockets in `netns`, without those that this process has there. Empty where the kernel has no such table.
 * `bound`: only those that have a local address
 */
export function inodesOf(
  table: SocketTableName,
  netns: NetworkNamespace,
  search: ProcSearch,
  { bound = false } = {},
): readonly number[] {
  const text = unlessGone(() => netns.run(() => readFileSync(`${THREAD}/net/${table}`, 'latin1')), '');
  const rows = text.split('\n').slice(1, -1);
  const inodes = rows.flatMap((row) => {
    const columns = row.trim().split(/\s+/);
    return bound && /^0+:/.test(columns[1] ?? '') ? [] : [Number(columns[INODE_COLUMN[table]])];
  });
  if (inodes.length === 0) return [];
  const ours = new Set(socketsOf('self', search));
  return inodes.filter((inode) => !ours.has(inode));
}

/** Of each socket, those processes of `netns` that hold it, this one never. */
export function holdersOf(
  inodes: readonly number[],
  netns: NetworkNamespace,
  search: ProcSearch,
): ReadonlyMap<number, readonly SocketHolder[]> {
  const found = new Map(inodes.map((inode) => [inode, new Map<number, SocketHolder>()]));
  const namespace = netns.run(() => readlinkSync(`${THREAD}/ns/net`));
  for (const pid of search.namesIn('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    if (unlessGone(() => readlinkSync(`/proc/${pid}/ns/net`), '') !== namespace) continue;
    for (const inode of socketsOf(pid, search))
      found.get(inode)?.set(Number(pid), { pid: Number(pid), name: nameOf(pid) });
  }
  return new Map([...found].map(([inode, holders]) => [inode, [...holders.values()]]));
}

function socketsOf(pid: string, search: ProcSearch): readonly number[] {
  const folder = `/proc/${pid}/fd`;
  return unlessGone(() => search.namesIn(folder), []).flatMap((fd) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(unlessGone(() => readlinkSync(`${folder}/${fd}`), '')) ?? [];
    return inode === undefined ? [] : [Number(inode)];
  });
}

const nameOf = (pid: string): string => unlessGone(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd(), '?');

/** Processes end while they are looked at. */
function unlessGone<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
