/** The experiments that are `compare`'s handshake under one remedy. */
import { describe, expect, test } from 'vitest';
import type { RemedyId } from '../../../src/evidence/run.js';
import { ingressExperiment } from '../../../src/lab/experiments/ingress.js';
import { inputExperiment } from '../../../src/lab/experiments/input.js';
import { nftExperiment } from '../../../src/lab/experiments/nft.js';
import { ownerExperiment } from '../../../src/lab/experiments/owner.js';
import { rawAlone } from '../../../src/lab/experiments/raw-alone.js';
import { rawFiltered } from '../../../src/lab/experiments/raw-filtered.js';
import { runExperiment } from '../../../src/lab/experiments/run-experiment.js';
import { spareAddressExperiment } from '../../../src/lab/experiments/spare-address.js';
import { observed } from './observed.js';

const RESET = {
  outcome: 'reset-by-own-kernel',
  received: '',
  kernelResets: 'some',
  dropped: 'nothing',
  owner: 'none',
};
const connectedWith = (dropped: string) => ({
  outcome: 'established',
  received: 'hello',
  kernelResets: 'none',
  dropped,
  owner: 'none',
});

describe.each([4, 6] as const)('IPv%i', (family) => {
  test.each([
    [rawAlone, RESET, 'iptables'],
    [rawFiltered, connectedWith('resets'), 'none'],
    [nftExperiment, connectedWith('resets'), 'none'],
    [spareAddressExperiment, connectedWith('nothing'), 'none'],
    [ingressExperiment, connectedWith('segments'), 'none'],
    [ownerExperiment, connectedWith('resets'), 'none'],
    [inputExperiment, connectedWith('segments'), 'none'],
  ] as const)('$id', async (experiment, facts, otherRemedy: RemedyId) => {
    const run = await runExperiment(experiment, { family });
    expect(observed(run)).toEqual(facts);
    expect(run.ok).toBe(true);

    const other = await runExperiment(experiment, { family, world: { remedy: otherRemedy } });
    expect(other.ok).toBe(false);
    expect(other.facts.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['outcome', 'received', 'kernelResets']),
    );
  });
});
