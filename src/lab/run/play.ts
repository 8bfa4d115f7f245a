/** A program from its start to its end, whichever comes first of what can end it. */
import { monotonicNow } from '../../linux/libc/clock.js';
import type { EnclosedProgram, Enclosure } from '../../linux/namespace/enclosure.js';
import type { ProgramEnd } from '../../evidence/program-run.js';
import type { Bench } from '../bench/bench.js';
import { interrupted } from '../until.js';
import { outputsOf, type RunOptions } from './options.js';

const DEFAULT_TIMEOUT_MS = 60_000;
/** How long it may take to end once it was told to. */
const GRACE_MS = 500;

interface PlayOptions extends Pick<
  RunOptions,
  'timeoutMs' | 'output' | 'input' | 'environment' | 'directory' | 'signal'
> {
  /** What is asked of a server; when that is over, so is its run. */
  readonly visit?: (isOver: () => boolean) => Promise<void>;
}

/** The program, as it was known to the kernel, and how it ended. */
export interface Played {
  readonly pid: number;
  readonly end: ProgramEnd;
}

/** @throws {RawshakeError} RS_INTERRUPTED on abort; where it could not be started */
export async function playProgram(
  bench: Bench,
  enclosure: Enclosure,
  argv: [string, ...string[]],
  options: PlayOptions,
): Promise<Played> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
  bench.begin();
  const startedAt = monotonicNow();
  const program = await enclosure.start(argv, {
    stdio: [options.input ?? 'inherit', ...outputsOf(options.output)],
    ...(options.environment !== undefined && { env: options.environment }),
    ...(options.directory !== undefined && { cwd: options.directory }),
  });
  bench.countIn(program.pid);
  let isOver = false;
  const ended = program.ended.finally(() => (isOver = true)).then(() => undefined);
  const visited = options.visit?.(() => isOver).then(() => 'done' as const);
  const timer = new Deadline(timeoutMs, signal);
  try {
    const endedFor = await Promise.race([ended, timer.over, ...(visited === undefined ? [] : [visited])]);
    if (endedFor !== undefined) await endBy(program, timer);
    const how = await program.ended;
    const end = { argv, ...how, durationMs: monotonicNow() - startedAt };
    return { pid: program.pid, end: endedFor === undefined ? end : { ...end, endedFor } };
  } finally {
    timer.clear();
  }
}

/** As a terminal's user would, and then for good. */
async function endBy(program: EnclosedProgram, { interruption }: Deadline): Promise<void> {
  program.signal('SIGTERM');
  const grace = new Deadline(GRACE_MS, undefined);
  try {
    await Promise.race([program.ended, grace.over, interruption]);
  } finally {
    grace.clear();
  }
  program.signal('SIGKILL');
}

/** Time that runs out, or is cut short. */
class Deadline {
  readonly over: Promise<'time-out'>;
  /** Never resolves; rejects on abort. */
  readonly interruption: Promise<never>;
  #clear: () => void = () => undefined;

  constructor(ms: number, signal: AbortSignal | undefined) {
    let abort: (() => void) | undefined;
    this.interruption = new Promise((_, reject) => {
      abort = () => reject(interrupted());
      if (signal?.aborted === true) abort();
      else signal?.addEventListener('abort', abort);
    });
    this.interruption.catch(() => undefined); // it is awaited where it matters
    const time = new Promise<'time-out'>((resolve) => {
      const timer = setTimeout(() => resolve('time-out'), ms);
      this.#clear = () => {
        clearTimeout(timer);
        if (abort !== undefined) signal?.removeEventListener('abort', abort);
      };
    });
    this.over = Promise.race([time, this.interruption]);
    this.over.catch(() => undefined);
  }

  clear(): void {
    this.#clear();
  }
}
