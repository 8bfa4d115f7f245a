/** What an experiment is: texts, the facts that it expects, the world that they hold in, and a function that observes. */
import type { Text } from '../error.js';
import type { Evidence } from '../evidence/evidence.js';
import type { ExperimentText, FactValue } from '../evidence/experiment.js';
import type { Family } from '../lab/addresses.js';
import type { BenchOptions } from '../lab/bench/bench-options.js';

export interface ExpectedFact {
  /** What it is, in a few words. */
  readonly what: Text;
  readonly expected: FactValue | Readonly<Record<Family, FactValue>>;
}

/** What was observed of a fact; `undefined` where the evidence for it is not to be had here, as `missing` says. */
export type Observed<Name extends string> = Readonly<Record<Name, FactValue | undefined>>;

/** Where there is no trace, the facts that need it are left out. */
export type ObserveOptions = Pick<BenchOptions, 'family' | 'trace' | 'signal' | 'feed'>;

export interface Observations<Name extends string> {
  readonly facts: Observed<Name>;
  readonly evidence: Evidence;
}

/**
 * `World`: what can be turned about the world, each with the value under which the facts hold. An experiment that
 * cannot fail shows nothing: in another world it says "not as expected".
 */
export interface Experiment<
  Name extends string = string,
  World = Readonly<Record<string, never>>,
> extends ExperimentText {
  /** Default: both. */
  readonly families?: readonly Family[];
  /** Makes so many events that every trace kept meanwhile on this machine would lose some: not beside another one. */
  readonly alone?: boolean;
  readonly facts: Readonly<Record<Name, ExpectedFact>>;
  readonly world: World;
  observe(options: ObserveOptions, world: World): Promise<Observations<Name>>;
}

/** Any experiment, its world and facts unknown to whoever lists and runs them. */
export interface AnyExperiment extends ExperimentText {
  readonly families?: readonly Family[];
  readonly alone?: boolean;
  readonly facts: Readonly<Record<string, ExpectedFact>>;
  readonly world: object;
  observe(options: ObserveOptions, world: never): Promise<Observations<string>>;
}
