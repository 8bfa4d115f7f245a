import { expect, test } from 'vitest';
import { KeptPackets } from '../../src/evidence/kept-packets.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import { millis } from '../../src/tcp/types.js';
import { emitPacket, parsePacket } from '../../src/wire/index.js';

const packet = (at: number, flags = '.'): ObservedPacket => {
  const parsed = parsePacket(
    emitPacket({ ip: { version: 4, src: '192.0.2.1', dst: '192.0.2.2' }, tcp: { srcPort: 1, dstPort: 2, flags } }),
  );
  if (!parsed.ok || parsed.value.tcp === undefined) throw new Error('no segment');
  return {
    at: millis(at),
    from: 'client',
    to: 'server',
    sender: 'rawshake',
    packet: parsed.value,
    segment: parsed.value.tcp,
  };
};

const recordOf = (count: number, flagsAt: (at: number) => string | undefined, lost?: number) => {
  const kept = new KeptPackets();
  for (let at = 0; at < count; at++) kept.add(packet(at, flagsAt(at)));
  return kept.record(lost);
};

test('up to two hundred packets, all of them', () => {
  const { packets, leftOut } = recordOf(200, () => undefined);
  expect([packets.length, leftOut.packets]).toEqual([200, 0]);
});

test('of more the first and the last, and what changed the state in between; the rest is counted', () => {
  const { packets, leftOut } = recordOf(10_000, (at) => (at === 5000 ? 'R' : undefined), 7);
  const times = packets.map(({ at }) => at);
  expect([times[0], times[99], times[100], times[101], times.at(-1)]).toEqual([0, 99, 5000, 9900, 9999]);
  expect(leftOut).toEqual({ packets: 10_000 - 201 + 7, after: 100, lost: 7 });
});

test('somebody who sends nothing but RSTs does not fill the memory', () => {
  const { packets, leftOut } = recordOf(10_000, () => 'R');
  expect([packets.length, leftOut.packets]).toEqual([220, 9780]);
});
