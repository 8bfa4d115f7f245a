import { describe, expect, test } from 'vitest';
import { badChecksum } from '../../src/experiments/bad-checksum/bad-checksum.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('silence from the open port and from the closed one', async () => {
    const run = await runExperiment(badChecksum, { family });
    expect(observed(run)).toMatchObject({
      open: 'none',
      openSound: 'S. 0:0(0) ack 501',
      closed: 'none',
      closedSound: 'R. 0:0(0) ack 501',
      counter: 2,
    });
    expect(run.ok).toBe(true);
    const sent = run.packets.filter(({ from }) => from === 'client');
    expect(sent.map(({ segment }) => segment.checksumOk)).toEqual([false, true, false, true]);
  });

  test('the checksum is right: not as expected', async () => {
    const run = await runExperiment(badChecksum, { family, world: { checksum: 'right' } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ open: 'S. 0:0(0) ack 1', closed: 'R. 0:0(0) ack 1', counter: 0 });
  });
});
