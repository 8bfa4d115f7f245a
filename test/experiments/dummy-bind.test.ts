import { describe, expect, test } from 'vitest';
import { dummyBind } from '../../src/experiments/dummy-bind/dummy-bind.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('bound, listening, connected elsewhere: the RST comes all the same', async () => {
    const run = await runExperiment(dummyBind, { family });
    expect(observed(run)).toMatchObject({
      bound: 'R 1:1(0)',
      connectedElsewhere: 'R 1:1(0)',
      listening: 'R 1:1(0)',
      owners: ['none', 'LISTEN', 'none'],
      resets: ['R 1:1(0)', 'R 1:1(0)', 'R 1:1(0)'],
    });
    expect(run.ok).toBe(true);
  });

  test('a filter is there after all: not as expected', async () => {
    const run = await runExperiment(dummyBind, { family, world: { filtered: true } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ bound: '. 1:1(0) ack 6', resets: ['none', 'none', 'none'] });
  });
});
