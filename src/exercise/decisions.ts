/** Whose points the steps of a script decide, as they come one after another: nothing but their order changes it. */
import type { Decision } from '../evidence/exercise.js';
import { namesIn, parseTemplate } from './expression.js';
import { actionOf, OWN, type Step } from './step-schema.js';

/**
 * Asked of each step as it is played; a `repeat` is as if its steps were written out, so that what stands before an answer in it
 * stands behind that answer the next time.
 */
export class Decisions {
  /** The question whose answer was named last. */
  last: string | undefined;

  /** What the step decides: what its `for` says, else the answer in its fields, else the last one before it. */
  of(step: Step): Decision | undefined {
    const named = answersIn(step).at(-1);
    this.last = named ?? this.last;
    if (step.for !== undefined) return step.for === OWN ? undefined : { question: step.for, by: 'for' };
    if (named !== undefined) return { question: named, by: 'field' };
    return this.last === undefined ? undefined : { question: this.last, by: 'before' };
  }

  /** For steps that cannot be played: behind them all is as if they had been. */
  pass(steps: readonly Step[]): void {
    for (const step of steps) {
      this.of(step);
      this.pass(step.repeat?.steps ?? []);
    }
  }
}

/** All that a step decides, however often it is played: first what it decides the first time; undefined: nobody's points. */
export type AllDecisions = readonly (Decision | undefined)[];

/** Of each step, also of those in a `repeat`. */
export function decisionsIn(steps: readonly Step[]): ReadonlyMap<Step, AllDecisions> {
  const reader = new Reader();
  reader.steps(steps);
  return reader.all;
}

class Reader {
  readonly all = new Map<Step, (Decision | undefined)[]>();
  readonly #decisions = new Decisions();
  /** Of each `repeat`, by the answer named last before a turn of it, that named last behind the turn. */
  readonly #turns = new Map<Step, Map<string | undefined, string | undefined>>();

  steps(steps: readonly Step[]): void {
    for (const step of steps) {
      this.#note(step, this.#decisions.of(step));
      if (step.repeat !== undefined) this.#repeat(step, step.repeat);
    }
  }

  #note(step: Step, decision: Decision | undefined): void {
    const known = this.all.get(step) ?? [];
    if (!known.some((other) => other?.question === decision?.question)) this.all.set(step, [...known, decision]);
  }

  /** Turn by turn, until one begins as another did before. */
  #repeat(step: Step, { times, steps }: NonNullable<Step['repeat']>): void {
    const turns = this.#turns.get(step) ?? new Map<string | undefined, string | undefined>();
    this.#turns.set(step, turns);
    for (;;) {
      const before = this.#decisions.last;
      const isKnown = turns.has(before);
      if (isKnown) this.#decisions.last = turns.get(before);
      else this.steps(steps);
      turns.set(before, this.#decisions.last);
      if (isKnown || times === 1) return;
    }
  }
}

/** The ids of questions whose answers the fields of a step name, in the order in which they are used; not of steps in it. */
export function answersIn(step: Step): readonly string[] {
  if (step.repeat !== undefined) return namedIn(step.repeat.times);
  const fields = step[actionOf(step)];
  if (typeof fields !== 'object') return [];
  // Which connection is meant is asked before anything is done with it.
  const { clientPort, serverPort, ...others } = fields as Readonly<Record<string, unknown>>;
  return namedIn([clientPort, serverPort, others]);
}

/** Whether a step holds something against the kernels. */
export const isCheck = ({ expect, silence, seen, state, event, read, held, finding, observe }: Step): boolean =>
  [expect, silence, seen, state, event, read, held, finding, observe?.is].some((check) => check !== undefined);

function namedIn(value: unknown): readonly string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(namedIn);
  if (typeof value !== 'string') return [];
  const template = parseTemplate(value);
  const names = template.ok ? namesIn(template.value) : [];
  return names.flatMap(({ name }) => (name.startsWith(ANSWER) ? [name.slice(ANSWER.length)] : []));
}

const ANSWER = 'answer.';
