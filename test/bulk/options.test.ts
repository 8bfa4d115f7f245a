import { expect, test } from 'vitest';
import { Latest } from '../../src/bulk/latest.js';
import { type BulkOptions, planOf } from '../../src/bulk/plan.js';

test.each([
  [{ count: 0 }, 'count is 0'],
  [{ count: 1.5 }, 'count is 1.5'],
  [{ count: 1, window: 2 ** 17 + 1 }, 'window is 131073'],
  [{ count: 1, close: 'never' as 'rst' }, 'close is never'],
  [{ count: 1, payload: new Uint8Array(1401) }, 'payload.length is 1401'],
  [{ count: 1, payload: new Uint8Array(1), close: 'server' }, 'payload.length is 1'],
  [{ count: 1, close: 'server', listener: false }, 'close is server'],
  [{ count: 1, port: 65536 }, 'port is 65536'],
  [{ count: 1, ratePerSecond: 0 }, 'ratePerSecond is 0'],
  [{ count: 1, retries: -1 }, 'retries is -1'],
] as const)('%o is refused by name', (options: BulkOptions, what) => {
  expect(() => planOf(options)).toThrow(
    expect.objectContaining({ code: 'RS_USAGE', message: `bulk: ${what}` }) as Error,
  );
});

test('one who iterates late has the last value, and one who waits all that come', async () => {
  const latest = new Latest<number>();
  const collect = async (): Promise<number[]> => {
    const values: number[] = [];
    for await (const value of latest.iterate()) values.push(value);
    return values;
  };
  const early = collect();
  for (const value of [1, 2, 3]) {
    latest.set(value);
    await Promise.resolve();
    await new Promise(setImmediate);
  }
  latest.end();
  expect(await early).toEqual([1, 2, 3]);
  expect(await collect()).toEqual([3]);
});

test('a series that failed throws what it failed with', async () => {
  const latest = new Latest<number>();
  latest.end(new Error('why'));
  await expect(latest.iterate().next()).rejects.toThrow('why');
});
