import { expect, test } from 'vitest';
import { createLab } from '../../src/lab/lab.js';
import { observedPacket } from '../../src/lab/observe-frame.js';
import { RealtimeOffset } from '../../src/linux/libc/clock.js';
import { millis } from '../../src/tcp/types.js';
import { emitPacket } from '../../src/wire/index.js';

test('every frame is seen once, in the order of time, and whose it was is what the mark says', () => {
  const lab = createLab();
  const capture = lab.client.capture(0x36);
  const [src, dst] = [lab.client.address(4), lab.server.address(4)];
  const marked = lab.client.openPort('libc', { local: src, remote: dst, mark: 0x36 });
  const unmarked = lab.client.openPort('libc', { local: src, remote: dst });
  const packet = (seq: number) =>
    emitPacket({ ip: { version: 4, src, dst }, tcp: { srcPort: 1, dstPort: 2, seq, flags: 'R' } });
  for (let i = 0; i < 20; i++) (i % 3 === 0 ? marked : unmarked).send(packet(i));
  const packets = capture.frames().flatMap((frame) => observedPacket(frame, 'client') ?? []);
  expect(packets.map(({ segment }) => segment.seq)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(packets.map(({ sender }) => sender)).toEqual(
    Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? 'rawshake' : 'kernel')),
  );
  marked.close();
  unmarked.close();
  capture.close();
  capture.close();
  lab.close();
});

test('a frame is stamped when it passes, however late it is read, from the first frame on, capture after capture', () => {
  for (let i = 0; i < 10; i++) {
    const lab = createLab();
    const capture = lab.client.capture(1);
    const [src, dst] = [lab.client.address(4), lab.server.address(4)];
    const port = lab.client.openPort('libc', { local: src, remote: dst, mark: 1 });
    const now = () => Number(process.hrtime.bigint()) / 1e6;
    port.send(emitPacket({ ip: { version: 4, src, dst }, tcp: { srcPort: 1, dstPort: 2, flags: 'R' } }));
    const sentAt = now();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3); // the lateness is the stimulus
    const [at = Infinity] = capture.frames().flatMap((frame) => (frame.mark !== undefined ? [frame.at] : []));
    expect(at).toBeLessThan(sentAt + 0.1);
    port.close();
    capture.close();
    lab.close();
  }
});

test('stamps lie between two readings of the monotonic clock', () => {
  const lab = createLab();
  const capture = lab.client.capture(1);
  const [src, dst] = [lab.client.address(4), lab.server.address(4)];
  const port = lab.client.openPort('libc', { local: src, remote: dst, mark: 1 });
  const now = () => Number(process.hrtime.bigint()) / 1e6;
  const before = now();
  port.send(emitPacket({ ip: { version: 4, src, dst }, tcp: { srcPort: 1, dstPort: 2, flags: 'R' } }));
  const after = now();
  const [at = 0] = capture.frames().flatMap((frame) => (frame.mark !== undefined ? [frame.at] : []));
  const slackMs = 0.1; // the two clocks are read together as closely as that
  expect(at).toBeGreaterThan(before - slackMs);
  expect(at).toBeLessThan(after + slackMs);
  port.close();
  capture.close();
  lab.close();
});

test('who asks for all frames from within a listener loses none', async () => {
  const lab = createLab();
  const capture = lab.client.capture(1);
  const [src, dst] = [lab.client.address(4), lab.server.address(4)];
  const port = lab.client.openPort('libc', { local: src, remote: dst, mark: 1 });
  const seqs = () => capture.frames().flatMap((frame) => observedPacket(frame, 'client')?.segment.seq ?? []);
  const send = (seq: number) => {
    port.send(emitPacket({ ip: { version: 4, src, dst }, tcp: { srcPort: 1, dstPort: 2, seq, flags: 'R' } }));
  };
  let sent = 0;
  const sendNext = () => {
    send(sent++);
  };
  const allThere = new Promise<void>((resolve) => {
    capture.onFrame(() => {
      if (sent < 30) sendNext(); // one more passes while those before are being told of
      if (seqs().length === 30) resolve();
    });
  });
  for (let i = 0; i < 10; i++) sendNext();
  await allThere;
  expect(seqs()).toEqual(Array.from({ length: 30 }, (_, i) => i));
  port.close();
  capture.close();
  lab.close();
});

test('the wall clock is set while a capture runs: packets are stamped by what it says from then on', () => {
  let offset = 1000;
  const realtime = new RealtimeOffset(() => millis(offset));
  offset += 0.4; // what a measurement differs by
  expect(realtime.now()).toBe(1000);
  offset += 60_000;
  expect(realtime.now()).toBe(61_000.4);
  offset -= 120_000;
  expect(realtime.now()).toBe(-58_999.6);
});
