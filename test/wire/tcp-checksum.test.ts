/** What can be said of a TCP checksum. RFC 9293 §3.1; Documentation/networking/checksum-offloads.rst. */
import { describe, expect, test } from 'vitest';
import {
  checksumState,
  emitPacket,
  isChecksumOk,
  parsePacket,
  type Packet,
  type PacketInit,
} from '../../src/wire/index.js';
import { isFragment } from '../../src/wire/tcp-checksum.js';
import { dataIpv4, dataIpv6, ipOf, offloadedIpv4, synAckIpv6, synIpv4 } from './vectors.js';

const v4 = { version: 4, src: '192.0.2.1', dst: '192.0.2.2' } as const;
const v6 = { version: 6, src: '2001:db8::1', dst: '2001:db8::2' } as const;

function packetOf(bytes: Uint8Array): Packet {
  const parsed = parsePacket(bytes, { mayBeCut: true });
  if (!parsed.ok) throw new Error(parsed.error.code);
  return parsed.value;
}

function stateOf(packet: Packet): string {
  if (packet.tcp === undefined) throw new Error('no TCP');
  return checksumState(packet, packet.tcp);
}

const made = (init: PacketInit): Packet => packetOf(emitPacket(init));

const hopByHop = { kind: 'hopByHop', options: [] } as const;
const fragment = (more: boolean) => ({ kind: 'fragment', offset: 0, more, id: 7 }) as const;

/** The sum of the pseudo header alone: what a kernel leaves to the network card. */
const OFFLOADED_IPV6 = (() => {
  const bytes = ipOf(synAckIpv6).slice();
  const words = [...bytes.subarray(8, 40), 0, bytes.length - 40, 0, 6];
  let sum = 0;
  for (let i = 0; i < words.length; i += 2) sum += ((words[i] ?? 0) << 8) | (words[i + 1] ?? 0);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  bytes.set([sum >>> 8, sum & 0xff], 40 + 16);
  return bytes;
})();

describe('state', () => {
  test.each([
    ['IPv4 as captured', packetOf(ipOf(synIpv4)), 'good', true],
    ['IPv6 as captured', packetOf(ipOf(synAckIpv6)), 'good', true],
    ['IPv4, left to the card', packetOf(ipOf(offloadedIpv4)), 'offload', null],
    ['IPv6, left to the card', packetOf(OFFLOADED_IPV6), 'offload', null],
    ['IPv4, a bit of the data flipped', packetOf(ipOf(dataIpv4).with(-1, 0x6e)), 'bad', false],
    ['IPv6, a bit of the data flipped', packetOf(ipOf(dataIpv6).with(-1, 0x6e)), 'bad', false],
    ['IPv4, cut', packetOf(ipOf(dataIpv4).subarray(0, -1)), 'not-judged', null],
    ['IPv4, the first fragment', made({ ip: { ...v4, moreFragments: true }, tcp: {} }), 'not-judged', null],
    ['IPv6 with options', made({ ip: { ...v6, extensions: [hopByHop] }, tcp: {} }), 'good', true],
    ['IPv6, the first fragment', made({ ip: { ...v6, extensions: [fragment(true)] }, tcp: {} }), 'not-judged', null],
    [
      'IPv6, the first fragment, with options',
      made({ ip: { ...v6, extensions: [hopByHop, fragment(true)] }, tcp: {} }),
      'not-judged',
      null,
    ],
  ] as const)('%s', (_, packet, state, ok) => {
    expect(stateOf(packet)).toBe(state);
    expect(isChecksumOk(state)).toBe(ok);
  });

  test('what a kernel has vouched for is not wrong, but left to the card; what is right stays so', () => {
    const bad = packetOf(ipOf(dataIpv4).with(-1, 0x6e));
    const good = packetOf(ipOf(dataIpv4));
    const vouched = (packet: Packet) => packet.tcp && checksumState(packet, { ...packet.tcp, checksumOk: true });
    expect([vouched(bad), vouched(good)]).toEqual(['offload', 'good']);
  });

  test('where the packet has no segment of its own: by the one that is given', () => {
    const { tcp } = packetOf(ipOf(dataIpv4));
    const first: Packet = { ...packetOf(ipOf(dataIpv4)), tcp: undefined };
    expect(tcp && [checksumState(first, tcp), checksumState(first, { ...tcp, checksumOk: false })]).toEqual([
      'good',
      'bad',
    ]);
  });
});

test('a fragment is what has others of its packet behind it', () => {
  expect(
    [
      { ...v4 },
      { ...v4, moreFragments: true },
      { ...v6 },
      { ...v6, extensions: [hopByHop] },
      { ...v6, extensions: [hopByHop, fragment(true)] },
    ].map((ip) => isFragment(made({ ip, tcp: {} }))),
  ).toEqual([false, true, false, false, true]);
});
