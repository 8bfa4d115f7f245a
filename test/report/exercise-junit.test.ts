/** Exercises as JUnit XML: its counts are those of its cases. */
import { expect, test } from 'vitest';
import type { ExerciseRun, Grade, QuestionResult } from '../../src/evidence/exercise.js';
import { exerciseJunit, gradesJunit } from '../../src/report/exercise-junit.js';

const question = (id: string, right: boolean): QuestionResult => ({
  ...{ id, kind: 'number', ask: { en: '?', zh: '？' }, points: right ? 1 : 0, of: 1, right },
  objections: right ? [] : [{ what: { en: 'answer', zh: '答案' }, expected: '1', observed: '2' }],
});

const run = (right: readonly boolean[]): ExerciseRun => ({
  ...{ id: 'sample', title: { en: 'Sample', zh: '示例' }, points: 1, of: right.length, ok: false, durationMs: 1500 },
  questions: right.map((ok, i) => question(`q${i}`, ok)),
  cases: [
    {
      ...{ name: 'one', family: 4, missing: [], durationMs: 1 },
      checks: [
        { step: 'steps[0].expect', what: { en: 'own', zh: '自己的' }, expected: 'a', observed: 'a', ok: true },
        { step: 'steps[1].expect', what: { en: 'own', zh: '自己的' }, expected: 'a', observed: 'b', ok: false },
        {
          step: 'steps[2].expect',
          what: { en: 'q', zh: 'q' },
          expected: 'a',
          observed: 'b',
          ok: false,
          question: 'q0',
        },
      ],
    },
  ],
});

const attributesOf = (xml: string, name: string): string => new RegExp(`<${name} ([^>]*)>`).exec(xml)?.[1] ?? '';

test('of one: questions, and the checks of its own, that are right and wrong', () => {
  const xml = exerciseJunit(run([true, false, false]), 'en');
  for (const element of ['testsuites', 'testsuite'])
    expect(attributesOf(xml, element)).toContain('tests="5" failures="3" errors="0" skipped="0" time="1.500"');
  expect(xml.match(/<testcase /g)).toHaveLength(5);
  expect(xml.match(/<failure /g)).toHaveLength(3);
});

test('all right: no failure', () => {
  const cases = run([true]).cases.map((one) => ({ ...one, checks: [] }));
  expect(attributesOf(exerciseJunit({ ...run([true]), cases }, 'en'), 'testsuite')).toContain('tests="1" failures="0"');
});

test('of a folder: what could not be graded is an error, what was passed over is skipped', () => {
  const graded: Grade = { file: 'a.yaml', student: 'a', points: 1, of: 2, graded: true, run: run([true, false]) };
  const broken: Grade = { file: 'b.yaml', points: 0, of: 2, graded: false, note: { en: 'broken', zh: '损坏' } };
  const passedOver = [{ file: 'c.txt', why: { en: 'no YAML file', zh: '不是 YAML 文件' }, clutter: false }];
  const xml = gradesJunit({ grades: [graded, broken], passedOver }, 'en');
  expect(attributesOf(xml, 'testsuites')).toContain('tests="6" failures="2" errors="1" skipped="1"');
  expect(xml.match(/<failure /g)).toHaveLength(2);
  expect(xml.match(/<error /g)).toHaveLength(1);
  expect(xml.match(/<skipped /g)).toHaveLength(1);
});
