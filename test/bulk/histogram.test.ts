import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from '../../src/bulk/histogram.js';

const recorded = (...values: number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

test('every duration falls into one bucket, whose edges are at most an eighth apart', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), (us) => {
      const [bucket, ...others] = recorded(us).buckets();
      expect(others).toEqual([]);
      expect(bucket).toMatchObject({ count: 1 });
      const { fromUs, toUs } = bucket ?? { fromUs: NaN, toUs: NaN };
      expect(fromUs).toBeLessThanOrEqual(us);
      expect(toUs).toBeGreaterThan(us);
      expect(toUs - fromUs).toBeLessThanOrEqual(Math.max(1, fromUs / 8));
    }),
  );
});

test('buckets follow each other without a gap', () => {
  const values = Array.from({ length: 3000 }, (_, i) => Math.floor(1.008 ** i));
  const buckets = recorded(...values).buckets();
  expect(buckets.slice(1).map(({ fromUs }) => fromUs)).toEqual(buckets.slice(0, -1).map(({ toUs }) => toUs));
});

test('a quantile is off by at most a sixteenth', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1e6), { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, share) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? NaN;
        expect(Math.abs(recorded(...values).quantileUs(share) - exact)).toBeLessThanOrEqual(exact / 16);
      },
    ),
  );
});

test('what is out of range is counted at its edge, and nothing has no quantile', () => {
  const histogram = recorded(-5, 2 ** 40);
  expect(histogram.total).toBe(2);
  expect(histogram.buckets().map(({ fromUs }) => fromUs)).toEqual([0, 2 ** 32 - 2 ** 28]);
  expect(recorded().quantileUs(0.5)).toBeNaN();
});
