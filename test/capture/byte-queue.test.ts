/** Chunks of any size, and what they cost. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteQueue } from '../../src/capture/byte-queue.js';

function take(queue: ByteQueue, count: number): Uint8Array | undefined {
  const next = queue.take(count).next();
  return next.done === true ? next.value : undefined;
}

test('bytes leave in their order, however they came', () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 50 });
  const turns = fc.array(fc.nat(5000), { maxLength: 50 });
  fc.assert(
    fc.property(chunks, turns, (pushed, counts) => {
      const queue = new ByteQueue();
      const all = Buffer.concat(pushed);
      let [at, arrived] = [0, 0];
      for (const [i, chunk] of pushed.entries()) {
        queue.push(chunk);
        arrived += chunk.length;
        const count = Math.min(counts[i] ?? 1, arrived - at);
        expect(Buffer.from(take(queue, count) ?? [])).toEqual(all.subarray(at, at + count));
        at += count;
      }
      expect(queue.length).toBe(all.length - at);
      expect(Buffer.from(take(queue, queue.length) ?? [])).toEqual(all.subarray(at));
    }),
  );
});

test('single bytes, each from a buffer of its own, take little more memory than one block', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const before = process.memoryUsage();
  const queue = new ByteQueue();
  for (let i = 0; i < 300_000; i++) queue.push(new Uint8Array(new ArrayBuffer(200), 0, 1));
  collect();
  const after = process.memoryUsage();
  expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(5_000_000);
  expect(queue.length).toBe(300_000);
});
