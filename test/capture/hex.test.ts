import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseHexText } from '../../src/capture/hex.js';
import { guessLinkType } from '../../src/capture/link-type.js';
import { emitFrame, emitPacket, toHex } from '../../src/wire/index.js';
import { recordsOfHex } from '../../src/capture/read.js';
import * as arbitrary from '../property/wire-arbitraries.js';
import { ackIpv4, frames, ipOf, synIpv4, synIpv6 } from '../wire/vectors.js';
import { reading } from './reading.js';

const syn = ipOf(synIpv4);
const digits = toHex(syn);
const pairs = [...syn].map((byte) => byte.toString(16).padStart(2, '0'));
const rows = (size: number): string[][] =>
  Array.from({ length: Math.ceil(pairs.length / size) }, (_, i) => pairs.slice(i * size, (i + 1) * size));
const ascii = (row: readonly string[]): string =>
  row.map((pair) => String.fromCharCode(Number.parseInt(pair, 16)).replace(/[^ -~]/, '.')).join('');
const offset = (i: number, width: number): string => (16 * i).toString(16).padStart(width, '0');

describe('one packet, written as people write it', () => {
  test.each([
    ['digits', digits],
    ['upper case, a line end', `${digits.toUpperCase()}\n`],
    ['pairs', pairs.join(' ')],
    ['colons', pairs.join(':')],
    ['a C array', pairs.map((pair) => `0x${pair}`).join(', ')],
    ['a string with escapes', pairs.map((pair) => `\\x${pair}`).join('')],
    [
      'several lines',
      rows(20)
        .map((row) => row.join(''))
        .join('\n'),
    ],
    [
      'several lines that end as Windows ends them',
      rows(16)
        .map((row) => row.join(' '))
        .join('\r\n'),
    ],
    [
      'tcpdump -x',
      rows(16)
        .map((row, i) => `\t0x${offset(i, 4)}:  ${row.join(' ').replace(/(..) (..)/g, '$1$2')}`)
        .join('\n'),
    ],
    [
      'tcpdump -X',
      rows(16)
        .map(
          (row, i) =>
            `\t0x${offset(i, 4)}:  ${row
              .join(' ')
              .replace(/(..) (..)/g, '$1$2')
              .padEnd(40)} ${ascii(row)}`,
        )
        .join('\n'),
    ],
    [
      'xxd',
      rows(16)
        .map(
          (row, i) =>
            `${offset(i, 8)}: ${row
              .join(' ')
              .replace(/(..) (..)/g, '$1$2')
              .padEnd(40)} ${ascii(row)}`,
        )
        .join('\n'),
    ],
    [
      'hexdump -C',
      rows(16)
        .map(
          (row, i) =>
            `${offset(i, 8)}  ${`${row.slice(0, 8).join(' ')}  ${row.slice(8).join(' ')}`.padEnd(49)} |${ascii(row)}|`,
        )
        .join('\n'),
    ],
    [
      "Wireshark's dump",
      rows(16)
        .map((row, i) => `${offset(i, 4)}   ${row.join(' ').padEnd(47)}   ${ascii(row)}`)
        .join('\n'),
    ],
  ])('%s', (_, text) => {
    expect(
      recordsOfHex(text)
        ?.map(({ bytes }) => bytes)
        .map(toHex),
    ).toEqual([digits]);
  });
});

describe('several packets', () => {
  const other = toHex(ipOf(ackIpv4));

  test.each([
    ['a line each', `${digits}\n${other}\n`],
    [
      'parted by an empty line',
      `${rows(16)
        .map((row) => row.join(' '))
        .join('\n')}\n\n${other}`,
    ],
    ['a line each, one of them with Ethernet', `${digits}\n${toHex(synIpv6)}`],
  ])('%s', (_, text) => {
    expect(parseHexText(text)).toHaveLength(2);
  });
});

test.each(['', ' \n', 'hello', '450', '0x', 'zz'])('%j is no hex text', (text) => {
  expect(parseHexText(text)).toBeUndefined();
});

describe('what bytes begin with', () => {
  test.each(Object.entries(frames))('%s', (name, frame) => {
    expect(guessLinkType(frame)).toBe('ethernet');
    if (!name.startsWith('arp')) expect(guessLinkType(ipOf(frame))).toBe('raw');
  });

  test('an IPv4 source address that looks like an EtherType does not mislead', () => {
    const bytes = emitPacket({ ip: { version: 4, src: '8.0.69.1', dst: '192.0.2.1' }, tcp: { flags: 'S' } });
    expect(guessLinkType(bytes)).toBe('raw');
  });

  test('a random packet that was built is known again, with and without Ethernet', () => {
    const link = fc.record({ src: arbitrary.mac, dst: arbitrary.mac });
    fc.assert(
      fc.property(arbitrary.tcpPacket, link, (packet, ends) => {
        expect(guessLinkType(emitPacket(packet))).toBe('raw');
        expect(guessLinkType(emitFrame({ link: { kind: 'ethernet', ...ends }, packet }))).toBe('ethernet');
      }),
    );
  });
});

describe('bytes without a capture around them', () => {
  test('a packet as it is', async () => {
    expect(await reading(syn, [5])).toMatchObject({
      error: undefined,
      records: [{ bytes: Uint8Array.from(syn), linkType: 101, epochNs: undefined }],
    });
  });

  test('nothing at all', async () => {
    expect(await reading(new Uint8Array(0))).toMatchObject({ error: { code: 'unknown', message: 'is empty' } });
  });

  test('more than any packet takes', async () => {
    expect((await reading(new Uint8Array(262_145))).error).toMatchObject({ code: 'unknown' });
    expect((await reading(new Uint8Array(20_000_000), [1 << 20])).error).toMatchObject({ code: 'unknown' });
    expect((await reading(new Uint8Array(262_144))).records).toHaveLength(1);
  });

  const hex = toHex(syn);
  test.each([
    { what: 'paragraphs', first: `${hex}\n\n`, more: '45\n\n' },
    { what: 'lines', first: `${hex}\n`, more: '45\n' },
    { what: 'lines of dumps', first: `0000: ${hex.slice(0, 2)}\n`, more: '0000: 45\n' },
  ])('as many packets as $what as a hex text may have, and one more', async ({ first, more }) => {
    const most = Buffer.from(first + more.repeat(65_535));
    expect(await reading(most)).toMatchObject({ error: undefined, records: { length: 65_536 } });
    const { records, error } = await reading(Buffer.concat([most, Buffer.from(more)]));
    expect([records.length, error?.code]).toEqual([0, 'unknown']);
    expect(error?.message).toContain('at most 65536 packets');
  });

  test('hex of a packet that is too long', async () => {
    expect((await reading(Buffer.from('45'.repeat(262_145)))).error).toMatchObject({ code: 'unknown' });
    expect((await reading(Buffer.from('45'.repeat(262_144)))).records).toMatchObject([{ wireBytes: 262_144 }]);
  });
});
