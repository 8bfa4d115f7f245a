import { describe, expect, test } from 'vitest';
import { resetRules } from '../../src/experiments/reset-rules/reset-rules.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('seven RSTs of two kinds, and silence for RST and RST/ACK', async () => {
    const run = await runExperiment(resetRules, { family });
    expect(observed(run)).toMatchObject({
      syn: 'R. 0:0(0) ack 1',
      fin: 'R. 0:0(0) ack 101',
      data: 'R. 0:0(0) ack 205',
      synFinData: 'R. 0:0(0) ack 307',
      rst: 'none',
      rstAck: 'none',
      ack: 'R 6000:6000(0)',
      synAck: 'R 7000:7000(0)',
      finAckData: 'R 8000:8000(0)',
      owner: 'none',
    });
    expect(run.ok).toBe(true);
    const answers = run.packets.filter(({ from }) => from === 'server');
    expect(answers.map(({ sender }) => sender)).toEqual(Array.from({ length: 7 }, () => 'kernel'));
  });

  test('somebody listens: not as expected', async () => {
    const run = await runExperiment(resetRules, { family, world: { listening: true } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ syn: 'S. 0:0(0) ack 1', fin: 'none', data: 'none', owner: 'LISTEN' });
  });
});
