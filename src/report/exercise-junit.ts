/** Exercises as JUnit XML, for what shows test results: a suite for each submission, a case for each question. */
import type { Language } from '../error.js';
import {
  type Check,
  type ExerciseRun,
  type GradedFolder,
  isOwnCheck,
  type PassedOver,
  type QuestionResult,
} from '../evidence/exercise.js';
import { printableData } from '../printable.js';
import { PROSE } from './exercise-text.js';
import { checkName, objectionLine, WORDS } from './exercise-words.js';
import { say } from './words.js';
import { element } from './xml.js';

export function exerciseJunit(graded: ExerciseRun, language: Language): string {
  const run = printableData(graded, PROSE);
  return document([suite(run.student ?? run.id, run, language)], [run], { errors: 0, skipped: 0 });
}

/** What could not be graded is an error; what was passed over is skipped. */
export function gradesJunit(graded: GradedFolder, language: Language): string {
  const { grades, passedOver } = printableData(graded, [...PROSE, 'note']);
  const suites = grades.map(({ file, run, note }) => {
    if (run !== undefined) return suite(file, run, language);
    const message = note?.[language] ?? '';
    return element('testsuite', { name: file, tests: 1, failures: 0, errors: 1, skipped: 0, time: seconds(0) }, [
      element('testcase', { name: 'submission', classname: file }, [element('error', { message })]),
    ]);
  });
  const runs = grades.flatMap(({ run }) => (run === undefined ? [] : [run]));
  const others = passedOver.length === 0 ? [] : [skippedSuite(passedOver, language)];
  return document([...suites, ...others], runs, { errors: grades.length - runs.length, skipped: passedOver.length });
}

function skippedSuite(passedOver: readonly PassedOver[], language: Language): string[] {
  const name = say(WORDS.passedOver, language);
  const counts = { tests: passedOver.length, failures: 0, errors: 0, skipped: passedOver.length };
  const cases = passedOver.map(({ file, why }) =>
    element('testcase', { name: file, classname: name }, [element('skipped', { message: say(why, language) })]),
  );
  return element('testsuite', { name, ...counts, time: seconds(0) }, cases);
}

interface NotRun {
  readonly errors: number;
  readonly skipped: number;
}

function document(
  suites: readonly (readonly string[])[],
  runs: readonly ExerciseRun[],
  { errors, skipped }: NotRun,
): string {
  const counts = runs.map(countsOf);
  const attributes = {
    name: 'rawshake exercises',
    tests: sum(counts.map(({ tests }) => tests)) + errors + skipped,
    failures: sum(counts.map(({ failures }) => failures)),
    errors,
    skipped,
    time: seconds(sum(runs.map(({ durationMs }) => durationMs))),
  };
  return ['<?xml version="1.0" encoding="UTF-8"?>', ...element('testsuites', attributes, suites), ''].join('\n');
}

const ownChecks = ({ cases }: ExerciseRun): readonly Check[] =>
  cases.flatMap(({ checks }) => checks.filter(isOwnCheck));

const countsOf = (run: ExerciseRun) => ({
  tests: run.questions.length + ownChecks(run).length,
  failures: [...run.questions.map(({ right }) => right), ...ownChecks(run).map(({ ok }) => ok)].filter((ok) => !ok)
    .length,
});

function suite(name: string, run: ExerciseRun, language: Language): string[] {
  const properties = {
    exercise: run.id,
    student: run.student ?? '',
    points: `${String(run.points)}/${String(run.of)}`,
    ...(run.unknownAnswers !== undefined && { unknownAnswers: run.unknownAnswers.join(', ') }),
  };
  return element('testsuite', { name, ...countsOf(run), errors: 0, skipped: 0, time: seconds(run.durationMs) }, [
    element(
      'properties',
      {},
      Object.entries(properties).map(([key, value]) => element('property', { name: key, value })),
    ),
    ...run.questions.map((question) => questionCase(question, run.id, language)),
    ...run.cases.flatMap(({ name: caseName, checks }) =>
      checks.filter(isOwnCheck).map((check) => checkCase(check, `${run.id}.${caseName}`, language)),
    ),
  ]);
}

function questionCase(result: QuestionResult, classname: string, language: Language): string[] {
  const name = `${result.id} (${String(result.points)}/${String(result.of)})`;
  if (result.right) return element('testcase', { name, classname });
  const why = result.objections.map((objection) => objectionLine(objection, language)).join('\n');
  const hint = result.hint === undefined ? '' : `\n${say(result.hint, language)}`;
  return element('testcase', { name, classname }, [
    element('failure', { message: `${why}${hint}`, type: 'not-right' }),
  ]);
}

function checkCase(check: Check, classname: string, language: Language): string[] {
  const name = `${check.step}: ${checkName(check, language)}`;
  if (check.ok) return element('testcase', { name, classname });
  const message = objectionLine(check, language);
  return element('testcase', { name, classname }, [element('failure', { message, type: 'not-as-expected' })]);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
