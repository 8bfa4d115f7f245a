/** Runs an experiment, and holds what it observed against what it expects. */
import { isDeepStrictEqual } from 'node:util';
import type { ExperimentRun, Fact, FactValue } from '../evidence/experiment.js';
import type { Feed } from '../evidence/feed.js';
import { timeline } from '../evidence/timeline.js';
import { monotonicNow } from '../linux/libc/clock.js';
import type { Family } from '../lab/addresses.js';
import type { AnyExperiment, ExpectedFact, Observations, ObserveOptions } from './experiment.js';

export interface RunExperimentOptions<World> extends ObserveOptions {
  /** The world made otherwise than the experiment needs it. */
  readonly world?: Partial<World>;
}

/**
 * One run, in one address family; everything is taken down again when the promise settles.
 * @throws {RawshakeError} where a privilege or tool is missing, on time-out, on abort
 */
export async function runExperiment<World extends object>(
  experiment: AnyExperiment & { readonly world: World },
  { world, ...options }: RunExperimentOptions<World>,
): Promise<ExperimentRun> {
  const { id, title, claim, steps, explanation, next, byHand, claims, isOfNumbers = false } = experiment;
  const startedAt = monotonicNow();
  const { facts: observed, evidence } = await fed(
    options.feed,
    () =>
      experiment.observe(options, {
        ...experiment.world,
        ...world,
      } as never), // an experiment's world is its own: `World` says of which type
  );
  const facts = Object.entries(experiment.facts).flatMap(([name, fact]) =>
    compareFact(name, fact, observed[name], options.family),
  );
  return {
    ...{ id, title, claim, steps, explanation, next, byHand, claims, isOfNumbers },
    ...evidence,
    family: options.family,
    facts,
    ok: facts.every(({ ok }) => ok),
    durationMs: monotonicNow() - startedAt,
  };
}

/** One that does not fill the feed itself, for it is made in several labs, gives all in the end. */
async function fed(
  feed: Feed | undefined,
  observe: () => Promise<Observations<string>>,
): Promise<Observations<string>> {
  try {
    const observations = await observe();
    if (feed?.isOpen === true) for (const moment of timeline(observations.evidence)) feed.push(moment);
    return observations;
  } finally {
    feed?.end();
  }
}

/** None, where the evidence for it is not to be had. */
function compareFact(
  name: string,
  { what, expected }: ExpectedFact,
  observed: FactValue | undefined,
  family: Family,
): readonly Fact[] {
  if (observed === undefined) return [];
  const value = isByFamily(expected) ? expected[family] : expected;
  return [{ name, what, expected: value, observed, ok: isDeepStrictEqual(value, observed) }];
}

const isByFamily = (expected: ExpectedFact['expected']): expected is Readonly<Record<Family, FactValue>> =>
  typeof expected === 'object' && !Array.isArray(expected);
