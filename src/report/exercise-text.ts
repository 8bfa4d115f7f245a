/** An exercise on the terminal: what a student gets to read, and what came of the answers. */
import type { Language, Text } from '../error.js';
import type { AskedQuestion, ExerciseRun, Handout, Objection, QuestionResult } from '../evidence/exercise.js';
import { shellLine } from '../filter/shell.js';
import { jsonText, printableData } from '../printable.js';
import { colours } from './colours.js';
import { programLines } from './exercise-programs.js';
import { padStartTo, padTo, widest } from './columns.js';
import { wrapText } from './wrap.js';
import { checkName, FORMULA, KINDS, objectionLine, pointsWords, WORDS } from './exercise-words.js';
import type { View } from './view.js';
import { say } from './words.js';

/** What an exercise's author writes in paragraphs. */
export const PROSE = ['text', 'ask', 'options', 'hint'];

/** What a program has written in lines. */
const OUTPUT = ['output'];

/** What there is to read and to answer. */
export function taskLines(handout: Handout, view: View): readonly string[] {
  const { title, text, questions } = printableData(handout, PROSE);
  const { language, columns } = view;
  const asked = questions.flatMap((question) => questionLines(question, view));
  return [
    colours.bold(say(title, language)),
    '',
    ...say(text, language)
      .trimEnd()
      .split('\n')
      .flatMap((line) => wrapText(line, columns, '')),
    '',
    ...(asked.length > 0 ? [colours.bold(say(WORDS.questions, language)), ...asked, ''] : []),
  ];
}

/** `file`: how the exercise was named on the command line. */
export function handoutText(handout: Handout, file: string, view: View): string {
  const { language } = view;
  const task = taskLines(handout, view);
  const mayRun = handout.questions.some(({ kind }) => kind === 'program') ? ['--run-programs'] : [];
  if (handout.questions.length === 0) return task.join('\n');
  return [
    ...task,
    ...(handout.student === undefined ? [say(WORDS.nobodys, language), ''] : []),
    say(WORDS.answersFile, language),
    '',
    ...skeleton(handout, view).map((line) => `  ${line}`),
    '',
    say(WORDS.thenRun, language),
    '',
    `  ${shellLine(['rawshake', 'lab', 'exercise', file, '--answers', 'answers.yaml', ...mayRun])}`,
    '',
  ].join('\n');
}

function questionLines({ id, kind, ask, points, options = {}, formula }: AskedQuestion, { language, columns }: View) {
  const width = widest(Object.keys(options));
  const form = formula ? FORMULA : KINDS[kind];
  const head = `${colours.bold(id)} (${pointsWords(points)[language]}; ${say(form, language)}): ${say(ask, language)}`;
  return [
    ...indented(head, '  ', columns),
    ...Object.entries(options).flatMap(([name, text]) =>
      indented(`${padTo(name, width)}  ${say(text, language)}`, '    ', columns),
    ),
  ];
}

/** An answers file to be filled in. */
function skeleton(handout: Handout, { language }: View): string[] {
  const { student } = handout; // quoted, so that it is exactly this when it is read
  const { questions } = printableData(handout);
  return [
    `student: ${student === undefined ? `# ${say(WORDS.yourName, language)}` : jsonText(student)}`,
    'answers:',
    ...questions.map((question) => {
      const block = question.kind === 'program' ? ' |' : '';
      return `  ${question.id}:${block} # ${form(question, language)}`;
    }),
  ];
}

/** What an answer is to be. */
function form({ kind, formula, options }: AskedQuestion, language: Language): string {
  if (options === undefined) return say(formula ? FORMULA : KINDS[kind], language);
  const names = Object.keys(options).join(language === 'zh' ? '、' : ', ');
  return `${say(KINDS.choice, language)}${language === 'zh' ? '：' : ': '}${names}`;
}

