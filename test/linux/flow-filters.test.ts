/** What the filters of a flow's capture let through, on a real link. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { tapFrames } from '../../src/linux/capture/capture.js';
import { type BpfInstruction } from '../../src/linux/libc/socket.js';
import { passingFilter, translatedFilter } from '../../src/linux/libc/bpf.js';
import { emitPacket, type Ipv6Extension, parsePacket, type TcpInit } from '../../src/wire/index.js';

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

const [CLIENT_PORT, SERVER_PORT] = [41_000, 80] as const;

type Family = 4 | 6;

const flowIn = (family: Family) => ({
  ...{ src: lab.client.address(family), srcPort: CLIENT_PORT },
  ...{ dst: lab.server.address(family), dstPort: SERVER_PORT },
});

/** What the server's host sends to the client's: in IPv6 with these headers. */
function answer(family: Family, tcp: Partial<TcpInit>, extensions: readonly Ipv6Extension[] = []): Uint8Array {
  const { src: dst, dst: src } = flowIn(family);
  const ip = family === 4 ? ({ version: 4, src, dst } as const) : ({ version: 6, src, dst, extensions } as const);
  return emitPacket({ ip, tcp: { srcPort: SERVER_PORT, dstPort: CLIENT_PORT, ack: 1, flags: '.', ...tcp } });
}

/** Which of the packets pass on their way in, in place of each its sequence number. */
function passing(only: readonly BpfInstruction[], family: Family, packets: readonly Uint8Array[]): readonly unknown[] {
  const tap = tapFrames({ netns: lab.client.netns, marks: [1], only });
  const seen: unknown[] = [];
  tap.onFrame(({ bytes, linkHeaderBytes, direction }) => {
    if (direction === 'outgoing') return; // the client's kernel answers
    const parsed = parsePacket(bytes.subarray(linkHeaderBytes));
    if (parsed.ok) seen.push(parsed.value.tcp?.seq ?? 'no TCP');
  });
  const port = lab.server.openPort('libc', { local: lab.server.address(family), remote: lab.client.address(family) });
  for (const packet of packets) port.send(packet);
  tap.close();
  port.close();
  return seen;
}

const CHAINS: readonly (readonly Ipv6Extension[])[] = [
  [{ kind: 'hopByHop', options: [] }],
  [{ kind: 'destination', options: [] }],
  [{ kind: 'fragment', offset: 0, more: false, id: 7 }],
  [{ kind: 'routing', routingType: 4, segmentsLeft: 0, data: new Uint8Array(4) }],
  [{ kind: 'authentication', data: new Uint8Array(14) }],
  [
    { kind: 'hopByHop', options: [] },
    { kind: 'destination', options: [] },
    { kind: 'fragment', offset: 0, more: false, id: 8 },
  ],
];

test('before it is known what NAT makes of the flow: IPv6 with any extension headers', () => {
  const packets = CHAINS.map((chain, seq) => answer(6, { seq, flags: 'S.' }, chain));
  expect(passing(translatedFilter(flowIn(6)), 6, packets)).toEqual(CHAINS.map((_, seq) => seq));
});

describe.each([4, 6] as const)('IPv%i, once the flow is known', (family) => {
  test('its own packets pass, of other ports none, nor another protocol’s', () => {
    const { src: dst, dst: src } = flowIn(family);
    const ip =
      family === 4
        ? ({ version: 4, src, dst, protocol: 17 } as const)
        : ({ version: 6, src, dst, nextHeader: 17 } as const);
    const packets = [
      answer(family, { seq: 1 }),
      answer(family, { seq: 2, srcPort: SERVER_PORT + 1 }),
      answer(family, { seq: 3, dstPort: CLIENT_PORT + 1 }),
      answer(family, { seq: 4, srcPort: CLIENT_PORT, dstPort: SERVER_PORT }),
      emitPacket({ ip, payload: Uint8Array.of(0, 80, 160, 40, 0, 8, 0, 0) }),
      answer(family, { seq: 5, flags: 'R' }),
    ];
    expect(passing(passingFilter(flowIn(family)), family, packets)).toEqual([1, 5]);
  });
});

test('once the flow is known: IPv6 with extension headers behind which TCP may be, and not UDP in fragments', () => {
  const { src: dst, dst: src } = flowIn(6);
  const fragment = { kind: 'fragment', offset: 0, more: true, id: 9, nextHeader: 17 } as const;
  const udp = emitPacket({ ip: { version: 6, src, dst, extensions: [fragment] }, payload: new Uint8Array(16) });
  const packets = [...CHAINS.map((chain, seq) => answer(6, { seq }, chain)), udp];
  expect(passing(passingFilter(flowIn(6)), 6, packets)).toEqual(CHAINS.map((_, seq) => seq));
});
