/** Round-trip time and RTO, by the numbers of RFC 6298. */
import { expect, test } from 'vitest';
import { afterLostSyn, backedOff, initialRtt, sampled, timeoutMs, unwound } from '../../src/tcp/rtt.js';

const LIMITS = { minRtoMs: 200, maxRtoMs: 60_000 };
const first = sampled(initialRtt(1000), 100, LIMITS);

test('the first measurement, rule 2.2: half of it is its variation', () => {
  expect(first).toEqual({ srttMs: 100, rttvarMs: 50, rtoMs: 300, backoff: 0 });
});

test('the next, rule 2.3: a quarter of how far off it is, an eighth of itself', () => {
  expect(sampled(first, 200, LIMITS)).toEqual({ srttMs: 112.5, rttvarMs: 62.5, rtoMs: 362.5, backoff: 0 });
});

test('a lost SYN, rule 5.7, counts only where nothing was measured', () => {
  expect(afterLostSyn(initialRtt(1000)).rtoMs).toBe(3000);
  expect(afterLostSyn(first)).toBe(first);
});

test('each time that the timer goes off doubles it, up to the limit; when that is over, the rest stays', () => {
  const twice = backedOff(backedOff(first));
  expect(timeoutMs(twice, LIMITS)).toBe(1200);
  expect(timeoutMs({ ...twice, backoff: 20 }, LIMITS)).toBe(60_000);
  expect(unwound(twice)).toEqual(first);
});
