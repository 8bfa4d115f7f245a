import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LinkTypeNumber } from '../../src/capture/link-type.js';
import { pcap, type PcapPacket } from '../../src/capture/pcap.js';
import { toHex } from '../../src/wire/index.js';
import { reading } from './reading.js';

const bytes = fc.uint8Array({ maxLength: 200 });
const chunkSizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
const format = fc.record({ linkType: fc.nat(0xffff), bigEndian: fc.boolean(), nanoseconds: fc.boolean() });
const packets = (nanoseconds: boolean): fc.Arbitrary<PcapPacket[]> => {
  const epochNs = fc
    .bigInt({ min: 0n, max: (1n << 32n) * 1_000_000_000n - 1n })
    .map((ns) => (nanoseconds ? ns : ns - (ns % 1000n)));
  return fc.array(
    fc
      .record({ epochNs, bytes, more: fc.nat(2000) })
      .map(({ more, ...packet }) => ({ ...packet, wireBytes: packet.bytes.length + more })),
    { maxLength: 8 },
  );
};

test('what is written is read again: both byte orders, both resolutions, any chunks', () =>
  fc.assert(
    fc.asyncProperty(
      format.chain((chosen) => fc.tuple(fc.constant(chosen), packets(chosen.nanoseconds))),
      chunkSizes,
      async ([chosen, list], sizes) => {
        const { records, error } = await reading(pcap(list, chosen), sizes);
        expect(error).toBeUndefined();
        expect(
          records.map(({ epochNs, wireBytes, bytes: seen }) => ({ epochNs, wireBytes, bytes: toHex(seen) })),
        ).toEqual(list.map((packet) => ({ ...packet, bytes: toHex(packet.bytes) })));
        expect(records.every(({ linkType }) => linkType === chosen.linkType)).toBe(true);
      },
    ),
  ));

describe('a file that ends too early', () => {
  const whole = pcap(
    [1, 2].map((n) => ({ epochNs: BigInt(n), bytes: new Uint8Array(10).fill(n) })),
    { linkType: LinkTypeNumber.raw },
  );

  test.each([
    { cut: 10, records: 0, offset: 0 },
    { cut: 24 + 26 + 3, records: 1, offset: 24 + 26 },
    { cut: 24 + 26 + 16 + 3, records: 1, offset: 24 + 26 },
  ])('after $cut bytes', async ({ cut, records, offset }) => {
    const seen = await reading(whole.subarray(0, cut));
    expect(seen.records).toHaveLength(records);
    expect(seen.error).toMatchObject({ code: 'truncated', offset });
  });

  test('between two packets: nothing is missing', async () => {
    expect(await reading(whole.subarray(0, 24 + 26))).toMatchObject({ error: undefined, records: [{}] });
  });
});

test('a packet is as long as libpcap captures one; a longer one is damage that names its place and length', async () => {
  const packet = (length: number): PcapPacket => ({ epochNs: 0n, bytes: new Uint8Array(length) });
  const file = pcap([packet(4), packet(262_144), packet(262_145), packet(4)], { linkType: 1 });
  const { records, error } = await reading(file, [65_536]);
  expect(records.map((record) => record.bytes.length)).toEqual([4, 262_144]);
  const offset = 24 + 20 + 16 + 262_144;
  expect(error).toMatchObject({ code: 'malformed', offset });
  expect(error?.message).toContain(`byte ${offset}: a packet of 262145 bytes`);
});

test('a packet of 4 GB is damage, not a reason to wait', async () => {
  const file = Uint8Array.from(pcap([{ epochNs: 0n, bytes: new Uint8Array(4) }], { linkType: 1 }));
  file.fill(0xff, 24 + 8, 24 + 12);
  expect((await reading(file)).error).toMatchObject({ code: 'malformed', offset: 24 });
});
