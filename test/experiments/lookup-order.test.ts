import { describe, expect, test } from 'vitest';
import { lookupOrder } from '../../src/experiments/lookup-order/lookup-order.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('connection, listener, nothing: challenge ACK, SYN/ACK, RST', async () => {
    const run = await runExperiment(lookupOrder, { family });
    expect(observed(run)).toEqual({
      listener: 'S. 0:0(0) ack 1',
      established: '. 1:1(0) ack 6',
      nothing: 'R. 0:0(0) ack 1',
      owners: ['LISTEN', 'ESTABLISHED', 'none'],
    });
    expect(run.ok).toBe(true);
  });

  test('nobody listens: not as expected', async () => {
    const run = await runExperiment(lookupOrder, { family, world: { listening: false } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ listener: 'R. 0:0(0) ack 1' });
  });
});
