/** MTUs and segments: what Linux offers over a way, and what ICMP says of one. */
import { describe, expect, test } from 'vitest';
import type { IcmpError } from '../../src/driver/icmp.js';
import { linuxOffer } from '../../src/driver/offer.js';
import { plateauBelow, readReport } from '../../src/driver/path-mtu.js';
import { emitPacket, parsePacket } from '../../src/wire/index.js';

const ADDRESS = { 4: ['192.0.2.1', '192.0.2.2'], 6: ['2001:db8::1', '2001:db8::2'] } as const;

// As `ss -ti` and tcpdump show it of a kernel's socket on a link of that MTU.
test.each([
  [4, undefined, 1460, 64_240],
  [6, undefined, 1440, 64_800],
  [4, 1400, 1360, 65_280],
  [6, 1400, 1340, 64_320],
  [4, 65_536, 65_495, 65_495],
  [6, 65_536, 65_476, 65_476],
  [6, 1280, 1220, 64_660],
] as const)('IPv%i, MTU %s: MSS %i, window %i', (version, mtu, mss, window) => {
  expect(linuxOffer(ADDRESS[version][0], mtu)).toMatchObject({ mss, pathMss: mss, window });
});

test('what is sent fits into the way, also where no host may offer as little', () => {
  expect(linuxOffer(ADDRESS[4][0], 200)).toMatchObject({ mss: 256, pathMss: 160 });
});

describe('a report', () => {
  /** Of a packet of so many bytes, quoted as far as routers must. */
  function reportOf(version: 4 | 6, bytes: number, mtu: number): IcmpError {
    const [src, dst] = ADDRESS[version];
    const payload = new Uint8Array(bytes - (version === 4 ? 40 : 60));
    const packet = emitPacket({ ip: { version, src, dst }, tcp: { srcPort: 1, dstPort: 2, flags: '.', payload } });
    const parsed = parsePacket(packet.subarray(0, version === 4 ? 28 : 48), { mayBeCut: true });
    if (!parsed.ok) throw new Error(parsed.error.message);
    const kind = version === 4 ? 'unreachable' : 'packetTooBig';
    return { from: dst, kind, code: version === 4 ? 4 : 0, mtu, quoted: parsed.value };
  }

  test.each([
    [4, 1500, 1400, { mtu: 1400, mayFragment: false }],
    [4, 1500, 552, { mtu: 552, mayFragment: false }],
    [4, 1500, 551, { mtu: 552, mayFragment: true }],
    [4, 1500, 1, { mtu: 552, mayFragment: true }],
    [6, 1500, 1400, { mtu: 1400, mayFragment: false }],
    [6, 1500, 1279, { mtu: 1280, mayFragment: false }],
    [6, 1500, 0xffff_ffff, { mtu: 0xffff_ffff, mayFragment: false }],
  ] as const)('IPv%i, %i bytes, MTU %i', (version, bytes, mtu, expected) => {
    expect(readReport(reportOf(version, bytes, mtu), 1500)).toEqual(expected);
  });

  test.each([
    [1500, 1500, 1492],
    [1492, 1500, 1006],
    [60_000, 1500, 1492],
    [1006, 1006, 552],
  ])('no MTU told, %i bytes quoted, %i sent at most: %i', (quoted, sent, mtu) => {
    expect(readReport(reportOf(4, quoted, 0), sent).mtu).toBe(mtu);
  });

  test('there is always a smaller size, down to the least', () => {
    expect([65_536, 1500, 1492, 69, 68].map(plateauBelow)).toEqual([65_535, 1492, 1006, 68, 68]);
  });
});
