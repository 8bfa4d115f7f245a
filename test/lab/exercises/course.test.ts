/** Every exercise of the course: its sample solution gets all points, and typical wrong answers do not. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readAnswers, readExercise } from '../../../src/exercise/read.js';
import { runExercise } from '../../../src/exercise/run.js';

/** Per exercise: an answer in place of the solution's, and why somebody would give it. */
const WRONG: Readonly<Record<string, readonly (readonly [why: string, question: string, answer: unknown])[]>> = {
  '01-first-ack': [
    ['the SYN was forgotten', 'ack', 'synack.seq'],
    ['the number that the server acknowledged', 'ack', 'synack.ack + 1'],
    ["somebody else's number", 'seq', 1_000_001],
    ['no number', 'acked', 'the next one'],
  ],
};

const EXERCISES = readdirSync('exercises')
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));

test('there are wrong answers to each exercise', () => {
  expect(Object.keys(WRONG)).toEqual(EXERCISES);
});

describe.each(EXERCISES)('%s', (name) => {
  const exercise = readExercise(`exercises/${name}.yaml`);
  const solution = readAnswers(`exercises/solutions/${name}.yaml`);

  test('the sample solution gets all points', async () => {
    const run = await runExercise(exercise, { answers: solution });
    const wrong = run.cases.flatMap(({ checks }) => checks.filter(({ ok }) => !ok));
    expect({ ok: run.ok, points: run.points, wrong }).toEqual({ ok: true, points: run.of, wrong: [] });
  });

  test.each(WRONG[name] ?? [])('%s', async (_why, question, answer) => {
    const answers = { ...solution, answers: { ...solution.answers, [question]: answer } };
    const run = await runExercise(exercise, { answers });
    const result = run.questions.find(({ id }) => id === question);
    expect(result).toMatchObject({ right: false });
    expect(result?.objections).not.toEqual([]);
  });
});
