/** Exercises and grades as JSON: what is not there is null, times are in milliseconds, texts in one language. */
import { expect, test } from 'vitest';
import type { ExerciseRun, Grade, GradedFolder, Handout } from '../../src/evidence/exercise.js';
import { exerciseJson, gradesJson, handoutJson } from '../../src/report/exercise-json.js';

const CONTEXT = { kernel: '6.18.44', rootless: true } as const;

const NOBODYS: ExerciseRun = {
  ...{ id: 'sample', title: { en: 'Sample', zh: '示例' }, points: 1, of: 3, ok: false },
  questions: [
    {
      ...{ id: 'ack', kind: 'number', ask: { en: 'Which?', zh: '哪个？' }, answer: '5', points: 1, of: 1, right: true },
      ...{ objections: [], hint: { en: 'Count.', zh: '数一数。' } },
    },
    {
      ...{ id: 'flag', kind: 'packet', ask: { en: 'What?', zh: '什么？' }, points: 0, of: 2, right: false },
      objections: [
        { what: { en: 'no answer', zh: '没有答案' }, expected: '', observed: '' },
        {
          ...{ caseName: 'IPv6', label: { en: 'the third', zh: '第三步' }, what: { en: 'a RST', zh: 'RST' } },
          ...{ expected: 'R', observed: 'nothing', received: ['client: S. 0:0(0)'] },
        },
      ],
    },
  ],
  cases: [
    {
      ...{ name: 'IPv4', family: 4, missing: [{ en: 'a trace', zh: '跟踪' }], durationMs: 12.345_678 },
      checks: [
        { step: 'steps[0]', what: { en: 'own', zh: '自己的' }, expected: 'a', observed: 'a', ok: true },
        {
          ...{ step: 'steps[1]', label: { en: 'the third', zh: '第三步' }, what: { en: 'a RST', zh: 'RST' } },
          ...{ expected: 'R', observed: 'nothing', ok: false, question: 'flag' },
        },
      ],
    },
  ],
  durationMs: 1500.000_4,
};

const RUN: ExerciseRun = { ...NOBODYS, student: 'bob', unknownAnswers: ['akc'] };

test('of one: each question with what was held against its answer, each case with its checks', () => {
  expect(exerciseJson(RUN, CONTEXT, 'en')).toEqual({
    ...{ command: 'lab exercise', version: 1, kernel: '6.18.44', rootless: true },
    ...{ id: 'sample', title: 'Sample', student: 'bob', ok: false, points: 1, of: 3 },
    questions: [
      {
        ...{ id: 'ack', kind: 'number', ask: 'Which?', answer: '5', points: 1, of: 1, right: true },
        ...{ objections: [], hint: 'Count.' },
      },
      {
        ...{ id: 'flag', kind: 'packet', ask: 'What?', answer: null, points: 0, of: 2, right: false, hint: null },
        objections: [
          { case: null, what: 'no answer', expected: '', observed: '' },
          {
            ...{ case: 'IPv6', label: 'the third', what: 'a RST', expected: 'R', observed: 'nothing' },
            received: ['client: S. 0:0(0)'],
          },
        ],
      },
    ],
    unknownAnswers: ['akc'],
    cases: [
      {
        ...{ name: 'IPv4', family: 4, missing: ['a trace'], durationMs: 12.346 },
        checks: [
          { step: 'steps[0]', what: 'own', expected: 'a', observed: 'a', ok: true, question: null },
          {
            ...{ step: 'steps[1]', label: 'the third', what: 'a RST', expected: 'R', observed: 'nothing', ok: false },
            question: 'flag',
          },
        ],
      },
    ],
    durationMs: 1500,
  });
});

test('in Chinese; of nobody, with no answer that is unknown', () => {
  const json = exerciseJson(NOBODYS, CONTEXT, 'zh');
  expect(json).toMatchObject({ title: '示例', student: null, unknownAnswers: [] });
  expect(json.questions.map(({ ask, hint }) => [ask, hint])).toEqual([
    ['哪个？', '数一数。'],
    ['什么？', null],
  ]);
  expect(json.cases[0]?.missing).toEqual(['跟踪']);
});

test('of a folder: what could not be graded has no questions and says why; nothing in it is in order then', () => {
  const graded: Grade = { file: 'a.yaml', student: 'bob', points: 1, of: 3, graded: true, run: RUN };
  const broken: Grade = { file: 'b.yaml', points: 0, of: 3, graded: false, note: { en: 'broken', zh: '损坏' } };
  const passedOver = [{ file: 'c.txt', why: { en: 'no YAML file', zh: '不是 YAML 文件' }, clutter: true }];
  const json = gradesJson({ grades: [graded, broken], passedOver }, CONTEXT, 'en');
  expect(json).toMatchObject({ command: 'lab grade', version: 1, kernel: '6.18.44', rootless: true, ok: false });
  expect(json.submissions.map(({ questions, ...rest }) => ({ ...rest, ids: questions.map(({ id }) => id) }))).toEqual([
    {
      ...{ file: 'a.yaml', student: 'bob', graded: true, points: 1, of: 3, note: null, unknownAnswers: ['akc'] },
      ids: ['ack', 'flag'],
    },
    {
      ...{ file: 'b.yaml', student: null, graded: false, points: 0, of: 3, note: 'broken', unknownAnswers: [] },
      ids: [],
    },
  ]);
  expect(json.passedOver).toEqual([{ file: 'c.txt', why: 'no YAML file', clutter: true }]);
});

test.each<[what: string, folder: Partial<GradedFolder>, ok: boolean]>([
  ['graded, beside nobody’s files', {}, true],
  ['not graded', { grades: [{ file: 'b.yaml', points: 0, of: 3, graded: false }] }, false],
  [
    'beside what may be somebody’s work',
    { passedOver: [{ file: 'd.yml', why: { en: 'a folder', zh: '文件夹' }, clutter: false }] },
    false,
  ],
])('%s: ok is %s', (_what, folder, ok) => {
  const passedOver = [{ file: 'c.txt', why: { en: 'no YAML file', zh: '不是 YAML 文件' }, clutter: true }];
  const grades: readonly Grade[] = [{ file: 'a.yaml', points: 3, of: 3, graded: true, run: RUN }];
  expect(gradesJson({ grades, passedOver, ...folder }, CONTEXT, 'en').ok).toBe(ok);
});

test('what a student gets to read', () => {
  const handout: Handout = {
    ...{ id: 'sample', title: { en: 'Sample', zh: '示例' }, text: { en: 'Read.', zh: '读。' } },
    questions: [
      { id: 'ack', kind: 'number', ask: { en: 'Which?', zh: '哪个？' }, points: 1, formula: true },
      {
        ...{ id: 'why', kind: 'choice', ask: { en: 'Why?', zh: '为何？' }, points: 2, formula: false },
        options: { a: { en: 'So', zh: '如此' }, b: { en: 'Not so', zh: '并非如此' } },
      },
    ],
  };
  expect(handoutJson(handout, 'zh')).toEqual({
    ...{ command: 'lab exercise', version: 1, id: 'sample', title: '示例', text: '读。', student: null },
    questions: [
      { id: 'ack', kind: 'number', ask: '哪个？', points: 1, formula: true },
      {
        ...{ id: 'why', kind: 'choice', ask: '为何？', points: 2, formula: false },
        options: { a: '如此', b: '并非如此' },
      },
    ],
  });
  expect(handoutJson({ ...handout, student: 'bob' }, 'en')).toMatchObject({ student: 'bob', title: 'Sample' });
});
