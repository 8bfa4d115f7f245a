/** Which sockets could read, by the kernel's tables as it prints them. */
import { endianness } from 'node:os';
import { expect, test } from 'vitest';
import { readersIn, type SocketTables } from '../../src/lab/run/readers.js';

const FLOW = { src: '192.0.2.1', srcPort: 42001, dst: '192.0.2.2', dstPort: 80 };
const FLOW6 = { ...FLOW, src: '2001:db8::1', dst: '2001:db8::2' };
const LINK = 7;
const NO_TABLES: SocketTables = { raw: '', raw6: '', packet: '' };

const word = (hex: string): string =>
  endianness() === 'LE' ? Buffer.from(hex, 'hex').swap32().toString('hex').toUpperCase() : hex;
const ANY = '00000000';
const ANY6 = ANY.repeat(4);

/** `address:protocol`, of both ends. */
const raw = (local: string, remote = `${ANY}:0000`, inode = 4711): string =>
  `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n` +
  `    6: ${local} ${remote} 07 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 0000000000000000 0\n`;
const packet = (protocol: string, index: number): string =>
  `sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n0000000000000000 3      3    ${protocol}   ${index}     1 0      0      4712  \n`;

const options = { before: NO_TABLES, interfaceIndex: LINK };
const read = (tables: Partial<SocketTables>, flow = FLOW, before = NO_TABLES) =>
  readersIn({ ...NO_TABLES, ...tables }, flow, { ...options, before }).readers;

test.each([
  ['of TCP', raw(`${ANY}:0006`), ['raw']],
  ['of IPPROTO_RAW', raw(`${ANY}:00FF`), []],
  ['bound to its address', raw(`${word('C0000201')}:0006`), ['raw']],
  ['bound to another', raw(`${word('C0000209')}:0006`), []],
  ['connected to the other side', raw(`${ANY}:0006`, `${word('C0000202')}:0000`), ['raw']],
  ['connected to somebody else', raw(`${ANY}:0006`, `${word('C0000209')}:0000`), []],
])('a raw socket %s', (_, table, readers) => {
  expect(read({ raw: table })).toEqual(readers);
});

test.each([
  ['0003', 0, ['packet']],
  ['0003', LINK, ['packet']],
  ['0800', LINK, ['packet']],
  ['86dd', LINK, []],
  ['0806', LINK, []],
  ['0000', 0, []],
  ['0003', 1, []],
])('a packet socket of protocol %s at interface %i', (protocol, index, readers) => {
  expect(read({ packet: packet(protocol, index) })).toEqual(readers);
});

test('IPv6', () => {
  const own = ['20010DB8', ANY, ANY, '00000001'].map(word).join('');
  expect(read({ raw6: raw(`${own}:0006`, `${ANY6}:0000`) }, FLOW6)).toEqual(['raw']);
  expect(read({ raw6: raw(`${ANY6}:0006`, `${ANY6}:0000`) })).toEqual([]);
  expect(read({ raw: raw(`${ANY}:0006`), packet: packet('86dd', 0) }, FLOW6)).toEqual(['packet']);
});

test("those that were there before are the observer's; where there are no others, nothing is told", () => {
  const table = raw(`${ANY}:0006`);
  expect(read({})).toBeUndefined();
  expect(read({ raw: table }, FLOW, { ...NO_TABLES, raw: table })).toBeUndefined();
  expect(read({ raw: table, packet: packet('0003', 1) }, FLOW, { ...NO_TABLES, raw: table })).toEqual([]);
});
