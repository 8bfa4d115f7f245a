/** Whose points each step of a script decides: worked out when it is read, so that nothing in a run changes it. */
import type { Decision } from '../evidence/exercise.js';
import { namesIn, parseTemplate } from './expression.js';
import { actionOf, OWN, type Step } from './step-schema.js';

/** The same steps, each with what it decides: what its `for` says, else the answer in its fields, else the last one before it. */
export const withDecisions = (steps: readonly Step[]): readonly Step[] => new Reader().steps(steps);

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
export const isCheck = ({ expect, silence, seen, state, event, read, held, observe }: Step): boolean =>
  [expect, silence, seen, state, event, read, held, observe?.is].some((check) => check !== undefined);

class Reader {
  #last: string | undefined;

  steps(steps: readonly Step[]): readonly Step[] {
    return steps.map((step) => this.#step(step));
  }

  #step(step: Step): Step {
    const named = answersIn(step).at(-1);
    this.#last = named ?? this.#last;
    const decides = decisionOf(step, named, this.#last);
    const { repeat } = step;
    return {
      ...step,
      ...(decides !== undefined && { decides }),
      ...(repeat !== undefined && { repeat: { ...repeat, steps: this.steps(repeat.steps) } }),
    };
  }
}

function decisionOf(step: Step, named: string | undefined, last: string | undefined): Decision | undefined {
  if (step.for !== undefined) return step.for === OWN ? undefined : { question: step.for, by: 'for' };
  if (named !== undefined) return { question: named, by: 'field' };
  return last === undefined ? undefined : { question: last, by: 'before' };
}

function namedIn(value: unknown): readonly string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(namedIn);
  if (typeof value !== 'string') return [];
  const template = parseTemplate(value);
  const names = template.ok ? namesIn(template.value) : [];
  return names.flatMap(({ name }) => (name.startsWith(ANSWER) ? [name.slice(ANSWER.length)] : []));
}

const ANSWER = 'answer.';
