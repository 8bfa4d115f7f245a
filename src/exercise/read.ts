/** Reads what people wrote: an exercise, or a student's answers. */
import { z } from 'zod';
import { RawshakeError } from '../error.js';
import { isBlank } from '../printable.js';
import { checkNames } from './names.js';
import { type Problem, scriptError } from './problem.js';
import { type Exercise, exerciseSchema } from './schema.js';
import { mapping, words } from './schema-parts.js';
import { readTextFile } from '../linux/text-file.js';
import { YamlDocument } from './yaml-document.js';

const LARGEST_EXERCISE_BYTES = 1 << 20;
export const LARGEST_ANSWERS_BYTES = 64 << 10;

/** What a student hands in: data, of which nothing is executed. */
export interface Answers {
  readonly student?: string | undefined;
  /** As they were written, whatever they are; each question says what it can use. */
  readonly answers: Readonly<Record<string, unknown>>;
}

/** What is half a character, or was no UTF-8, is hashed as U+FFFD, so that such names share all numbers; a control hides. */
const UNFIT_IN_A_NAME = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufffd]/u;
const LONGEST_STUDENT = 100;

/** Whether it is a student's name, and not blank, which names nobody. */
export const isStudentName = (name: string): boolean =>
  name.length <= LONGEST_STUDENT && !isBlank(name) && !UNFIT_IN_A_NAME.test(name);

/** An empty or blank name names nobody. */
const studentSchema = z
  .union([words().max(LONGEST_STUDENT), z.number(), z.null()], {
    error: `expected a name of at most ${String(LONGEST_STUDENT)} characters`,
  })
  .transform((name) => (name === null || isBlank(String(name)) ? undefined : String(name)))
  .refine((name) => name === undefined || isStudentName(name), {
    error: 'expected a name without control characters or halves of characters',
  })
  .optional();

const answersSchema = mapping('answers', {
  student: studentSchema,
  answers: z.record(z.string(), z.unknown(), { error: 'expected answers: the id of a question and an answer each' }),
});

/**
 * An exercise from a file.
 * @throws {RawshakeError} RS_SCRIPT with line and column of each problem; RS_FILE where it cannot be read
 */
export const readExercise = (path: string): Exercise => parseExercise(readExerciseText(path), path);

/** The text of an exercise, for whoever needs the same again later: the file may be another one by then. Throws RS_FILE. */
export const readExerciseText = (path: string): string => readText(path, LARGEST_EXERCISE_BYTES);

/** An exercise from its text; `file` is its name in errors. Throws RS_SCRIPT as `readExercise` does. */
export function parseExercise(text: string, file = 'exercise.yaml'): Exercise {
  const document = new YamlDocument(text);
  const exercise = document.check(exerciseSchema);
  if (!exercise.ok) throw scriptWrong(file, exercise.error);
  const problems = checkNames(exercise.value, document);
  if (problems.length > 0) throw scriptWrong(file, problems);
  return exercise.value;
}

/**
 * Answers from a file.
 * @throws {RawshakeError} RS_SCRIPT; RS_FILE where it cannot be read or is larger than 64 KiB
 */
export const readAnswers = (path: string): Answers => parseAnswers(readText(path, LARGEST_ANSWERS_BYTES), path);

/** Answers from their text; `file` is its name in errors. Throws RS_SCRIPT as `readAnswers` does. */
export function parseAnswers(text: string, file = 'answers.yaml'): Answers {
  const answers = new YamlDocument(text).check(answersSchema);
  if (answers.ok) return answers.value;
  throw scriptError(file, answers.error, {
    en: 'Start from the skeleton that `rawshake lab exercise FILE.yaml` prints.',
    zh: '请从 `rawshake lab exercise FILE.yaml` 打印的模板开始填写。',
  });
}

const scriptWrong = (file: string, problems: readonly Problem[]): RawshakeError =>
  scriptError(file, problems, {
    en: 'The format is described in docs/teaching.md; exercises/exercise.schema.json lets an editor check it.',
    zh: '格式说明见 docs/teaching.zh-CN.md；编辑器可用 exercises/exercise.schema.json 检查。',
  });

function readText(path: string, mostBytes: number): string {
  const text = readTextFile(path, { mostBytes });
  if (text.ok) return text.value;
  throw new RawshakeError('RS_FILE', `${path}: ${text.error.en}`, {
    hint: { en: 'Name a YAML file that exists and may be read.', zh: '请指定一个存在且可读的 YAML 文件。' },
  });
}
