/** What an experiment does on its bench, and what it gives: the facts, with all that was seen meanwhile. */
import { type Bench, onBench, onRelayBench } from '../lab/bench/bench.js';
import type { RelayLab } from '../lab/lab.js';
import type { Observations, Observed, ObserveOptions } from './experiment.js';

export const observe = <Name extends string>(
  options: ObserveOptions,
  play: (bench: Bench) => Promise<Observed<Name>>,
): Promise<Observations<Name>> =>
  onBench(options, async (bench) => ({ facts: await play(bench), evidence: bench.evidence() }));

/** As `observe`, on a bench whose link is a relay. */
export const observeRelayed = <Name extends string>(
  options: ObserveOptions,
  play: (bench: Bench<RelayLab>) => Promise<Observed<Name>>,
): Promise<Observations<Name>> =>
  onRelayBench(options, async (bench) => ({ facts: await play(bench), evidence: bench.evidence() }));
