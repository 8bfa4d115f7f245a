/** Says of an exercise, without playing it, whose points each of its checks decides. */
import { stringify } from 'yaml';
import type { ExplainedExercise, ExplainedQuestion, ExplainedStep } from '../evidence/explained-exercise.js';
import { answersIn, decisionsIn, isCheck } from './decisions.js';
import { kept } from './kept.js';
import type { Exercise, Question } from './schema.js';
import { actionOf, type Step } from './step-schema.js';

export function explainExercise({ id, title, questions, steps }: Exercise): ExplainedExercise {
  const byChecks = new Set(questions.filter(isDecidedByChecks).map((question) => question.id));
  const placed = placedIn(steps, 'steps');
  const decisions = decisionsIn(steps);
  const explained = placed.map(({ path, step }): ExplainedStep => {
    const check = isCheck(step);
    const action = actionOf(step);
    const [decides, ...again] = (check ? (decisions.get(step) ?? []) : []).map((decision) =>
      decision !== undefined && byChecks.has(decision.question) ? decision : undefined,
    );
    return {
      step: path,
      action,
      fields: kept(fieldsText(step)),
      answers: [...new Set(answersIn(step))],
      check,
      ...(decides !== undefined && { decides }),
      again: again.filter((decision) => decision !== undefined),
    };
  });
  const observedAs = (name: string): readonly string[] =>
    placed.filter(({ step }) => step.observe?.as === name).map(({ path }) => path);
  return {
    id,
    title,
    steps: explained,
    questions: questions.map((question): ExplainedQuestion => {
      const { id: asked, kind, points } = question;
      const named = { id: asked, kind, points };
      if (question.kind === 'prediction') return { ...named, by: 'observation', steps: observedAs(question.is) };
      if (!isDecidedByChecks(question)) return { ...named, by: 'answer', steps: [] };
      const own = explained.filter(({ decides, again }) =>
        [decides, ...again].some((decision) => decision?.question === asked),
      );
      return { ...named, by: 'checks', steps: own.map(({ step }) => step) };
    }),
  };
}

const isDecidedByChecks = ({ kind }: Question): boolean => ['number', 'packet', 'rule', 'program'].includes(kind);

interface PlacedStep {
  readonly path: string;
  readonly step: Step;
}

/** Those in a `repeat` behind it. */
const placedIn = (steps: readonly Step[], place: string): readonly PlacedStep[] =>
  steps.flatMap((step, i) => {
    const path = `${place}[${String(i)}]`;
    return [{ path, step }, ...placedIn(step.repeat?.steps ?? [], `${path}.repeat.steps`)];
  });

/** In a line; steps in it are told by themselves. */
function fieldsText(step: Step): string {
  const fields = step.repeat === undefined ? step[actionOf(step)] : { times: step.repeat.times, as: step.repeat.as };
  const text = stringify(withUnits(fields), { collectionStyle: 'flow', lineWidth: 0, singleQuote: true });
  return text.trimEnd();
}

/** Times are read as milliseconds. */
const TIMES = ['within', 'for', 'every'];

function withUnits(fields: unknown): unknown {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      TIMES.includes(key) && typeof value === 'number' ? `${String(value)}ms` : withUnits(value),
    ]),
  );
}
