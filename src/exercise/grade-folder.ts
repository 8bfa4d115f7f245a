/** Grades a folder of submissions, each in a process of its own with limited time and memory: none can stop the others. */
import { availableParallelism } from 'node:os';
import { about, RawshakeError, type Text } from '../error.js';
import { type Check, type Grade, type GradedFolder, ownFailure } from '../evidence/exercise.js';
import { interrupted } from '../lab/until.js';
import { printable } from '../printable.js';
import { type Answer, gradeInProcess } from './grade-process.js';
import { requireConsent } from './program-hosts.js';
import { parseExercise, readExerciseText } from './read.js';
import { type Submission, type Submissions, submissionsIn } from './submissions.js';
import { unreadable } from '../linux/file/text-file.js';

export interface GradeOptions {
  /** Of each submission. Default: 20 s. */
  readonly limitMs?: number;
  /** How many at once. Default: as many as there are processors, at most 4. */
  readonly atOnce?: number;
  readonly signal?: AbortSignal;
  /** Whether programs may be run, as `RunExerciseOptions.programs`. Default: no. */
  readonly programs?: boolean;
  /** Told of each submission as it is done, in no order. */
  readonly onGrade?: (grade: Grade, done: number, total: number) => void;
}

const LIMIT_MS = 20_000;
const MOST_AT_ONCE = 4;

/**
 * Every YAML file of the folder and of the students' folders in it, in the order of their names; whatever else is there is
 * passed over, and named.
 * @throws {RawshakeError} RS_SCRIPT where the exercise is not right; RS_USAGE where it runs programs, and may not; RS_FILE where the folder cannot be read, or nothing in it
 * could be graded
 */
export async function gradeFolder(folder: string, exercise: string, options: GradeOptions = {}): Promise<GradedFolder> {
  const {
    atOnce = Math.min(availableParallelism(), MOST_AT_ONCE),
    signal,
    onGrade,
    limitMs = LIMIT_MS,
    programs = false,
  } = options;
  // Once, for all: saved anew meanwhile, it would grade the later ones by other questions.
  const script = { text: readExerciseText(exercise), file: exercise };
  const parsed = parseExercise(script.text, script.file);
  requireConsent(parsed, programs);
  const of = parsed.questions.reduce((sum, { points }) => sum + points, 0);
  const { files, ungradable, passedOver } = await read(folder, signal);
  const ungraded = (file: string, note: Text): Grade => ({ file, points: 0, of, graded: false, note });
  const grades = ungradable.map(({ name, why }) => ungraded(name, why));
  const siblings = new Map<Grade, number>();
  const waiting = [...files];
  let workers = atOnce;
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined && signal?.aborted !== true; file = waiting.shift()) {
      const answer = await gradeInProcess({ exercise: script, answers: file.place, programs }, { limitMs, signal });
      if ('notStarted' in answer && workers > 1) {
        // With fewer at once there may be a process for each.
        waiting.unshift(file);
        break;
      }
      const grade = gradeOf(file, answer, of);
      grades.push(grade);
      siblings.set(grade, file.siblings);
      onGrade?.(grade, grades.length, files.length + ungradable.length);
    }
    workers--;
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (signal?.aborted === true) throw interrupted();
  grades.sort((a, b) => (a.file < b.file ? -1 : 1));
  return { grades: withRemarks(grades, (grade) => siblings.get(grade) ?? 1), passedOver };
}

async function read(folder: string, signal: AbortSignal | undefined): Promise<Submissions> {
  let found: Submissions;
  try {
    found = await submissionsIn(folder, signal);
  } catch (cause) {
    if (cause instanceof RawshakeError) throw cause;
    throw new RawshakeError('RS_FILE', about(folder, unreadable(cause)), {
      cause,
      hint: { en: 'Name a folder that exists and may be read.', zh: '请指定一个存在且可读的目录。' },
    });
  }
  if (found.files.length + found.ungradable.length > 0) return found;
  throw new RawshakeError('RS_FILE', about(folder, noYaml(found.passedOver.map(({ file }) => file))), {
    hint: {
      en: 'Name the folder with the answers: a file NAME.yaml each, or a folder for each student with such a file in it.',
      zh: '请指定存放答案的目录：每份一个 NAME.yaml 文件，或每名学生一个内含此类文件的子目录。',
    },
  });
}

