import { expect, test } from 'vitest';
import { initialSequenceNumber, timestampOffset } from '../../src/driver/iss.js';
import { seqDiff } from '../../src/wire/index.js';
import { FLOW } from '../support/memory.js';

test('RFC 6528: of one four-tuple the numbers grow by 250 a millisecond', () => {
  expect(seqDiff(initialSequenceNumber(FLOW, 1001), initialSequenceNumber(FLOW, 1000))).toBe(250);
});

test('RFC 6528: of another four-tuple they are unrelated', () => {
  const numbers = Array.from({ length: 50 }, (_, i) => initialSequenceNumber({ ...FLOW, srcPort: 41000 + i }, 1000));
  expect(new Set(numbers).size).toBe(50);
  const gaps = numbers.slice(1).map((n, i) => n - (numbers[i] ?? 0));
  expect(new Set(gaps).size).toBeGreaterThan(40);
});

test('RFC 7323: timestamps of every four-tuple begin elsewhere, and for the same one where they did', () => {
  const offsets = Array.from({ length: 50 }, (_, i) => timestampOffset({ ...FLOW, srcPort: 41000 + i }));
  expect(new Set(offsets).size).toBe(50);
  expect(timestampOffset({ ...FLOW })).toBe(timestampOffset(FLOW));
});
