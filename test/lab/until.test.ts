/** Waiting for what may never come. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { quietUntil } from '../../src/lab/until.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = (): (() => void) => () => undefined;

test('quietly: it has patience once, and none after', async () => {
  const until = quietUntil();
  let ended = 0;
  const first = until('nothing', () => false, never).then(() => (ended += 1));
  await vi.advanceTimersByTimeAsync(4999);
  expect(ended).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  await first;
  const second = until('nothing', () => false, never).then(() => (ended += 1));
  await vi.advanceTimersByTimeAsync(0);
  await second;
  expect(ended).toBe(2);
});
