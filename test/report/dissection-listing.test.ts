/** Packets of a capture: a line each, a page where there is but one, JSON with layers. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { CaptureRecord } from '../../src/capture/record.js';
import { JsonListing, TextListing } from '../../src/report/dissection/listing.js';
import { emitPacket, type PacketInit } from '../../src/wire/index.js';
import { dataIpv4, frames, ipOf, offloadedIpv4, synIpv4, unreachableIpv4 } from '../wire/vectors.js';

const v4 = { version: 4, src: '192.0.2.1', dst: '192.0.2.2' } as const;
const ports = { srcPort: 41000, dstPort: 80 };

describe('the lines of a capture', () => {
  const record = (bytes: Uint8Array, changes: Partial<CaptureRecord> = {}): CaptureRecord => ({
    epochNs: undefined,
    linkType: 101,
    interfaceId: 0,
    interfaceName: undefined,
    bytes,
    wireBytes: bytes.length,
    comments: [],
    damage: undefined,
    ...changes,
  });
  const lines = (records: readonly CaptureRecord[]): string[] => {
    const listing = new TextListing({ language: 'en', columns: 80, unicode: true });
    const text = records.map((one) => listing.add(one)).join('') + listing.end();
    return stripVTControlCharacters(text)
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().replace(/\s+/g, ' '));
  };
  const there = (tcp: PacketInit['tcp']): Uint8Array => emitPacket({ ip: v4, tcp: { ...ports, ...tcp } });
  const back = (tcp: PacketInit['tcp']): Uint8Array =>
    emitPacket({ ip: { version: 4, src: v4.dst, dst: v4.src }, tcp: { srcPort: 80, dstPort: 41000, ...tcp } });
  const [a, b] = ['192.0.2.1:41000 > 192.0.2.2:80', '192.0.2.2:80 > 192.0.2.1:41000'];

  test("numbers count from each side's SYN", () => {
    const packets = [
      there({ flags: 'S', seq: 0xffffffff }),
      back({ flags: 'S.', seq: 7000, ack: 0 }),
      there({ flags: '.', seq: 0, ack: 7001 }),
      there({ flags: 'P.', seq: 0, ack: 7001, payload: new Uint8Array(5) }),
      back({ flags: 'R', seq: 7001 }),
    ];
    expect(lines(packets.map((bytes) => record(bytes)))).toEqual([
      `${a} S 0:0(0) win 65535`,
      `${b} S. 0:0(0) ack 1 win 65535`,
      `${a} . 1:1(0) ack 1 win 65535`,
      `${a} P. 1:6(5) ack 1 win 65535`,
      `${b} R 1:1(0) win 65535`,
    ]);
  });

  test('of a connection whose start was not captured, from the first one seen', () => {
    const packets = [
      there({ flags: '.', seq: 501, ack: 901 }),
      back({ flags: 'P.', seq: 901, ack: 501, payload: new Uint8Array(2) }),
    ];
    expect(lines(packets.map((bytes) => record(bytes)))).toEqual([
      `${a} . 1:1(0) ack 1 win 65535`,
      `${b} P. 1:3(2) ack 1 win 65535`,
    ]);
  });

  test('a second connection on the same four-tuple counts anew', () => {
    const packets = [
      there({ flags: 'S', seq: 100 }),
      back({ flags: 'S.', seq: 200, ack: 101 }),
      there({ flags: 'S', seq: 5000 }),
      back({ flags: 'R.', seq: 0, ack: 5001 }),
    ];
    expect(lines(packets.map((bytes) => record(bytes))).slice(2)).toEqual([
      `${a} S 0:0(0) win 65535`,
      `${b} R. 0:0(0) ack 1 win 65535`,
    ]);
  });

  test('time, interface, comments, damage, a link type that is not known', () => {
    const bytes = there({ flags: 'S' });
    expect(
      lines([
        record(bytes, { epochNs: 1_000_000_000n, interfaceName: 'eth0', comments: ['sent by\nrawshake', 'two'] }),
        record(bytes, { epochNs: 1_250_001_999n, damage: 'the capture describes no interface 3' }),
        record(bytes, { linkType: 105 }),
      ]),
    ).toEqual([
      `0.000000 ${a} (eth0) S 0:0(0) win 65535 # sent by\\nrawshake # two`,
      `0.250001 ${a} S 0:0(0) win 65535 [the capture describes no interface 3]`,
      '40 bytes [link type 105 is not known here]',
    ]);
  });

  test('what is no TCP, and what cannot be read', () => {
    const shown = lines(Object.values(frames).map((bytes) => record(bytes, { linkType: 1 })));
    expect(shown).toContain('192.0.2.1 > 192.0.2.2 ARP who has 192.0.2.2?');
    expect(shown).toContain('192.0.2.2 > 192.0.2.1 ARP 192.0.2.2 is at 0a:05:9e:5f:62:d3');
    expect(shown).toContain('2001:db8::1 > ff02::1:ff00:2 ICMPv6 neighbour solicitation 2001:db8::2');
    const broken = synIpv4.with(14 + 20 + 12, 0x10);
    const [, line] = lines([record(synIpv4, { linkType: 1 }), record(broken, { linkType: 1 })]);
    expect(line).toBe('192.0.2.1 > 192.0.2.2 [tcp at offset 34: data offset says 4 bytes, at least 20 are needed]');
  });

  test('one packet alone is a page, with what the capture says of it', () => {
    const text = lines([
      record(ipOf(synIpv4), {
        epochNs: 1_700_000_000_123_456_789n,
        interfaceName: 'eth0',
        comments: ['mine'],
        wireBytes: 99,
      }),
    ]);
    expect(text.slice(2, 6)).toEqual([
      'captured 2023-11-14T22:13:20.123456789Z',
      'on eth0',
      '# mine',
      'captured: the first 60 of 99 bytes',
    ]);
  });

  const notesOf = (changes: Partial<CaptureRecord>): readonly string[] => {
    const [, , ...rest] = lines([record(there({ flags: 'S' }), changes)]);
    return rest.slice(0, rest.indexOf(''));
  };

  test.each<[string, Partial<CaptureRecord>, readonly string[]]>([
    ['nothing', {}, []],
    ['no time: hex text has 0', { epochNs: 0n }, []],
    ['the first nanosecond', { epochNs: 1n }, ['captured 1970-01-01T00:00:00.000000001Z']],
    ['the last date', { epochNs: 8_640_000_000_000_000_000_000n }, ['captured +275760-09-13T00:00:00.000000000Z']],
    ['beyond it', { epochNs: 8_640_000_000_000_001_000_000n }, []],
    ['before the epoch', { epochNs: -1_000_000n }, []],
    ['damage', { damage: 'no interface 3' }, ['no interface 3']],
    ['all that was captured', { wireBytes: 40 }, []],
    ['one byte less', { wireBytes: 41 }, ['captured: the first 40 of 41 bytes']],
    ['comments', { comments: ['a', 'b'], interfaceName: 'lo' }, ['on lo', '# a', '# b']],
  ])('on the page of one packet: %s', (_, changes, notes) => {
    expect(notesOf(changes)).toEqual(notes);
  });

  test('the ends stand below one another; longer ones shift what comes, and shift it no more', () => {
    const listing = new TextListing({ language: 'en', columns: 80, unicode: true });
    const far = emitPacket({ ip: { ...v4, dst: '198.51.100.200' }, tcp: { ...ports, flags: '.' } });
    const near = there({ flags: '.' });
    const rows = [near, far, near].map((bytes) => listing.add(record(bytes, { epochNs: 1n }))).join('');
    expect(
      stripVTControlCharacters(rows)
        .split('\n')
        .map((line) => [line.indexOf('>'), line.search(/[.S]+ \d+:/)]),
    ).toEqual([
      // 10 characters of time, 15 of each end, 17 of the longer one; 2, 3 and 2 between.
      [28, 47],
      [30, 51],
      [30, 51],
      [-1, -1],
    ]);
    expect(rows).toMatch(/^ {2}0\.000000 {2}192/);
  });

  test('whether nothing of a capture could be read', () => {
    const unreadable = record(Uint8Array.of(0));
    const sound = record(there({ flags: 'S' }));
    for (const [records, wanted] of [
      [[], false],
      [[unreadable], true],
      [[unreadable, unreadable], true],
      [[unreadable, sound], false],
      [[sound, unreadable], false],
    ] as const) {
      const listings = [new TextListing({ language: 'en', columns: 80, unicode: true }), new JsonListing()];
      for (const listing of listings) for (const one of records) listing.add(one);
      expect(listings.map(({ allUnreadable }) => allUnreadable)).toEqual([wanted, wanted]);
    }
  });

  test('JSON: of what a capture does not say, no key', () => {
    const listing = new JsonListing();
    const said = { epochNs: 1_500_000_000n, interfaceName: 'eth0', comments: ['mine'], damage: 'cut', wireBytes: 99 };
    const text = [{}, said, { epochNs: 8_640_000_000_000_001_000_000n }]
      .map((changes) => listing.add(record(there({ flags: 'S' }), changes)))
      .join('');
    const [none, all, never] = JSON.parse(text + listing.end()) as readonly Record<string, unknown>[];
    for (const key of ['at', 'time', 'interface', 'comments', 'wireBytes']) expect(none).not.toHaveProperty(key);
    expect(all).toMatchObject({ time: '1970-01-01T00:00:01.500000000Z', interface: 'eth0', comments: ['mine'] });
    expect(all).toMatchObject({ number: 2, wireBytes: 99 });
    expect(never).not.toHaveProperty('time');
    expect(text.split('\n')).toHaveLength(4);
  });

  test('JSON: the fields of every packet, and the layers with theirs', () => {
    const listing = new JsonListing();
    const text =
      listing.add(record(synIpv4, { linkType: 1, epochNs: 5n, comments: ['mine'] })) +
      listing.add(record(unreachableIpv4, { linkType: 1 })) +
      listing.add(record(synIpv4.subarray(0, 60), { linkType: 1, wireBytes: 74 })) +
      listing.end();
    expect(JSON.parse(text)).toMatchObject([
      {
        number: 1,
        at: 0,
        time: '1970-01-01T00:00:00.000000005Z',
        comments: ['mine'],
        src: '192.0.2.1',
        srcPort: 41000,
        flags: 'S',
        options: ['mss 1460', 'sackOK', 'TS val 3212259622 ecr 0', 'nop', 'wscale 10'],
        text: expect.stringMatching(/^S 0:0\(0\) win 64240 <mss 1460/) as string,
        layers: [
          { layer: 'ethernet', offset: 0, size: 14, etherType: 0x800 },
          { layer: 'ipv4', offset: 14, size: 20, ttl: 64, checksumOk: true },
          {
            layer: 'tcp',
            offset: 34,
            size: 40,
            window: 64240,
            flags: 'S',
            options: [{ kind: 'mss', mss: 1460 }, {}, {}, {}, {}],
          },
        ],
      },
      {
        number: 2,
        src: '192.0.2.2',
        layers: [
          {},
          {},
          { layer: 'icmp', type: 3, code: 3 },
          { layer: 'ipv4', quoted: true },
          { layer: 'payload', protocol: 17, quoted: true },
        ],
      },
      { number: 3, wireBytes: 74, error: { code: 'truncated', need: 60, have: 46 } },
    ]);
  });

  test('a checksum left to the network card is called that in the list, on the page, in JSON', () => {
    const wrong = synIpv4.with(14 + 20 + 16, 1);
    const cut = dataIpv4.subarray(0, 68);
    const records = [offloadedIpv4, wrong, synIpv4, cut].map((bytes) => record(bytes, { linkType: 1 }));
    const [offload, bad, good, short] = lines(records);
    expect(offload).toContain('[checksum offload]');
    expect(bad).toContain('[bad checksum]');
    expect(good).not.toContain('checksum');
    expect(short).not.toContain('checksum');
    const page = lines(records.slice(0, 1)).join('\n');
    expect(page).toContain('[checksum offload]');
    expect(page).not.toContain('bad checksum');
    const listing = new JsonListing();
    const json = JSON.parse(records.map((one) => listing.add(one)).join('') + listing.end()) as unknown;
    const tcp = (checksumOk: boolean | null) => expect.objectContaining({ layer: 'tcp', checksumOk }) as unknown;
    expect(json).toMatchObject([
      { checksumOk: null, checksum: 'offload', layers: [{}, {}, tcp(null)] },
      { checksumOk: false, checksum: 'bad', layers: [{}, {}, tcp(false)] },
      { checksumOk: true, checksum: 'good', layers: [{}, {}, tcp(true)] },
      { checksumOk: null, checksum: 'not-judged', layers: [{}, {}, tcp(null), {}] },
    ]);
  });

  test('JSON of nothing is an empty array', () => {
    expect(JSON.parse(new JsonListing().end())).toEqual([]);
  });
});
