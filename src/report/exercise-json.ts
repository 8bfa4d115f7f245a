/** Exercises and grades as the JSON of the command line. */
import type { Language } from '../error.js';
import {
  type ExerciseRun,
  type GradedFolder,
  type Handout,
  isWhole,
  type Objection,
  type RanProgram,
} from '../evidence/exercise.js';

export interface ExerciseContext {
  readonly kernel: string;
  readonly rootless: boolean;
}

export const handoutJson = ({ id, title, text, student, questions }: Handout, language: Language) => ({
  command: 'lab exercise',
  version: 1,
  id,
  title: title[language],
  text: text[language],
  student: student ?? null,
  questions: questions.map(({ ask, options, ...question }) => ({
    ...question,
    ask: ask[language],
    ...(options !== undefined && {
      options: Object.fromEntries(Object.entries(options).map(([name, words]) => [name, words[language]])),
    }),
  })),
});

export const exerciseJson = (run: ExerciseRun, { kernel, rootless }: ExerciseContext, language: Language) => ({
  command: 'lab exercise',
  version: 1,
  kernel,
  rootless,
  ...runJson(run, language),
});

export const gradesJson = (graded: GradedFolder, { kernel, rootless }: ExerciseContext, language: Language) => ({
  command: 'lab grade',
  version: 1,
  kernel,
  rootless,
  ok: isWhole(graded),
  submissions: graded.grades.map(({ file, student, points, of, graded: isGraded, note, run }) => ({
    file,
    student: student ?? null,
    graded: isGraded,
    points,
    of,
    note: note?.[language] ?? null,
    questions: run === undefined ? [] : runJson(run, language).questions,
    unknownAnswers: run?.unknownAnswers ?? [],
  })),
  passedOver: graded.passedOver.map(({ file, why, clutter }) => ({ file, why: why[language], clutter })),
});

function runJson(run: ExerciseRun, language: Language) {
  const { id, title, student, ok, points, of, questions, unknownAnswers = [], cases, durationMs } = run;
  return {
    id,
    title: title[language],
    student: student ?? null,
    ok,
    points,
    of,
    questions: questions.map(({ ask, hint, answer, objections, ...question }) => ({
      ...question,
      ask: ask[language],
      answer: answer ?? null,
      objections: objections.map((objection) => objectionJson(objection, language)),
      hint: hint?.[language] ?? null,
    })),
    unknownAnswers,
    cases: cases.map(({ name, family, checks, programs, missing, durationMs: tookMs }) => ({
      name,
      family,
      checks: checks.map(({ what, label, question, ...check }) => ({
        ...check,
        ...(label !== undefined && { label: label[language] }),
        what: what[language],
        question: question ?? null,
      })),
      ...(programs !== undefined && { programs: programs.map(programJson) }),
      missing: missing.map((text) => text[language]),
      durationMs: Math.round(tookMs * 1000) / 1000,
    })),
    durationMs: Math.round(durationMs * 1000) / 1000,
  };
}

const programJson = ({ durationMs, ...program }: RanProgram) => ({
  ...program,
  durationMs: Math.round(durationMs * 1000) / 1000,
});

const objectionJson = ({ what, label, caseName, ...rest }: Objection, language: Language) => ({
  case: caseName ?? null,
  ...(label !== undefined && { label: label[language] }),
  what: what[language],
  ...rest,
});
