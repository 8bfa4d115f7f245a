/** The process in which one submission is graded, from outside: started, told what, waited for, and ended where it takes too long. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Text } from '../error.js';
import type { ExerciseRun } from '../evidence/exercise.js';
import { NO_DEBUGGER } from '../linux/libc/no-debugger.js';
import type { Place } from './below.js';

/** What it is told. */
export interface ChildTask {
  /** Its text, the same for all, and the name of its file for messages. */
  readonly exercise: { readonly text: string; readonly file: string };
  readonly answers: Place;
  /** Whether programs may be run. */
  readonly programs: boolean;
}

/** What it says. */
export type ChildWord = { readonly run: ExerciseRun } | { readonly error: Text };

/** What came of it; `notStarted`: the errno, where the system had no process for it. */
export type Answer = ChildWord | { readonly notStarted: string };

export interface ProcessOptions {
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

const HEAP_MEGABYTES = 192;
const CHILD = fileURLToPath(new URL('./grade-child.js', import.meta.url));

export function gradeInProcess(task: ChildTask, { limitMs, signal }: ProcessOptions): Promise<Answer> {
  const child = start();
  if (typeof child === 'string') return Promise.resolve({ notStarted: child });
  return new Promise((resolve) => {
    let word: ChildWord | undefined;
    let late = false;
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, limitMs);
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      resolve(answer);
    };
    signal?.addEventListener('abort', kill);
    if (signal?.aborted === true) kill();
    child.once('message', (message) => (word = message as ChildWord));
    child.on('error', (error) => {
      if (child.pid === undefined) settle({ notStarted: codeOf(error) });
    });
    child.once('close', (status, endedBy) => {
      settle(word ?? { error: late ? tooLong(limitMs) : ended(status, endedBy) });
    });
    // Where it did not start, it says so a moment later.
    if (child.connected) child.send(task, () => undefined);
  });
}

/** The process, or the errno for which there is none. */
function start(): ChildProcess | string {
  try {
    return fork(CHILD, [], {
      execArgv: [NO_DEBUGGER, `--max-old-space-size=${String(HEAP_MEGABYTES)}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
  } catch (error) {
    return codeOf(error);
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

const tooLong = (limitMs: number): Text => ({
  en: `not done after ${String(limitMs / 1000)} s`,
  zh: `${String(limitMs / 1000)} 秒后仍未完成`,
});

function ended(status: number | null, signal: NodeJS.Signals | null): Text {
  // V8 aborts where the heap is full; the kernel kills where the memory is.
  if (signal === 'SIGABRT') return { en: 'its process ran out of memory', zh: '其进程耗尽了内存' };
  if (signal !== null) return { en: `its process was ended by ${signal}`, zh: `其进程被 ${signal} 终止` };
  return {
    en: `its process ended without a word (status ${String(status)})`,
    zh: `其进程没有给出结果就结束了（状态 ${String(status)}）`,
  };
}
