/** The table of `lab grade`: columns of one width, whatever is in them. */
import { describe, expect, test } from 'vitest';
import type { Grade } from '../../src/evidence/exercise.js';
import { gradesCsv, gradesText } from '../../src/report/grades.js';

const view = { columns: 120, unicode: true } as const;

const broken = (file: string, en: string): Grade => ({
  ...{ file, points: 0, of: 4, graded: false, note: { en, zh: en } },
});

const named = (file: string, student: string): Grade => ({
  ...{ file, student, points: 1, of: 4, graded: true },
  run: {
    ...{ id: 'sample', title: { en: 'Sample', zh: '示例' }, cases: [], points: 1, of: 4, ok: false, durationMs: 1 },
    questions: [
      { id: 'ack', kind: 'number', ask: { en: '?', zh: '？' }, points: 1, of: 4, right: false, objections: [] },
    ],
  },
});

test('names in Chinese take two columns a character', () => {
  const table = gradesText(
    { grades: [named('a.yaml', '王小明'), named('b.yaml', 'bob')], passedOver: [] },
    { ...view, language: 'zh' },
  );
  expect(table.split('\n').slice(0, 3)).toEqual([
    '文件    学生    得分  ack  备注',
    'a.yaml  王小明   1/4  ~',
    'b.yaml  bob      1/4  ~',
  ]);
});

test('of a broken file the first line of what is wrong, and no points in the mean', () => {
  const grades = [broken('c.yaml', '1:1: expected answers\n2:1: more'), named('d.yaml', 'bob')];
  const table = gradesText(
    { grades, passedOver: [] },
    {
      ...view,
      language: 'en',
    },
  );
  expect(table).toMatch(/^c\.yaml {16}- {2}- {4}1:1: expected answers$/m);
  expect(table).toContain('1 graded, 1 that could not be; 1.0 of 4 points on average');
});

test('any number of other files: the table names some and counts the rest, the CSV has all', () => {
  const why = { en: 'no YAML file', zh: '不是 YAML 文件' };
  const passedOver = Array.from({ length: 130_000 }, (_, i) => ({ file: `${String(i)}.txt`, why, clutter: false }));
  const graded = { grades: [named('a.yaml', 'amber')], passedOver };
  const lines = gradesText(graded, { ...view, language: 'en' }).split('\n');
  expect(lines.filter((line) => line.includes('.txt'))).toHaveLength(50);
  expect(lines).toContain('  and 129950 more');
  expect(gradesText(graded, { ...view, language: 'zh' })).toContain('  另有 129950 个\n');
  expect(gradesCsv(graded, 'en').trimEnd().split('\r\n')).toHaveLength(2 + passedOver.length);
});

test('any number of submissions', () => {
  const grades = Array.from({ length: 130_000 }, (_, i) => broken(`${String(i)}.yaml`, 'larger than 64 KiB'));
  expect(gradesText({ grades, passedOver: [] }, { ...view, language: 'en' })).toContain('129999.yaml');
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '＝1', '＋1', '－1', '＠x', ' =1', 'a;=1'])(
  '%j is no formula in the CSV',
  (student) => {
    const [, row = ''] = gradesCsv({ grades: [named('a.yaml', student)], passedOver: [] }, 'en').split('\r\n');
    expect(row).toMatch(/(^|[,;])"?[^=+\-@＝＋－＠]*'\s*[=+\-@＝＋－＠]/);
  },
);

test('names as long as they can be: cut in the table, whole in the CSV', () => {
  const file = `${'王'.repeat(80)}/${'x'.repeat(2000)}-end.yaml`;
  const graded = {
    grades: [named(file, '小'.repeat(100)), named('b.yaml', 'bob'), broken('c.yaml', 'y'.repeat(5000))],
    passedOver: [{ file: 'z'.repeat(2000), why: { en: 'why', zh: '为何' }, clutter: false }],
  };
  const table = gradesText(graded, { ...view, language: 'en' });
  const [, first = '', second, third] = table.split('\n');
  expect(first).toBe(`${'王'.repeat(12)}…${'x'.repeat(14)}-end.yaml  ${'小'.repeat(11)}…     1/4  ~`);
  expect(second).toBe(`b.yaml${' '.repeat(44)}bob${' '.repeat(25)}1/4  ~`);
  expect(third).toMatch(/ y{199}…$/);
  expect(table).toContain(`  ${'z'.repeat(24)}…${'z'.repeat(23)}  why\n`);
  const csv = gradesCsv(graded, 'en');
  expect(csv).toContain(`\r\n${file},${'小'.repeat(100)},`);
  expect(csv).toContain('y'.repeat(5000));
});

describe('the CSV', () => {
  const question = { kind: 'number', ask: { en: '?', zh: '？' }, of: 2, right: false, objections: [] } as const;
  const run = (ack: number, flag: number) => ({
    ...{ id: 'sample', title: { en: 'Sample', zh: '示例' }, cases: [], points: ack + flag, of: 4, ok: false },
    questions: [
      { ...question, id: 'ack', points: ack },
      { ...question, id: 'flag', points: flag },
    ],
    durationMs: 1,
  });

  test('a head, and a row for each file: points of each question, none where it was not graded', () => {
    const grades: readonly Grade[] = [
      broken('a.yaml', 'line one\nline two, with a comma'),
      { file: 'b.yaml', student: 'bob', points: 2.5, of: 4, graded: true, run: run(2, 0.5) },
      { file: 'c.yaml', points: 0, of: 4, graded: true, run: run(0, 0), note: { en: 'look', zh: '看看' } },
    ];
    const passedOver = [{ file: 'd.txt', why: { en: 'no YAML file', zh: '不是 YAML 文件' }, clutter: true }];
    expect(gradesCsv({ grades, passedOver }, 'en').split('\r\n')).toEqual([
      'file,student,points,of,ack,flag,note',
      'a.yaml,,,4,,,"line one; line two, with a comma"',
      'b.yaml,bob,2.5,4,2,0.5,',
      'c.yaml,,0,4,0,0,look',
      'd.txt,,,,,,Passed over: no YAML file',
      '',
    ]);
  });

  test('of nothing that was graded: no question has a column', () => {
    const csv = gradesCsv({ grades: [broken('a.yaml', 'broken')], passedOver: [] }, 'zh');
    expect(csv).toBe('file,student,points,of,note\r\na.yaml,,,4,broken\r\n');
  });

  test('the table has the same questions: right, in part, wrong, and none of what was not graded', () => {
    const whole = run(2, 0);
    const questions = whole.questions.map((one) => ({ ...one, right: one.points === 2 }));
    const grades: readonly Grade[] = [
      broken('a.yaml', 'broken'),
      { file: 'b.yaml', points: 2, of: 4, graded: true, run: { ...whole, questions } },
      { file: 'c.yaml', points: 1, of: 4, graded: true, run: run(0, 1) },
    ];
    const lines = gradesText({ grades, passedOver: [] }, { ...view, language: 'en' }).split('\n');
    expect(lines.slice(1, 4).map((line) => line.trim().split(/ +/))).toEqual([
      ['a.yaml', '-', '-', '-', 'broken'],
      ['b.yaml', '2/4', '✓', '✗'],
      ['c.yaml', '1/4', '✗', '~'],
    ]);
    expect(lines).toContain('2 graded, 1 that could not be; 1.5 of 4 points on average');
  });

  test('of nobody the mean is 0', () => {
    const table = gradesText({ grades: [], passedOver: [] }, { ...view, language: 'zh' });
    expect(table).toContain('0 份已评分，0 份无法评分；平均 0.0 分，满分 0 分');
  });
});
