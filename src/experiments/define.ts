/** An experiment of one's own, written down in as few words as it needs. */
import type { Text } from '../error.js';
import type { ByHand, FactValue, JudgedClaim } from '../evidence/experiment.js';
import type { Experiment, ExpectedFact, Observations, Observed, ObserveOptions } from './experiment.js';
import type { Family } from '../lab/addresses.js';
import type { Bench } from '../lab/bench/bench.js';
import { observe } from './observe.js';

/** In both languages, or the same for both. */
export type Words = string | Text;

export interface OwnExperiment<Name extends string, World extends object> {
  readonly id: string;
  readonly title: Words;
  /** What it shows, in a sentence. */
  readonly claim?: Words;
  readonly steps?: readonly Words[];
  /** What is expected of each fact, by its name; what it is, where the name does not say it. */
  readonly facts: Readonly<
    Record<Name, FactValue | { readonly what: Words; readonly expected: ExpectedFact['expected'] }>
  >;
  /** Why it is so. */
  readonly why?: Words;
  /** What is often said of it, and what this shows. */
  readonly claims?: readonly JudgedClaim[];
  /** What to try after it. */
  readonly next?: readonly Words[];
  /** Lines that show the same in `rawshake lab shell`. */
  readonly byHand?: readonly ByHand[];
  /** Those that it is made for, which `runExperiments` goes by. Default: both. */
  readonly families?: readonly Family[];
  /** Makes so many events that `runExperiments` runs it beside no other. */
  readonly alone?: boolean;
  /** What can be turned about the world, each with the value under which the facts hold: see `runExperiment`. */
  readonly world?: World;
  /** Its ladder shows sequence and acknowledgment numbers. */
  readonly isOfNumbers?: boolean;
  /** Plays it in a lab of its own, which is closed afterwards; gives what was observed of each fact. */
  observe(bench: Bench, world: World): Promise<Observed<Name>>;
}

/**
 * @example
 * const experiment = defineExperiment({
 *   id: 'closed-port',
 *   title: 'A port on which nobody listens',
 *   facts: { answer: 'R. 0:0(0) ack 1' },
 *   observe: async (bench) => {
 *     const client = bench.byHand('client');
 *     client.send('S 0:0(0) win 64240');
 *     return { answer: await client.answer() };
 *   },
 * });
 * const run = await runExperiment(experiment, { family: 4 });
 */
export function defineExperiment<Name extends string, World extends object = Readonly<Record<string, never>>>(
  own: OwnExperiment<Name, World>,
): Experiment<Name, World> {
  const { id, title, claim = '', steps = [], why = '', claims = [], isOfNumbers = false, next = [], byHand = [] } = own;
  const facts = Object.entries<FactValue | { what: Words; expected: ExpectedFact['expected'] }>(own.facts).map(
    ([name, fact]) => [
      name,
      isDescribed(fact) ? { ...fact, what: text(fact.what) } : { what: text(name), expected: fact },
    ],
  );
  return {
    ...{
      id,
      title: text(title),
      claim: text(claim),
      steps: steps.map(text),
      explanation: text(why),
      claims,
      isOfNumbers,
    },
    ...{ next: next.map(text), byHand },
    ...(own.families !== undefined && { families: own.families }),
    ...(own.alone !== undefined && { alone: own.alone }),
    facts: Object.fromEntries(facts) as Record<Name, ExpectedFact>,
    world: own.world ?? ({} as World),
    observe: (options: ObserveOptions, world: World): Promise<Observations<Name>> =>
      observe(options, (bench) => own.observe(bench, world)),
  };
}

const text = (words: Words): Text => (typeof words === 'string' ? { en: words, zh: words } : words);

const isDescribed = (fact: FactValue | { what: Words; expected: ExpectedFact['expected'] }) =>
  typeof fact === 'object' && 'what' in fact;
