import { describe, expect, test } from 'vitest';
import { noAccept } from '../../src/experiments/no-accept/no-accept.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('connected, and data acknowledged, before accept()', async () => {
    const run = await runExperiment(noAccept, { family });
    expect(run.facts.filter(({ ok }) => !ok)).toEqual([]);
    expect(observed(run)).toMatchObject({ acknowledged: 5, queue: 1, unread: 5, received: 'hello' });
  });

  test('merely bound: not as expected', async () => {
    const run = await runExperiment(noAccept, { family, world: { listening: false } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ outcome: 'ECONNREFUSED', accepted: 'nothing' });
  });
});
