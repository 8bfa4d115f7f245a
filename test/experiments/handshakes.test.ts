/** The experiments that are `compare`'s handshake under one remedy. */
import { describe, expect, test } from 'vitest';
import type { RemedyId } from '../../src/evidence/run.js';
import { ingressExperiment } from '../../src/experiments/ingress/ingress.js';
import { inputExperiment } from '../../src/experiments/input/input.js';
import { nftExperiment } from '../../src/experiments/nft/nft.js';
import { ownerExperiment } from '../../src/experiments/owner/owner.js';
import { rawAlone } from '../../src/experiments/raw-alone/raw-alone.js';
import { rawFiltered } from '../../src/experiments/raw-filtered/raw-filtered.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { spareAddressExperiment } from '../../src/experiments/spare-address/spare-address.js';
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
