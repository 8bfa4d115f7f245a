import { describe, expect, test } from 'vitest';
import { lateRst } from '../../src/experiments/late-rst/late-rst.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('the repeated segment meets the RST that the filter kept away', async () => {
    const run = await runExperiment(lateRst, { family });
    expect(observed(run)).toEqual({
      owner: 'ESTABLISHED',
      first: 'P. 1:8(7) ack 1',
      quiet: 0,
      again: 'P. 1:8(7) ack 1',
      reset: 'R 1:1(0)',
      program: 'ECONNRESET',
      after: 'R 8:8(0)',
    });
    expect(run.ok).toBe(true);
  });

  test('the segment comes again while the filter is being removed: the next time it meets the RST', async () => {
    expect((await runExperiment(lateRst, { family, world: { filterGoesLate: true } })).ok).toBe(true);
  });

  test('the filter stays: not as expected', async () => {
    const run = await runExperiment(lateRst, { family, world: { filterStays: true } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ reset: 'none', program: 'still connected', after: '. 8:8(0) ack 2' });
  });
});
