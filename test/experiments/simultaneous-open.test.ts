import { describe, expect, test } from 'vitest';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { simultaneousOpen } from '../../src/experiments/simultaneous-open/simultaneous-open.js';
import { simultaneousOpenRaw } from '../../src/experiments/simultaneous-open-raw/simultaneous-open-raw.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  describe('two kernel sockets', () => {
    test('their SYNs cross: one connection, and nobody listens', async () => {
      const run = await runExperiment(simultaneousOpen, { family });
      expect(run.facts.filter(({ ok }) => !ok)).toEqual([]);
      expect(observed(run)).toMatchObject({
        crossing: ['SYN_SENT SYN_SENT', 'SYN_RECV SYN_RECV', 'ESTABLISHED ESTABLISHED'],
        naive: ['ECONNREFUSED', 'ECONNREFUSED'],
        data: ['hello', 'world'],
      });
    });

    test('the server does not connect: not as expected', async () => {
      const run = await runExperiment(simultaneousOpen, { family, world: { bothConnect: false } });
      expect(run.ok).toBe(false);
      expect(observed(run)).toMatchObject({ outcomes: ['ECONNREFUSED'], data: [] });
    });
  });

  describe('a kernel socket and a peer by hand', () => {
    test('SYN answered by SYN: connected', async () => {
      const run = await runExperiment(simultaneousOpenRaw, { family });
      expect(run.facts.filter(({ ok }) => !ok)).toEqual([]);
      expect(observed(run)).toMatchObject({ outcome: 'connected', received: 'hello' });
    });

    test('without the filter: not as expected, our own kernel refuses', async () => {
      const run = await runExperiment(simultaneousOpenRaw, { family, world: { filtered: false } });
      expect(run.ok).toBe(false);
      expect(observed(run)).toMatchObject({ outcome: 'ECONNREFUSED', received: '' });
    });
  });
});