export function exerciseText(graded: ExerciseRun, view: View): string {
  const run = printableData(graded, [...PROSE, ...OUTPUT]);
  const { language } = view;
  const { title, student, questions, unknownAnswers = [], cases, points, of } = run;
  const who = student === undefined ? '' : `   ${say(WORDS.student, language)} ${student}`;
  const width = widest(questions.map(({ id }) => id));
  const missing = new Map(cases.flatMap((one) => one.missing.map((text) => [text.en, text] as const)));
  return [
    `${colours.bold(say(title, language))}${who}`,
    '',
    ...ownChecks(run, view),
    ...questions.flatMap((question) => resultLines(question, width, view)),
    ...unknownLines(unknownAnswers, view),
    ...programLines(run, view),
    ...[...missing.values()].map((text) => colours.dim(`${say(WORDS.notSeen, language)}: ${say(text, language)}`)),
    ...(questions.length > 0 ? ['', summary(points, of)[language]] : []),
    '',
  ].join('\n');
}

function unknownLines(ids: readonly string[], { language, columns }: View): string[] {
  if (ids.length === 0) return [];
  const [colon, comma] = language === 'zh' ? ['：', '、'] : [': ', ', '];
  return wrapText(`${say(WORDS.notAsked, language)}${colon}${ids.join(comma)}`, columns, '  ');
}

function resultLines(result: QuestionResult, width: number, view: View): string[] {
  const { id, points, of, right, objections, hint } = result;
  const { language, columns, unicode } = view;
  const answer = result.kind === 'program' ? '' : (result.answer ?? ''); // its author knows it
  const mark = right ? colours.green(unicode ? '✓' : '+') : colours.red(unicode ? '✗' : 'x');
  const indent = ' '.repeat(width + 15);
  const score = padStartTo(`${String(points)}/${String(of)}`, 7);
  const lines = objectionLines(objections, language);
  const shown = lines.slice(0, MOST_OBJECTIONS);
  return [
    ...wrapText(`${mark} ${padTo(id, width)} ${score}    ${answer}`, columns, indent),
    ...shown.flatMap((line) => indented(line, indent, columns)),
    ...(lines.length > shown.length ? [`${indent}… ${String(lines.length - shown.length)}`] : []),
    ...(right || hint === undefined
      ? []
      : indented(`${say(WORDS.hint, language)}: ${say(hint, language)}`, indent, columns)),
  ];
}

const MOST_OBJECTIONS = 3;

/** Of several cases with the same objection, the first. */
function objectionLines(objections: readonly Objection[], language: Language): readonly string[] {
  const groups = new Map<string, Objection[]>();
  for (const objection of objections) {
    const key = jsonText({ ...objection, caseName: '' });
    groups.set(key, [...(groups.get(key) ?? []), objection]);
  }
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const also = others.length === 0 ? '' : alsoIn(others.length)[language];
    return [`${objectionLine(first, language)}${also}`];
  });
}

const alsoIn = (count: number): Text => ({
  en: ` (and so in ${String(count)} other case${count === 1 ? '' : 's'})`,
  zh: `（另有 ${String(count)} 个情形也是如此）`,
});

/** Lines that all begin with `indent`. */
const indented = (text: string, indent: string, columns: number): string[] =>
  text
    .split('\n')
    .flatMap((line) => wrapText(line, columns, indent).map((part, i) => (i === 0 ? indent + part : part)));

/** All of them where there is nothing else to tell, else those that are not as expected. */
function ownChecks({ cases, questions }: ExerciseRun, { language, columns, unicode }: View): string[] {
  return cases.flatMap(({ name, checks }) => {
    const own = checks.filter(({ question, ok }) => question === undefined && (questions.length === 0 || !ok));
    if (own.length === 0) return [];
    const lines = own.flatMap((check) => {
      const mark = check.ok ? colours.green(unicode ? '✓' : '+') : colours.red(unicode ? '✗' : 'x');
      const words = check.ok ? `${checkName(check, language)}: ${check.observed}` : objectionLine(check, language);
      return indented(`${mark} ${words}`, '  ', columns);
    });
    return [...wrapText(`${say(WORDS.checks, language)} (${name})`, columns, '  '), ...lines, ''];
  });
}

const summary = (points: number, of: number): Text => ({
  en: `${String(points)} of ${pointsWords(of).en}`,
  zh: `共 ${String(of)} 分，得 ${String(points)} 分`,
});
