/** What came of an exercise: of each check, each question, and of a folder of submissions. Plain records, for reports. */
import type { Text } from '../error.js';
import type { ProgramEnd } from './program-run.js';

/** One thing that was held against the kernels. */
export interface Check {
  /** Where it stands in the script: `steps[2]`. */
  readonly step: string;
  /** What its author calls it. */
  readonly label?: Text;
  readonly what: Text;
  readonly expected: string;
  readonly observed: string;
  readonly ok: boolean;
  /** Of one that failed, what the hand-made ends have received meanwhile and no step has asked for: `client: R 1:1(0)`. */
  readonly received?: readonly string[];
  /** Whose points it decides; left out: the exercise's own. */
  readonly question?: string;
}

/** A check of the exercise's own; neither one that decides a question, nor what was merely observed. */
export const isOwnCheck = ({ question, ok, expected }: Check): boolean =>
  question === undefined && !(ok && expected === '');

/** Whose points a step decides, and what says so. */
export interface Decision {
  readonly question: string;
  /** `for`: the step itself; `field`: one of its fields names the answer; `before`: that answer was used last before it. */
  readonly by: 'for' | 'field' | 'before';
}

/** A program that a step has run: how it went, and what it wrote, are for people, and decide nothing. */
export interface RanProgram extends ProgramEnd {
  /** Where it stands in the script: `steps[2].run`. */
  readonly step: string;
  /** The end of it, stdout and stderr as they came. */
  readonly output: string;
}

/** One run of the steps: in one address family, with one variant's values. */
export interface CaseRun {
  /** `IPv4`, `IPv6, flags=S`. */
  readonly name: string;
  readonly family: 4 | 6;
  readonly checks: readonly Check[];
  /** Left out: none. */
  readonly programs?: readonly RanProgram[];
  /** What could not be seen here, and why: its checks are left out. */
  readonly missing: readonly Text[];
  readonly durationMs: number;
}

export type QuestionKind = 'number' | 'packet' | 'rule' | 'program' | 'choice' | 'text' | 'prediction';

/** Why an answer is not right: what the kernel was expected to do, and what it did. */
export interface Objection {
  /** The case in which it came up, where there are several. */
  readonly caseName?: string;
  /** What the author of the exercise calls the step in which it came up. */
  readonly label?: Text;
  readonly what: Text;
  /** Empty where there is nothing to compare. */
  readonly expected: string;
  readonly observed: string;
  readonly received?: readonly string[];
}

/** What a student gets to read: texts with the student's own values. */
export interface Handout {
  readonly id: string;
  readonly title: Text;
  readonly text: Text;
  readonly student?: string;
  readonly questions: readonly AskedQuestion[];
}

export interface AskedQuestion {
  readonly id: string;
  readonly kind: QuestionKind;
  readonly ask: Text;
  readonly points: number;
  /** What there is to choose from. */
  readonly options?: Readonly<Record<string, Text>>;
  /** A number may be written as a formula. */
  readonly formula: boolean;
}

export interface QuestionResult {
  readonly id: string;
  readonly kind: QuestionKind;
  readonly ask: Text;
  /** As it was given; left out: none was. */
  readonly answer?: string;
  readonly points: number;
  readonly of: number;
  readonly right: boolean;
  readonly objections: readonly Objection[];
  readonly hint?: Text;
}

export interface ExerciseRun {
  readonly id: string;
  readonly title: Text;
  readonly student?: string;
  readonly cases: readonly CaseRun[];
  readonly questions: readonly QuestionResult[];
  /** Ids in the answers that no question has: misspelt, or of another exercise. Left out: none. */
  readonly unknownAnswers?: readonly string[];
  readonly points: number;
  readonly of: number;
  /** Every question is right, and every check of the exercise's own as expected. */
  readonly ok: boolean;
  readonly durationMs: number;
}

/** The first check of the exercise's own that failed: what is wrong then is the exercise, or this machine, not an answer. */
export const ownFailure = ({ cases }: ExerciseRun): Check | undefined =>
  cases.flatMap(({ checks }) => checks).find(({ ok, question }) => !ok && question === undefined);

/** What lies in a folder of submissions and is not graded. */
export interface PassedOver {
  /** Its name in the folder. */
  readonly file: string;
  readonly why: Text;
  /** By its name and place nobody's answers; anything else may be somebody's work that nobody has looked at. */
  readonly clutter: boolean;
}

/** What came of a folder of submissions: of each a grade, and all that is none. */
export interface GradedFolder {
  readonly grades: readonly Grade[];
  readonly passedOver: readonly PassedOver[];
}

/** Whether all of it was graded, and the points can be relied on. */
export const isWhole = ({ grades, passedOver }: GradedFolder): boolean =>
  grades.every(isSound) && passedOver.every(({ clutter }) => clutter);

/** Whether its points can be relied on: it was graded, and the exercise went as it should. */
export const isSound = ({ graded, run }: Grade): boolean =>
  graded && (run === undefined || ownFailure(run) === undefined);

/** Of a folder of answers: what came of one file. */
export interface Grade {
  /** Its name in the folder. */
  readonly file: string;
  readonly student?: string;
  readonly points: number;
  readonly of: number;
  /** With the exercise's own checks alone. Left out where it could not be graded. */
  readonly run?: ExerciseRun;
  /** Why it could not be graded, or what a teacher should look at. */
  readonly note?: Text;
  readonly graded: boolean;
}
