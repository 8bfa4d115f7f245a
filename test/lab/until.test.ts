/** Waiting for a condition: where what can make it true happens again and again, and where it never does. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { verbatim } from '../../src/error.js';
import { quietUntil, until } from '../../src/lab/until.js';

/** Calls `check` so often in one turn. */
const pouring = (times: number) => (check: () => void) => {
  const turn = setImmediate(() => {
    for (let i = 0; i < times; i++) check();
  });
  return () => clearImmediate(turn);
};

test('however much happens in a turn of the event loop, it is asked once then and once later', async () => {
  let asked = 0;
  await until(verbatim('it'), () => ++asked === 3, pouring(100_000));
  expect(asked).toBe(3);
});

test('what made it true last, within a turn, is not missed', async () => {
  let calls = 0;
  const counting = (check: () => void) =>
    pouring(100)(() => {
      calls++;
      check();
    });
  await until(verbatim('it'), () => calls === 100, counting);
  expect(calls).toBe(100);
});

test('a condition that throws ends the wait with what it threw', async () => {
  let asked = 0;
  const condition = (): boolean => {
    if (++asked > 1) throw new TypeError('cannot be asked');
    return false;
  };
  await expect(until(verbatim('it'), condition, pouring(1))).rejects.toThrow('cannot be asked');
});

const never = (): (() => void) => () => undefined;

describe('quietly', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('it has patience once, and none after', async () => {
    const until = quietUntil();
    let ended = 0;
    const first = until(verbatim('nothing'), () => false, never).then(() => (ended += 1));
    await vi.advanceTimersByTimeAsync(4999);
    expect(ended).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    await first;
    const second = until(verbatim('nothing'), () => false, never).then(() => (ended += 1));
    await vi.advanceTimersByTimeAsync(0);
    await second;
    expect(ended).toBe(2);
  });
});
