import { readdirSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { conntrackExperiment } from '../../src/experiments/conntrack/conntrack.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

const PATIENCE = { timeout: 30_000 };

describe('IPv4', () => {
  test('a full table: nothing new, but what is not tracked; the old connection goes on', async () => {
    const run = await runExperiment(conntrackExperiment, { family: 4 });
    expect(run.facts.filter(({ ok }) => !ok)).toEqual([]);
    expect(observed(run)).toMatchObject({
      ...{ full: true, alive: 0, newcomers: ['100 no-answer'], dropped: 100, evicted: 0, newcomer: 'SYN_SENT' },
      ...{ old: 'hello', own: 'EPERM', untracked: ['100 established'], lives: ['days', 'minutes'] },
      room: ['1 established', '9 no-answer'],
    });
  });

  test('a table that is left nearly empty: not as expected', async () => {
    const run = await runExperiment(conntrackExperiment, { family: 4, world: { spare: Infinity } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({
      ...{ full: false, newcomers: ['100 established'], dropped: 0, newcomer: 'ESTABLISHED', own: 'ok' },
      ...{ old: 'hello', untracked: ['100 established'], room: ['10 established'] },
    });
  });

  test('a limit that is too high to be reached: what needs a full table is left out, and said to be missing', async () => {
    const run = await runExperiment(conntrackExperiment, { family: 4, world: { most: 1000 } });
    expect(run.ok).toBe(true);
    expect(observed(run)).toEqual({ old: 'hello', untracked: ['100 established'] });
    expect(run.missing.map(({ en }) => en)).toContainEqual(expect.stringMatching(/nf_conntrack_max is \d+,.* 1000 /));
  });

  test('an abort while it is being filled: nothing is left', async () => {
    const count = (folder: string): number => readdirSync(folder).length;
    const before = { descriptors: count('/proc/self/fd'), threads: count('/proc/self/task') };
    const controller = new AbortController();
    // The run that fills the table listens to the signal, and before it whoever waits for the old connection.
    const listens = vi.spyOn(controller.signal, 'addEventListener');
    const run = runExperiment(conntrackExperiment, { family: 4, signal: controller.signal });
    await vi.waitFor(() => expect(listens).toHaveBeenCalledTimes(2), PATIENCE);
    controller.abort();
    await expect(run).rejects.toMatchObject({ code: 'RS_INTERRUPTED' });
    await vi.waitFor(() => {
      // Of what the tests before have used, some may go meanwhile.
      expect(count('/proc/self/fd')).toBeLessThanOrEqual(before.descriptors);
      expect(count('/proc/self/task')).toBeLessThanOrEqual(before.threads);
    }, PATIENCE);
  });
});
