import { describe, expect, test } from 'vitest';
import { acceptQueue } from '../../src/experiments/accept-queue/accept-queue.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('the ACK beyond the queue is dropped, and the next one heals it; or it is reset', async () => {
    const run = await runExperiment(acceptQueue, { family });
    expect(run.facts.filter(({ ok }) => !ok)).toEqual([]);
    expect(observed(run)).toMatchObject({
      naive: ['3 ESTABLISHED', '5 SYN_SENT'],
      overflows: 1,
      healed: 'ESTABLISHED ESTABLISHED',
      abortError: 'ECONNRESET',
    });
  });

  test('room for all of them: not as expected', async () => {
    const run = await runExperiment(acceptQueue, { family, world: { backlog: 16 } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ naive: ['8 ESTABLISHED'], overflows: 0, abort: 'none', abortError: 'none' });
  });
});
