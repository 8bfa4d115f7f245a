/** Plays exercises of the course: the sample solution gets all points, and a wrong answer costs its own points and no other's. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readAnswers } from '../../../src/exercise/answers.js';
import { readExercise } from '../../../src/exercise/read.js';
import { runExercise } from '../../../src/exercise/run.js';
import { WRONG } from './wrong-answers.js';

export const COURSE = readdirSync('exercises')
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));

/** One part of three: files are played side by side, each in a process, for a lab's own work holds up all others of its process. */
export function playCourse(part: 0 | 1 | 2): void {
  describe.each(COURSE.filter((_, i) => i % 3 === part))('%s', (name) => {
    const exercise = readExercise(`exercises/${name}.yaml`);
    const solution = readAnswers(`exercises/solutions/${name}.yaml`);
    const typical = WRONG[name] ?? [];
    const others = exercise.questions.filter(({ id }) => typical.every(([, question]) => question !== id));

    test('the sample solution gets all points', async () => {
      const run = await runExercise(exercise, { answers: solution, programs: true });
      const wrong = run.cases.flatMap(({ checks }) => checks.filter(({ ok }) => !ok));
      expect({ ok: run.ok, points: run.points, wrong }).toEqual({ ok: true, points: run.of, wrong: [] });
    });

    test.each([...typical, ...others.map(({ id }) => ['no answer', id, undefined] as const)])(
      '%s (%s)',
      async (_why, question, answer) => {
        const answers = { ...solution, answers: { ...solution.answers, [question]: answer } };
        const run = await runExercise(exercise, { answers, programs: true });
        const failed = run.cases.flatMap(({ checks }) => checks.filter(({ ok }) => !ok));
        expect(failed.filter((check) => check.question !== question)).toEqual([]);
        expect(run.questions.filter(({ points, of }) => points < of).map(({ id }) => id)).toEqual([question]);
        expect(run.questions.find(({ id }) => id === question)?.objections).not.toEqual([]);
      },
    );
  });
}
