import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pcapng } from '../../src/capture/pcapng.js';
import { printable } from '../../src/printable.js';
import { toHex } from '../../src/wire/index.js';
import { reading } from './reading.js';

/** Blocks by hand, in either byte order. */
class Blocks {
  #bytes: number[] = [];

  constructor(readonly littleEndian: boolean) {}

  #ordered(bytes: readonly number[]): readonly number[] {
    return this.littleEndian ? bytes.toReversed() : bytes;
  }

  u16 = (value: number): readonly number[] => this.#ordered([value >>> 8, value & 255]);
  u32 = (value: number): readonly number[] =>
    this.#ordered([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
  option = (code: number, value: readonly number[]): readonly number[] => [
    ...this.u16(code),
    ...this.u16(value.length),
    ...value,
    ...Array<number>(-value.length & 3).fill(0),
  ];

  block(type: number, body: readonly number[]): this {
    const padded = [...body, ...Array<number>(-body.length & 3).fill(0)];
    const length = this.u32(padded.length + 12);
    this.#bytes.push(...this.u32(type), ...length, ...padded, ...length);
    return this;
  }

  section(): this {
    return this.block(0x0a0d0d0a, [
      ...this.u32(0x1a2b3c4d),
      ...this.u16(1),
      ...this.u16(0),
      ...Array<number>(8).fill(255),
    ]);
  }

  describe(linkType: number, snapBytes: number, ...options: readonly (readonly number[])[]): this {
    return this.block(1, [...this.u16(linkType), ...this.u16(0), ...this.u32(snapBytes), ...options.flat()]);
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

const text = (words: string): number[] => [...new TextEncoder().encode(words)];
const orders = [{ littleEndian: true }, { littleEndian: false }];

describe.each(orders)('littleEndian: $littleEndian', ({ littleEndian }) => {
  const start = (): Blocks => new Blocks(littleEndian).section();

  test('an enhanced packet block: interface, time, comments', async () => {
    const b = start();
    b.describe(1, 0, b.option(2, text('eth0'))).describe(101, 0, b.option(2, text('tun0')), b.option(9, [9]));
    const data = [1, 2, 3, 4, 5];
    const fixed = [1, 0x12345678, 0x9abcdef0, data.length, 60].flatMap(b.u32);
    b.block(6, [
      ...fixed,
      ...data,
      0,
      0,
      0,
      ...b.option(1, text('first')),
      ...b.option(1, text('second')),
      ...b.option(0, []),
    ]);
    expect(await reading(b.bytes, [7])).toMatchObject({
      error: undefined,
      records: [
        {
          interfaceId: 1,
          interfaceName: 'tun0',
          linkType: 101,
          epochNs: 0x123456789abcdef0n,
          bytes: Uint8Array.from(data),
          wireBytes: 60,
          comments: ['first', 'second'],
        },
      ],
    });
  });

  test.each([
    { resolution: [], units: 5_000_000, epochNs: 5_000_000_000n },
    { resolution: [3], units: 5000, epochNs: 5_000_000_000n },
    { resolution: [9], units: 5, epochNs: 5n },
    { resolution: [0x80 + 10], units: 512, epochNs: 500_000_000n },
    { resolution: [0x80 + 63], units: 512, epochNs: 0n },
    { resolution: [127], units: 512, epochNs: 0n },
  ])('if_tsresol $resolution: $units units', async ({ resolution, units, epochNs }) => {
    const b = start();
    b.describe(1, 0, resolution.length === 0 ? [] : b.option(9, resolution));
    b.block(6, [0, 0, units, 0, 0].flatMap(b.u32));
    expect((await reading(b.bytes)).records[0]?.epochNs).toBe(epochNs);
  });

  test('if_tsoffset is added', async () => {
    const b = start();
    const offset = littleEndian ? [...b.u32(7), ...b.u32(0)] : [...b.u32(0), ...b.u32(7)];
    b.describe(1, 0, b.option(14, offset)).block(6, [0, 0, 1, 0, 0].flatMap(b.u32));
    expect((await reading(b.bytes)).records[0]?.epochNs).toBe(7_000_001_000n);
  });

  test('a simple packet block: the snap length says how much of it is there', async () => {
    const b = start().describe(101, 4);
    b.block(3, [...b.u32(1000), 1, 2, 3, 4]).block(3, [...b.u32(3), 1, 2, 3]);
    const { records, error } = await reading(b.bytes);
    expect(error).toBeUndefined();
    expect(records.map(({ bytes, wireBytes, epochNs }) => [toHex(bytes), wireBytes, epochNs])).toEqual([
      ['01020304', 1000, undefined],
      ['010203', 3, undefined],
    ]);
  });

  test('an old packet block: a 16-bit interface, then drops', async () => {
    const b = start().describe(1, 0).describe(101, 0);
    b.block(2, [...b.u16(1), ...b.u16(9), ...[0, 8, 2, 2].flatMap(b.u32), 1, 2]);
    expect((await reading(b.bytes)).records).toMatchObject([{ linkType: 101, epochNs: 8000n, wireBytes: 2 }]);
  });

  test('a new section forgets the interfaces, and may be in the other byte order', async () => {
    const [b, other] = [start().describe(1, 0), new Blocks(!littleEndian).section().describe(113, 0)];
    b.block(6, [0, 0, 1, 0, 0].flatMap(b.u32));
    other.block(6, [0, 0, 2, 0, 0].flatMap(other.u32));
    const { records, error } = await reading(Buffer.concat([b.bytes, other.bytes]), [13]);
    expect(error).toBeUndefined();
    expect(records.map(({ linkType, epochNs }) => [linkType, epochNs])).toEqual([
      [1, 1000n],
      [113, 2000n],
    ]);
  });

  test('blocks of unknown kinds are passed over', async () => {
    const b = start().block(5, [1, 2, 3, 4]).describe(1, 0).block(0xbad, text('whatever'));
    b.block(6, [0, 0, 1, 0, 0].flatMap(b.u32));
    expect(await reading(b.bytes)).toMatchObject({ error: undefined, records: [{ epochNs: 1000n }] });
  });

  test('a packet of an interface that was never described is a row with that to say; the next one is read', async () => {
    const b = start().describe(1, 0);
    b.block(6, [3, 0, 1, 0, 0].flatMap(b.u32)).block(6, [0, 0, 1, 0, 0].flatMap(b.u32));
    const { records } = await reading(b.bytes);
    expect(records.map(({ damage }) => damage)).toEqual(['the capture describes no interface 3', undefined]);
  });

  test('a packet longer than its block, likewise', async () => {
    const b = start().describe(1, 0);
    b.block(6, [...[0, 0, 1, 0xffffffff, 4].flatMap(b.u32), 1, 2, 3, 4]);
    expect(await reading(b.bytes)).toMatchObject({
      error: undefined,
      records: [{ damage: 'the capture says 4294967295 bytes and has 4', bytes: Uint8Array.of(1, 2, 3, 4) }],
    });
  });

  test.each([
    { what: 'two lengths that differ', spoil: (file: Uint8Array) => file.with(file.length - 2, 77) },
    {
      what: 'a length that is no multiple of 4',
      spoil: (file: Uint8Array) => file.with(28 + (littleEndian ? 4 : 7), 33),
    },
    { what: 'no byte-order magic', spoil: (file: Uint8Array) => file.with(9, 0) },
  ])('$what: damage', async ({ spoil }) => {
    const b = start().describe(1, 0);
    b.block(6, [0, 0, 1, 0, 0].flatMap(b.u32));
    expect((await reading(spoil(b.bytes))).error?.code).toBe('malformed');
  });

  test('as many interfaces as a section may have, and one more: damage that names its place', async () => {
    const b = start();
    const [lead, one] = [b.bytes.length, new Blocks(littleEndian).describe(1, 0).bytes];
    const packet = new Blocks(littleEndian).block(6, [65_535, 0, 1, 0, 0].flatMap(b.u32)).bytes;
    const most = Buffer.alloc(65_536 * one.length, one);
    expect(await reading(Buffer.concat([b.bytes, most, packet, b.bytes, one]))).toMatchObject({
      error: undefined,
      records: [{ linkType: 1, damage: undefined }],
    });
    const offset = lead + most.length + packet.length;
    expect(await reading(Buffer.concat([b.bytes, most, packet, one]))).toMatchObject({
      error: { code: 'malformed', offset, message: expect.stringContaining('65536 interfaces') as string },
      records: [{ linkType: 1 }],
    });
  });

  test('a long name and a long comment are cut between characters, and say how much is left out', async () => {
    const b = start();
    b.describe(1, 0, b.option(2, text('环'.repeat(86)))); // 258 bytes, and the 255th ends the 85th
    b.describe(1, 0, b.option(2, text(`a${'环'.repeat(85)}`))); // 256 bytes: the 255th is within a character
    const comments = [4096, 4097].map((length) => b.option(1, text('\u001b'.repeat(length)))).flat();
    b.block(6, [...[0, 0, 1, 0, 0].flatMap(b.u32), ...comments]);
    b.block(6, [1, 0, 1, 0, 0].flatMap(b.u32));
    expect((await reading(b.bytes)).records).toMatchObject([
      {
        interfaceName: `${'环'.repeat(85)}… [3 more bytes]`,
        comments: ['\u001b'.repeat(4096), `${'\u001b'.repeat(4096)}… [1 more bytes]`],
      },
      { interfaceName: `a${'环'.repeat(84)}… [3 more bytes]` },
    ]);
  });

  test.each([
    { count: 64, last: '64' },
    { count: 65, last: '[1 more comments]' },
    { count: 300, last: '[236 more comments]' },
  ])('$count comments of a packet', async ({ count, last }) => {
    const b = start().describe(1, 0);
    const comments = Array.from({ length: count }, (_, i) => b.option(1, text(String(i + 1))));
    b.block(6, [...[0, 0, 1, 0, 0].flatMap(b.u32), ...comments.flat()]);
    const [record] = (await reading(b.bytes)).records;
    expect([record?.comments.at(0), record?.comments.at(63), record?.comments.at(-1)]).toEqual(['1', '64', last]);
  });

  test.each([
    { bytes: 262_144, damage: undefined },
    { bytes: 262_148, damage: 'of 262148 bytes the first 262144 are read: no packet is longer' },
  ])('a packet of $bytes bytes, and the one behind it', async ({ bytes, damage }) => {
    const b = start().describe(1, 0);
    const block = (type: number, fixed: readonly number[]): Buffer => {
      const length = Uint8Array.from(b.u32(12 + 4 * fixed.length + bytes));
      return Buffer.concat([
        Uint8Array.from([...b.u32(type), ...length, ...fixed.flatMap(b.u32)]),
        new Uint8Array(bytes),
        length,
      ]);
    };
    const file = Buffer.concat([b.bytes, block(6, [0, 0, 1, bytes, bytes]), block(3, [bytes])]);
    const { records, error } = await reading(file, [65_536]);
    expect(error).toBeUndefined();
    const read = { damage, length: 262_144, wireBytes: bytes };
    expect(records.map((record) => ({ ...read, ...record, length: record.bytes.length }))).toMatchObject([read, read]);
  });

  test('another major version: not known', async () => {
    const b = start();
    const version = b.bytes.with(12, 2).with(13, 2);
    expect((await reading(version)).error).toMatchObject({ code: 'unknown' });
  });
});

const epochMs = fc.integer({ min: 0, max: 2 ** 31 }).map((seconds) => seconds * 1000 + 0.5);
const written = fc.record({
  interfaceId: fc.nat(2),
  epochMs,
  bytes: fc.uint8Array({ maxLength: 70 }),
  comment: fc.string({ minLength: 1, unit: 'grapheme' }).filter((words) => !words.includes('\0')),
});

test('what is written is read again, in any chunks', () =>
  fc.assert(
    fc.asyncProperty(fc.array(written, { maxLength: 6 }), fc.integer({ min: 1, max: 40 }), async (packets, size) => {
      const interfaces = [{ name: 'eth0' }, { name: '环回', linkType: 101 }, { name: 'any', linkType: 276 }];
      const { records, error } = await reading(pcapng(interfaces, packets), [size]);
      expect(error).toBeUndefined();
      expect(records).toMatchObject(
        packets.map((packet) => ({
          bytes: packet.bytes,
          comments: [printable(packet.comment)],
          epochNs: BigInt(Math.floor(packet.epochMs)) * 1_000_000n + 500_000n,
          interfaceName: interfaces[packet.interfaceId]?.name,
          linkType: interfaces[packet.interfaceId]?.linkType ?? 1,
        })),
      );
    }),
  ));
