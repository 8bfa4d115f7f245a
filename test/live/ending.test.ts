/** How long connections are waited for that were closed in order, by a clock that the test moves. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RawConnection } from '../../src/driver/raw-connection.js';
import { ending, untilReleased } from '../../src/live/ending.js';
import { grudging } from '../support/grudging.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('who takes a byte now and then has a minute, and is reset', async () => {
  const { connection, clock, take } = await grudging();
  const ended = ending([connection]);
  clock.advance(); // it probes
  let seconds = 0;
  for (; !connection.released && seconds < 300; seconds += 4) {
    take(1);
    await vi.advanceTimersByTimeAsync(4000);
  }
  await ended;
  expect(connection.closeReason).toBe('aborted');
  expect(seconds).toBeGreaterThan(50);
  expect(seconds).toBeLessThan(80);
  expect(clock.alarms).toBe(0);
});

test('who takes nothing is given up after some seconds', async () => {
  const { connection } = await grudging();
  const ended = ending([connection]);
  await vi.advanceTimersByTimeAsync(5000);
  await ended;
  expect([connection.released, connection.closeReason]).toEqual([true, undefined]);
});

test('none is kept beyond its end, be it over before anybody was told', async () => {
  const [over, open] = [(await grudging()).connection, (await grudging()).connection];
  over.resetAndDestroy();
  const connections = new Set<RawConnection>();
  for (const connection of [over, open]) untilReleased(connections, connection);
  expect([...connections]).toEqual([open]);
  open.resetAndDestroy();
  expect(connections.size).toBe(0);
});
