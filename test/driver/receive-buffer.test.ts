import { expect, test } from 'vitest';
import { ReceiveBuffer } from '../../src/driver/receive-buffer.js';

test('gives the bytes in order; single ones do not cost an object each', () => {
  const buffer = new ReceiveBuffer();
  const sent: number[] = [];
  for (let i = 0; i < 10_000; i++) {
    const bytes = Uint8Array.from({ length: i % 997 === 0 ? 2000 : 1 }, () => i % 251);
    sent.push(...bytes);
    buffer.add(bytes);
  }
  expect(buffer.length).toBe(sent.length);
  const taken: Uint8Array[] = [];
  for (let bytes = buffer.take(); bytes !== undefined; bytes = buffer.take()) taken.push(bytes);
  expect(Buffer.concat(taken).equals(Buffer.from(sent))).toBe(true);
  expect(taken.length).toBeLessThan(40);
  expect(buffer.length).toBe(0);
});

test('of a packet of which little is new only that is kept, whatever the size of the part', () => {
  const buffer = new ReceiveBuffer();
  for (const length of [1, 1023, 1024, 1025, 4096, 20_000]) buffer.add(new Uint8Array(60_000).subarray(-length));
  const { length } = buffer;
  let held = 0;
  for (let bytes = buffer.take(); bytes !== undefined; bytes = buffer.take()) held += bytes.buffer.byteLength;
  expect(held).toBeLessThan(length + 4096);
});
