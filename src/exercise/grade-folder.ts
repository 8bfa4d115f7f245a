/** Grades a folder of submissions, each in a process of its own with limited time and memory: none can stop the others. */
import { fork } from 'node:child_process';
import { lstatSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RawshakeError, type Text } from '../error.js';
import { type Check, type ExerciseRun, type Grade, ownFailure } from '../evidence/exercise.js';
import { interrupted } from '../lab/until.js';
import { readExercise } from './read.js';

/** What the process of a submission is told. */
export interface ChildTask {
  readonly exercise: string;
  readonly answers: string;
}

/** What it says. */
export type ChildWord = { readonly run: ExerciseRun } | { readonly error: string };

export interface GradeOptions {
  /** Of each submission. Default: 20 s. */
  readonly limitMs?: number;
  /** How many at once. Default: as many as there are processors, at most 4. */
  readonly atOnce?: number;
  readonly signal?: AbortSignal;
  /** Told of each submission as it is done, in no order. */
  readonly onGrade?: (grade: Grade, done: number, total: number) => void;
}

const LIMIT_MS = 20_000;
const MOST_AT_ONCE = 4;
const HEAP_MEGABYTES = 192;
const CHILD = fileURLToPath(new URL('./grade-child.js', import.meta.url));

/**
 * Every YAML file of the folder, in the order of their names.
 * @throws {RawshakeError} RS_SCRIPT where the exercise is not right; RS_FILE where the folder cannot be read, or has no YAML file
 */
export async function gradeFolder(
  folder: string,
  exercise: string,
  options: GradeOptions = {},
): Promise<readonly Grade[]> {
  const { atOnce = Math.min(availableParallelism(), MOST_AT_ONCE), signal, onGrade } = options;
  const of = readExercise(exercise).questions.reduce((sum, { points }) => sum + points, 0);
  const files = submissionsIn(folder);
  const grades = new Map<string, Grade>();
  const waiting = [...files];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const grade = await gradeFile(join(folder, file), { exercise, of, ...options });
      grades.set(file, grade);
      onGrade?.(grade, grades.size, files.length);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (signal?.aborted === true) throw interrupted();
  return withRemarks(files.flatMap((file) => grades.get(file) ?? []));
}

function submissionsIn(folder: string): readonly string[] {
  const files = namesIn(folder).filter((name) => /\.ya?ml$/i.test(name));
  if (files.length > 0) return files.sort();
  throw new RawshakeError('RS_FILE', `${folder}: no YAML file in it`, {
    hint: {
      en: 'Name the folder with the answers, a file NAME.yaml each.',
      zh: '请指定存放答案的目录，每份一个 NAME.yaml 文件。',
    },
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new RawshakeError('RS_FILE', `${folder}: cannot be read (${String((cause as NodeJS.ErrnoException).code)})`, {
      cause,
      hint: { en: 'Name a folder that exists and may be read.', zh: '请指定一个存在且可读的目录。' },
    });
  }
}

interface FileOptions extends GradeOptions {
  readonly exercise: string;
  readonly of: number;
}

async function gradeFile(path: string, { exercise, of, limitMs = LIMIT_MS, signal }: FileOptions): Promise<Grade> {
  const file = basename(path);
  const failed = (note: Text): Grade => ({ file, points: 0, of, graded: false, note });
  // A link could lead to anything on this machine.
  if (!lstatSync(path).isFile()) return failed({ en: 'no file of its own', zh: '不是普通文件' });
  const word = await ask({ exercise, answers: path }, limitMs, signal);
  if ('error' in word) return failed(typeof word.error === 'string' ? withoutPath(word.error, path) : word.error);
  const { run } = word;
  const { student, points } = run;
  return { file, points, of, graded: true, run, ...(student !== undefined && { student }) };
}

/** The file is named beside it. */
function withoutPath(message: string, path: string): Text {
  const text = message.replaceAll(`${path}:`, '').trim();
  return { en: text, zh: text };
}

/** What the process says, or why it says nothing. */
function ask(task: ChildTask, limitMs: number, signal?: AbortSignal): Promise<ChildWord | { readonly error: Text }> {
  return new Promise((resolve) => {
    const child = fork(CHILD, [], {
      execArgv: [`--max-old-space-size=${String(HEAP_MEGABYTES)}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    let word: ChildWord | undefined;
    let late = false;
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, limitMs);
    signal?.addEventListener('abort', kill);
    if (signal?.aborted === true) kill();
    child.once('message', (message) => (word = message as ChildWord));
    child.once('error', () => undefined);
    child.once('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      resolve(word ?? { error: late ? tooLong(limitMs) : ENDED });
    });
    child.send(task, () => undefined);
  });
}

/** What a teacher should look at: numbers that were made for somebody else, or for nobody. */
function withRemarks(grades: readonly Grade[]): readonly Grade[] {
  return grades.map((grade) => {
    if (!grade.graded) return grade;
    const failed = grade.run === undefined ? undefined : ownFailure(grade.run);
    if (failed !== undefined) return { ...grade, note: ownFailed(failed) };
    if (grade.student === undefined) return { ...grade, note: NAMELESS };
    const same = grades.filter(({ student, file }) => student === grade.student && file !== grade.file);
    return same.length === 0 ? grade : { ...grade, note: sameStudent(same.map(({ file }) => file)) };
  });
}

const tooLong = (limitMs: number): Text => ({
  en: `not done after ${String(limitMs / 1000)} s`,
  zh: `${String(limitMs / 1000)} 秒后仍未完成`,
});

const ownFailed = ({ step, what, expected, observed }: Check): Text => ({
  en: `the exercise's own check failed: ${step}: ${what.en}: expected ${expected}, and it was ${observed}`,
  zh: `练习自身的核对没有通过：${step}：${what.zh}：预期 ${expected}，实际 ${observed}`,
});

const ENDED: Text = { en: 'its process ended without a word', zh: '其进程没有给出结果就结束了' };
const NAMELESS: Text = { en: 'names no student', zh: '没有写明 student' };
const sameStudent = (files: readonly string[]): Text => ({
  en: `the same student as in ${files.join(', ')}`,
  zh: `与 ${files.join('、')} 是同一名学生`,
});
