/** What `probe --count N --json` keeps until it is printed. */
import { expect, test } from 'vitest';
import { ProbeDocuments } from '../../src/cli/probe-json.js';
import { type EndName, otherEnd } from '../../src/evidence/host.js';
import type { ProbeResult } from '../../src/live/index.js';
import { millis } from '../../src/tcp/index.js';
import { emitPacket, parsePacket } from '../../src/wire/index.js';

const flow = { src: '192.0.2.1', srcPort: 41_000, dst: '192.0.2.2', dstPort: 80 };

function packet(from: EndName, payload: number) {
  const [src, dst] = from === 'client' ? [flow.src, flow.dst] : [flow.dst, flow.src];
  const tcp = { srcPort: 80, dstPort: 80, flags: 'SA', seq: 1, ack: 1, payload: Buffer.alloc(payload) } as const;
  const parsed = parsePacket(emitPacket({ ip: { version: 4, src, dst }, tcp }));
  if (!parsed.ok || parsed.value.tcp === undefined) throw new TypeError('no TCP');
  return {
    at: millis(0),
    from,
    to: otherEnd(from),
    sender: 'kernel',
    packet: parsed.value,
    segment: parsed.value.tcp,
    answers: true,
  } as const;
}

const answered = (payload: number): ProbeResult => ({
  ...{ flow, zone: undefined, outcome: 'syn-ack', icmp: undefined, transport: 'libc' },
  sent: packet('client', 0),
  replies: Array.from({ length: 8 }, () => packet('server', payload)),
  leftOut: { packets: 5, after: 4 },
});

test('ordinary replies of ten thousand are all there', () => {
  const documents = new ProbeDocuments();
  for (let i = 0; i < 10_000; i++) documents.add(answered(0));
  expect(documents.one()).toHaveLength(10_000);
  for (const one of documents.one() as { replies: unknown[] }[]) expect(one.replies).toHaveLength(8);
});

test('of a host that sends 64 KB eight times to each, the first; then how many there were', () => {
  const documents = new ProbeDocuments();
  for (let i = 0; i < 1000; i++) documents.add(answered(65_000));
  expect(JSON.stringify(documents.one()).length).toBeLessThan(40 << 20);
  const all = documents.one() as { outcome: string; replies: unknown[]; leftOut: { packets: number } }[];
  expect(all).toHaveLength(1000);
  expect(all[0]).toMatchObject({ outcome: 'syn-ack', leftOut: { packets: 5 } });
  expect(all[0]?.replies).toHaveLength(8);
  expect(all.at(-1)).toMatchObject({ outcome: 'syn-ack', replies: [], leftOut: { packets: 13 } });
});

test('one is an object', () => {
  const documents = new ProbeDocuments();
  documents.add(answered(0));
  expect(documents.one()).toMatchObject({ command: 'probe', outcome: 'syn-ack' });
});
