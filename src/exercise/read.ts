/** Reads an exercise. */
import type { RawshakeError } from '../error.js';
import { checkNames } from './names.js';
import { type Problem, scriptError } from './problem.js';
import { type Exercise, exerciseSchema } from './schema.js';
import { readText } from './read-text.js';
import { YamlDocument } from './yaml-document.js';

const LARGEST_EXERCISE_BYTES = 1 << 20;

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

const scriptWrong = (file: string, problems: readonly Problem[]): RawshakeError =>
  scriptError(file, problems, {
    en: 'The format is described in docs/teaching.md; exercises/exercise.schema.json lets an editor check it.',
    zh: '格式说明见 docs/teaching.zh-CN.md；编辑器可用 exercises/exercise.schema.json 检查。',
  });
