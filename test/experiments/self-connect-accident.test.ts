import { describe, expect, test } from 'vitest';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { selfConnectAccident } from '../../src/experiments/self-connect-accident/self-connect-accident.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('an even port of the range is hit, an odd one and one outside never', async () => {
    const run = await runExperiment(selfConnectAccident, { family });
    expect(run.facts.filter(({ ok }) => !ok)).toEqual([]);
    expect(observed(run)).toMatchObject({ even: 'connected', equalEnds: true, odd: ['ECONNREFUSED'] });
  });

  test('the server is there after all: the guard sees two ends, and it is not as expected', async () => {
    const run = await runExperiment(selfConnectAccident, { family, world: { serverThere: true } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ even: 'connected', equalEnds: false, echo: '' });
  });

  test('the range begins with an odd port: not as expected, the odd port is hit', async () => {
    const run = await runExperiment(selfConnectAccident, { family, world: { range: [44_599, 44_610] } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ even: 'ECONNREFUSED' });
    // By chance one try in six hits at once, and nothing is refused before.
    expect(observed(run)['odd']).toContain('connected');
  });
});
