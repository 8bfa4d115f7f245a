import { describe, expect, test } from 'vitest';
import { cookiesAlone } from '../../src/experiments/cookies-alone/cookies-alone.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('connects without a filter, and dies at the first answer', async () => {
    const run = await runExperiment(cookiesAlone, { family });
    expect(observed(run)).toEqual({
      kernelReset: 'R 1:1(0)',
      afterReset: 'LISTEN',
      accepted: true,
      owner: 'ESTABLISHED',
      received: 'hello',
      program: 'ECONNRESET',
    });
    expect(run.ok).toBe(true);
  });

  test('a half-open entry is kept: not as expected', async () => {
    const run = await runExperiment(cookiesAlone, { family, world: { syncookies: 1 } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ kernelReset: 'R 1:1(0)', accepted: false, owner: 'LISTEN' });
  });
});