function noYaml(others: readonly string[]): Text {
  const [en, zh] = ['no YAML file in it', '其中没有 YAML 文件'];
  if (others.length === 0) return { en, zh };
  const named = others.slice(0, 5);
  const [more, moreZh] = others.length > named.length ? [', …', ' 等'] : ['', ''];
  return { en: `${en}, but ${named.join(', ')}${more}`, zh: `${zh}，只有 ${named.join('、')}${moreZh}` };
}

function gradeOf({ name: file }: Submission, answer: Answer, of: number): Grade {
  if ('run' in answer) {
    const { run } = answer;
    const { student, points } = run;
    return { file, points, of, graded: true, run, ...(student !== undefined && { student }) };
  }
  const note = 'error' in answer ? answer.error : notStarted(answer.notStarted);
  return { file, points: 0, of, graded: false, note };
}

/** What a teacher should look at, all of it: numbers that were made for somebody else, or for nobody. */
function withRemarks(grades: readonly Grade[], siblingsOf: (grade: Grade) => number): readonly Grade[] {
  const filesOf = new Map<string, string[]>();
  for (const { student, file } of grades) {
    if (student === undefined) continue;
    const files = filesOf.get(student);
    if (files === undefined) filesOf.set(student, [file]);
    else files.push(file);
  }
  return grades.map((grade) => {
    if (!grade.graded) return grade;
    const { student, file, run } = grade;
    const failed = run === undefined ? undefined : ownFailure(run);
    const files = student === undefined ? [] : (filesOf.get(student) ?? []);
    const remarks = [
      ...(failed === undefined ? [] : [ownFailed(failed)]),
      ...(run?.unknownAnswers === undefined ? [] : [notAsked(run.unknownAnswers)]),
      ...(siblingsOf(grade) > 1 ? [oneOf(siblingsOf(grade))] : []),
      ...(student === undefined ? [NAMELESS] : []),
      ...(files.length > 1 ? [sameStudent(file, files)] : []),
    ];
    return remarks.length === 0 ? grade : { ...grade, note: inOne(remarks) };
  });
}

const inOne = (remarks: readonly Text[]): Text => ({
  en: remarks.map(({ en }) => en).join('; '),
  zh: remarks.map(({ zh }) => zh).join('；'),
});

const ownFailed = ({ step, what, expected, observed }: Check): Text => ({
  en: `the exercise's own check failed: ${step}: ${what.en}: expected ${expected}, and it was ${observed}`,
  zh: `练习自身的核对没有通过：${step}：${what.zh}：预期 ${expected}，实际 ${observed}`,
});

const notStarted = (code: string): Text => ({
  en: `its process could not be started (${code}): see ulimit -u and ulimit -n`,
  zh: `无法启动其进程（${code}）：请检查 ulimit -u 和 ulimit -n`,
});

const notAsked = (ids: readonly string[]): Text => ({
  en: `answers what is not asked: ${ids.map(printable).join(', ')}`,
  zh: `作答了没有提出的问题：${ids.map(printable).join('、')}`,
});

const NAMELESS: Text = { en: 'names no student', zh: '没有写明 student' };
const oneOf = (count: number): Text => ({
  en: `one of ${String(count)} files in this folder`,
  zh: `该目录中共有 ${String(count)} 个文件`,
});

/** A copied name may stand in a thousand files. */
const MOST_NAMED = 10;
function sameStudent(own: string, files: readonly string[]): Text {
  const others: string[] = [];
  for (const file of files) {
    if (others.length > MOST_NAMED) break;
    // A note may have lines of its own; a name in it may not.
    if (file !== own) others.push(printable(file));
  }
  const named = others.slice(0, MOST_NAMED);
  const more = others.length > MOST_NAMED;
  return {
    en: `the same student as in ${named.join(', ')}${more ? ', …' : ''}`,
    zh: `与 ${named.join('、')}${more ? '……' : ''} 是同一名学生`,
  };
}
