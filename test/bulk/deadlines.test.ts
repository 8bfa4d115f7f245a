import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Deadlines } from '../../src/bulk/deadlines.js';

const MEMBERS = 8;
const LISTS = 3;

const drain = (deadlines: Deadlines, list: number): number[] => {
  const members: number[] = [];
  for (let first = deadlines.first(list); first >= 0; first = deadlines.first(list)) {
    members.push(first);
    deadlines.remove(first);
  }
  return members;
};

test('it does what arrays would do', () => {
  const step = fc.record({ member: fc.nat(MEMBERS - 1), list: fc.nat(LISTS - 1) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const deadlines = new Deadlines(MEMBERS, LISTS);
      const arrays: number[][] = Array.from({ length: LISTS }, () => []);
      for (const { member, list } of steps) {
        deadlines.remove(member);
        arrays.forEach((array, i) => (arrays[i] = array.filter((other) => other !== member)));
        deadlines.append(list, member);
        arrays[list]?.push(member);
        expect(arrays.map((_, i) => deadlines.first(i))).toEqual(arrays.map((array) => array[0] ?? -1));
      }
      expect(arrays.map((_, i) => drain(deadlines, i))).toEqual(arrays);
    }),
  );
});
