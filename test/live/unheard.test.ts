/** What is noted of answers that do not arrive: enough to tell of them, however many come. */
import { expect, test } from 'vitest';
import { Unheard } from '../../src/live/unheard.js';
import { millis } from '../../src/tcp/types.js';
import { emitPacket, parsePacket, type TcpInit } from '../../src/wire/index.js';
import { FLOW } from '../support/memory.js';

const packet = (tcp: TcpInit): Uint8Array => {
  const { src, dst, srcPort, dstPort } = FLOW;
  const back = tcp.ack !== undefined;
  const ip = back ? { src: dst, dst: src } : { src, dst };
  const ports = back ? { srcPort: dstPort, dstPort: srcPort } : { srcPort, dstPort };
  return emitPacket({ ip: { version: 4, ...ip }, tcp: { ...ports, ...tcp } });
};

test('a flood of them is a thousand or more', () => {
  const unheard = new Unheard();
  unheard.hear({
    type: 'sent',
    at: millis(0),
    packet: packet({ flags: 'S', seq: 1 }),
    retransmission: false,
    clause: 'RFC 9293 §3.5',
  });
  const parsed = parsePacket(packet({ flags: 'S.', seq: 7, ack: 2 }));
  if (!parsed.ok || parsed.value.tcp === undefined) throw new Error('no segment');
  const way = { from: 'server', to: 'client', sender: 'kernel' } as const;
  const answer = { ...way, packet: parsed.value, segment: parsed.value.tcp };
  for (let at = 1; at <= 999; at++) unheard.observe({ ...answer, at: millis(at) });
  expect(unheard.obstacle()?.why.en).toContain('999 packets came in');
  for (let at = 1000; at <= 5000; at++) unheard.observe({ ...answer, at: millis(at) });
  expect(unheard.obstacle()?.why.en).toContain('1000 packets or more came in');
});
