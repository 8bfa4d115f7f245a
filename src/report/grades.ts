/** The grades of a folder: as a table on the terminal, and as CSV. RFC 4180. */
import type { Language, Text } from '../error.js';
import type { Grade, GradedFolder } from '../evidence/exercise.js';
import { printable, printableData } from '../printable.js';
import { colours } from './colours.js';
import { largest, padStartTo, padTo, shortened, shortenedWithin, widest } from './columns.js';
import { WORDS } from './exercise-words.js';
import type { View } from './view.js';
import { say } from './words.js';

/** Of what was passed over; the files name all. */
const MOST_NAMED = 50;
/** Widths beyond which a table is none any more; the files and JSON have all of it. */
const MOST = { file: 48, student: 24, question: 12, note: 200 } as const;
const andMore = (count: number): Text => ({ en: `and ${String(count)} more`, zh: `另有 ${String(count)} 个` });

export function gradesText(graded: GradedFolder, { language, unicode }: View): string {
  const { grades, passedOver } = printableData(graded, ['note']);
  const ids = questionsOf(grades);
  const [right, part, wrong] = unicode ? ['✓', '~', '✗'] : ['+', '~', 'x'];
  const mark = unicode ? '…' : '...';
  const rows = grades.map(({ file, student = '', points, of, run, note }) => [
    shortenedWithin(file, MOST.file, mark),
    shortened(student, MOST.student, mark),
    run === undefined ? '-' : `${String(points)}/${String(of)}`,
    ...ids.map((id) => {
      const question = run?.questions.find((known) => known.id === id);
      if (question === undefined) return '-';
      return question.right ? right : question.points > 0 ? part : wrong;
    }),
    // A broken file may have much to say; the first line is what a person needs.
    note === undefined ? '' : shortened(say(note, language).split('\n')[0] ?? '', MOST.note, mark),
  ]);
  const head = [WORDS.file, WORDS.student, WORDS.points].map((text) => say(text, language));
  const asked = ids.map((id) => shortenedWithin(id, MOST.question, mark));
  const table = [[...head, ...asked, say(WORDS.note, language)], ...rows];
  const lines = aligned(table).map((line, i) => (i === 0 ? colours.bold(line) : line));
  const others = passedOver
    .slice(0, MOST_NAMED)
    .map(({ file, why }) => [`  ${shortenedWithin(file, MOST.file, mark)}`, say(why, language)]);
  const more = passedOver.length - others.length;
  const named =
    others.length === 0
      ? []
      : [
          ...['', colours.bold(`${say(WORDS.passedOver, language)}:`), ...inTwo(others)],
          ...(more > 0 ? [`  ${say(andMore(more), language)}`] : []),
        ];
  return [...lines, '', summary(grades, language), ...named, ''].join('\n');
}

function inTwo(rows: readonly (readonly string[])[]): string[] {
  const width = widest(rows.map(([first = '']) => first));
  return rows.map(([first = '', second = '']) => `${padTo(first, width)}  ${second}`);
}

/** Columns of the width of their widest cell; points to the right. */
function aligned(table: readonly (readonly (string | undefined)[])[]): string[] {
  const count = largest(table.map((row) => row.length));
  const widths = Array.from({ length: count - 1 }, (_, i) => widest(table.map((row) => row[i] ?? '')));
  return table.map((row) =>
    row
      .map((cell = '', i) => (i === 2 ? padStartTo(cell, widths[i] ?? 0) : padTo(cell, widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** What was passed over has a row without points. */
export function gradesCsv({ grades, passedOver }: GradedFolder, language: Language): string {
  const ids = questionsOf(grades);
  const rows = grades.map(({ file, student = '', points, of, run, note }) => [
    file,
    student,
    run === undefined ? '' : String(points), // what could not be graded is no 0 in a mean
    String(of),
    ...ids.map((id) => String(run?.questions.find((question) => question.id === id)?.points ?? '')),
    note === undefined ? '' : say(note, language).split(/\r?\n/).join('; '),
  ]);
  const others = passedOver.map(({ file, why }) => [
    ...[file, '', '', '', ...ids.map(() => '')],
    `${say(WORDS.passedOver, language)}: ${say(why, language)}`,
  ]);
  return [['file', 'student', 'points', 'of', ...ids, 'note'], ...rows, ...others]
    .map((row) => `${row.map(csvCell).join(',')}\r\n`)
    .join('');
}

/**
 * What a spreadsheet takes for a formula: a cell that begins so, also behind blanks, and in full width. Where it parts
 * cells at `;`, as it does in half of Europe, a cell also begins there, whatever the quotes are.
 */
const FORMULA = /(^|;)(?=[\s"]*[=+\-@＝＋－＠])/gu;

/** One line, and no formula: an apostrophe before it makes it text. */
function csvCell(text: string): string {
  const safe = printable(text).replace(FORMULA, "$1'");
  return /[",;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const questionsOf = (grades: readonly Grade[]): readonly string[] =>
  grades.find(({ run }) => run !== undefined)?.run?.questions.map(({ id }) => id) ?? [];

function summary(grades: readonly Grade[], language: Language): string {
  const graded = grades.filter((grade) => grade.graded);
  const broken = grades.length - graded.length;
  const mean = graded.reduce((sum, { points }) => sum + points, 0) / Math.max(graded.length, 1);
  const of = graded[0]?.of ?? 0;
  return language === 'zh'
    ? `${String(graded.length)} 份已评分，${String(broken)} 份无法评分；平均 ${mean.toFixed(1)} 分，满分 ${String(of)} 分`
    : `${String(graded.length)} graded, ${String(broken)} that could not be; ${mean.toFixed(1)} of ${String(of)} points on average`;
}
