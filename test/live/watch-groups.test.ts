/** Which of many equal findings are told. */
import { expect, test } from 'vitest';
import { Groups } from '../../src/live/watch/groups.js';

const told = (groups: Groups, key: string, times: readonly number[]): readonly number[] =>
  times.flatMap((atMs) => groups.tell(key, atMs) ?? []);

const every = (count: number, ms: number): readonly number[] => Array.from({ length: count }, (_, i) => i * ms);

test('the first, the tenth, the hundredth', () => {
  expect(told(new Groups(false), 'a', every(1500, 1000))).toEqual([1, 10, 100, 1000]);
});

test('each of all', () => {
  expect(told(new Groups(true), 'a', every(50, 1))).toEqual(every(50, 1).map((i) => i + 1));
});

test('no more than can be read; the rest is counted', () => {
  const groups = new Groups(false);
  for (let i = 0; i < 100; i++) groups.tell(`kind ${String(i)}`, i);
  expect(groups.leftOut).toBe(80);
  expect(groups.tell('later', 20_000)).toBe(1);
});
