import { describe, expect, test } from 'vitest';
import { rawListen } from '../../src/experiments/raw-listen/raw-listen.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('refused without the filter, connected with it, and nobody listens', async () => {
    const run = await runExperiment(rawListen, { family });
    expect(observed(run)).toMatchObject({
      unfiltered: 'ECONNREFUSED',
      late: 'R 1:1(0)',
      listeners: 0,
      owner: 'none',
      filtered: 'connected',
      received: 'P. 1:6(5) ack 1',
      replied: 'hello',
    });
    expect(run.ok).toBe(true);
  });

  test('the filter is missing: not as expected', async () => {
    const run = await runExperiment(rawListen, { family, world: { filter: false } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ filtered: 'ECONNREFUSED', received: '', replied: '' });
  });
});
