/** Which sockets of programs could read by hand what comes for a connection: the kernel's tables of raw and packet sockets. proc_net(5), packet(7). */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import type { Lookup } from '../../evidence/lookup.js';
import { addressVersion, formatIpv4Address, formatIpv6Address } from '../../wire/address.js';
import type { Flow } from '../../wire/flow.js';

/** A row of a table, its words in order. */
type Row = readonly string[];

const TABLES = ['raw', 'raw6', 'packet'] as const;
type Table = (typeof TABLES)[number];

/** In which column stands what identifies a socket. */
const INODE: Readonly<Record<Table, number>> = { raw: 9, raw6: 9, packet: 8 };

const TCP = 6;
/** ETH_P_ALL, and the protocol of IP's versions. */
const ALL = 0x0003;
const ETHER_TYPE = { 4: 0x0800, 6: 0x86dd } as const;

/** The text of each, as the kernel prints it. */
export type SocketTables = Readonly<Record<Table, string>>;

/** Nothing of one that the kernel does not have, or of a process that has ended. */
export const socketTablesOf = (pid: number): SocketTables => ({
  raw: textOf(pid, 'raw'),
  raw6: textOf(pid, 'raw6'),
  packet: textOf(pid, 'packet'),
});

/** How many there are. */
export const rawSocketsOf = (pid: number): number => socketsIn(socketTablesOf(pid)).length;

export interface ReadersOptions {
  /** Before there was a program: the sockets in them are the observer's own, and never told. */
  readonly before: SocketTables;
  /** The kernel's number of the link. */
  readonly interfaceIndex: number;
}

/** Which could read what comes for `flow`, of which `src` is the tables' host; nothing where there are no such sockets at all. */
export function readersIn(
  tables: SocketTables,
  flow: Flow,
  { before, interfaceIndex }: ReadersOptions,
): Pick<Lookup, 'readers'> {
  const observers = new Set(socketsIn(before).map(({ id }) => id));
  const all = socketsIn(tables).filter(({ id }) => !observers.has(id));
  if (all.length === 0) return {};
  const version = addressVersion(flow.src) ?? 4;
  const raw = all.some(({ table, row }) => table === (version === 4 ? 'raw' : 'raw6') && readsRaw(row, flow));
  const packet = all.some(({ table, row }) => table === 'packet' && readsPacket(row, version, interfaceIndex));
  return { readers: [...(raw ? (['raw'] as const) : []), ...(packet ? (['packet'] as const) : [])] };
}

/** `id`: no other socket has it while this one lives. */
const socketsIn = (tables: SocketTables) =>
  TABLES.flatMap((table) =>
    rowsOf(tables[table]).map((row) => ({ table, row, id: `${table} ${row[INODE[table]] ?? ''}` })),
  );

/** Without the heading. */
const rowsOf = (text: string): readonly Row[] =>
  text
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => line.trim().split(/\s+/));

function textOf(pid: number, table: Table): string {
  try {
    return readFileSync(`/proc/${String(pid)}/net/${table}`, 'latin1');
  } catch {
    return '';
  }
}

/** `sl local_address rem_address …`: in the place of the local port stands the protocol. */
function readsRaw([, local = '', remote = '']: Row, { src, dst }: Flow): boolean {
  const [own = '', protocol = ''] = local.split(':');
  const [other = ''] = remote.split(':');
  const isFor = (hex: string, address: string): boolean => [undefined, address].includes(addressIn(hex));
  return parseInt(protocol, 16) === TCP && isFor(own, src) && isFor(other, dst);
}

/** `sk RefCnt Type Proto Iface …`: 0 is any interface. */
const readsPacket = ([, , , protocol = '', index]: Row, version: 4 | 6, interfaceIndex: number): boolean =>
  [0, interfaceIndex].includes(Number(index)) && [ALL, ETHER_TYPE[version]].includes(parseInt(protocol, 16));

/** As the kernel prints it: words in its own order. undefined: any. */
function addressIn(hex: string): string | undefined {
  if (/^0*$/.test(hex)) return undefined;
  const bytes = Buffer.from(hex, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  return bytes.length === 4 ? formatIpv4Address(bytes.readUInt32BE()) : formatIpv6Address(bytes);
}
