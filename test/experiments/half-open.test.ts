import { describe, expect, test } from 'vitest';
import { halfOpen } from '../../src/experiments/half-open/half-open.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('five entries, fifteen cookies, and only the five are answered again', async () => {
    const run = await runExperiment(halfOpen, { family });
    expect(run.facts.filter(({ ok }) => !ok)).toEqual([]);
    expect(observed(run)).toMatchObject({ answered: 20, halfOpen: 5, cookies: 15, byCookie: 'ESTABLISHED' });
  });

  test('a backlog for all of them: not as expected', async () => {
    const run = await runExperiment(halfOpen, { family, world: { backlog: 128 } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ halfOpen: 20, cookies: 0, owners: ['SYN_RECV', 'SYN_RECV'] });
  });
});
