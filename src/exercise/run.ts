/** Runs an exercise with a student's answers, or one without questions, against real kernels, and gives the points. */
import { about, RawshakeError, type Text } from '../error.js';
import type { CaseRun, ExerciseRun } from '../evidence/exercise.js';
import { onBench, onRelayBench, type Bench } from '../lab/bench/bench.js';
import { TooManyFrames } from '../linux/capture/too-many-frames.js';
import { monotonicNow } from '../linux/libc/clock.js';
import { type KernelTrace, openKernelTrace } from '../linux/trace/kernel-trace.js';
import { unknownAnswers } from './answer.js';
import { type Case, casesFor, textFor } from './cases.js';
import { judgeQuestion, type PlayedCase } from './judge.js';
import { isRelayed } from './host-check.js';
import { Room } from './kept.js';
import { Play } from './play.js';
import { ofExercise } from './problem.js';
import { programHosts, requireConsent } from './program-hosts.js';
import type { Answers } from './answers.js';
import type { Exercise } from './schema.js';
import { rawHosts, setUp } from './set-up.js';
import type { Step } from './step-schema.js';
import { playSteps } from './steps/index.js';

export interface RunExerciseOptions {
  readonly answers?: Answers;
  readonly signal?: AbortSignal;
  /** Whether programs may be run that its steps name: without privileges, but the code is its author's, or its students'. Default: no. */
  readonly programs?: boolean;
}

const NO_ANSWERS: Answers = { answers: {} };

/**
 * Each case in a lab of its own; everything is taken down again when the promise settles.
 * @throws {RawshakeError} where a privilege or tool is missing, on abort; RS_USAGE where it runs programs and may not, or one is not
 * there; RS_SCRIPT where it does more than is kept
 */
export async function runExercise(
  exercise: Exercise,
  { answers = NO_ANSWERS, signal, programs = false }: RunExerciseOptions = {},
): Promise<ExerciseRun> {
  requireConsent(exercise, programs);
  const startedAt = monotonicNow();
  const trace = usesEvents(exercise.steps) ? openKernelTrace() : undefined;
  const played: PlayedCase[] = [];
  const room = new Room();
  try {
    for (const one of casesFor(exercise, answers.student))
      played.push(await playCase(exercise, one, answers, { trace, signal, room }));
  } finally {
    trace?.close();
  }
  const say = (text: Text): Text => room.prose(textFor(exercise, answers.student, text));
  const questions = exercise.questions.map((question) => judgeQuestion(question, answers, played, say));
  const cases = played.map(({ run }) => run);
  const unknown = unknownAnswers(answers, exercise.questions);
  const ownChecks = cases.flatMap(({ checks }) => checks.filter(({ question }) => question === undefined));
  return {
    id: exercise.id,
    title: exercise.title,
    ...(answers.student !== undefined && { student: answers.student }),
    cases,
    questions,
    ...(unknown.length > 0 && { unknownAnswers: unknown }),
    points: sum(questions.map(({ points }) => points)),
    of: sum(questions.map(({ of }) => of)),
    ok: questions.every(({ right }) => right) && ownChecks.every(({ ok }) => ok),
    durationMs: monotonicNow() - startedAt,
  };
}

interface Means {
  readonly trace: KernelTrace | undefined;
  readonly signal: AbortSignal | undefined;
  /** Of all cases together. */
  readonly room: Room;
}

async function playCase(
  exercise: Exercise,
  one: Case,
  answers: Answers,
  { trace, signal, room }: Means,
): Promise<PlayedCase> {
  const startedAt = monotonicNow();
  const { family, name, addresses } = one;
  const programs = programHosts(exercise.steps);
  const options = {
    ...{ family, addresses },
    ...(programs.length > 0 && { programs }),
    ...(trace !== undefined && { trace }),
    ...(signal !== undefined && { signal }),
  };
  const play = async (bench: Bench): Promise<PlayedCase> => {
    const playing = new Play(bench, exercise, one, answers, room);
    ofExercise(name, () => {
      setUp(playing);
      // They are there before anything can arrive.
      for (const host of rawHosts(exercise)) playing.hand(host, playing.ends({}));
    });
    await playSteps(playing, exercise.steps);
    await playing.foreign.end();
    const { missing } = bench.evidence();
    const { ran } = playing.foreign;
    const run: CaseRun = {
      ...{ name, family, checks: playing.checks.all, missing },
      ...(ran.length > 0 && { programs: ran }),
      durationMs: monotonicNow() - startedAt,
    };
    const names = exercise.questions.flatMap((question) => (question.kind === 'prediction' ? [question.is] : []));
    return { run, observations: Object.fromEntries(names.map((known) => [known, playing.values.get(known)])) };
  };
  try {
    return await (isRelayed(exercise) ? onRelayBench(options, play) : onBench(options, play));
  } catch (error) {
    if (!(error instanceof TooManyFrames)) throw error;
    throw new RawshakeError('RS_SCRIPT', about(name, error.messages), { hint: error.hints, cause: error });
  }
}

const usesEvents = (steps: readonly Step[]): boolean =>
  steps.some(
    ({ event, finding, repeat }) =>
      (event ?? finding) !== undefined || (repeat !== undefined && usesEvents(repeat.steps)),
  );

const sum = (numbers: readonly number[]): number => Math.round(numbers.reduce((total, n) => total + n, 0) * 100) / 100;
