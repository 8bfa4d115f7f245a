/** Reads what a student has written: answers. */
import { z } from 'zod';
import { isBlank } from '../printable.js';
import { expectedBy } from './expected.js';
import { scriptError } from './problem.js';
import { readText } from './read-text.js';
import { mapping, words } from './schema-parts.js';
import { YamlDocument } from './yaml-document.js';

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
    error: expectedBy(
      `a name of at most ${String(LONGEST_STUDENT)} characters`,
      `不超过 ${String(LONGEST_STUDENT)} 个字符的名字`,
    ),
  })
  .transform((name) => (name === null || isBlank(String(name)) ? undefined : String(name)))
  .refine((name) => name === undefined || isStudentName(name), {
    error: expectedBy('a name without control characters or halves of characters', '不含控制字符和半个字符的名字'),
  })
  .optional();

const answersSchema = mapping(
  { en: 'answers', zh: '答案' },
  {
    student: studentSchema,
    answers: z.record(z.string(), z.unknown(), {
      error: expectedBy('answers: the id of a question and an answer each', 'answers：每项是问题的 id 和一个答案'),
    }),
  },
);

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
