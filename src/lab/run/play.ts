/** A program from its start to its end, whichever comes first of what can end it. */
import { monotonicNow } from '../../linux/libc/clock.js';
import type { Enclosure } from '../../linux/namespace/enclosure.js';
import type { ProgramEnd } from '../../evidence/program-run.js';
import type { Bench } from '../bench/bench.js';
import { interrupted } from '../until.js';
import { outputsOf, type RunOptions } from './options.js';

const DEFAULT_TIMEOUT_MS = 60_000;
/** How long it may take to end once it was told to. */
const GRACE_MS = 400;
/** What a server that is slower than its kernel has to say once its visitor is gone belongs to the picture. */
const AFTERWARDS_MS = 500;

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

/** @throws {RawshakeError} RS_INTERRUPTED where it is not to be started any more; where it could not be started */
export async function playProgram(
  bench: Bench,
  enclosure: Enclosure,
  argv: [string, ...string[]],
  options: PlayOptions,
): Promise<Played> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, signal, visit } = options;
  if (signal?.aborted === true) throw interrupted();
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
  const waiting = new AbortController();
  const done = async (): Promise<'done'> => {
    await visit?.(() => isOver);
    await elapsed(AFTERWARDS_MS, waiting.signal);
    return 'done';
  };
  try {
    const endedFor = await Promise.race([
      ended,
      elapsed(timeoutMs, waiting.signal).then(() => 'time-out' as const),
      ...(signal === undefined ? [] : [aborted(signal, waiting.signal).then(() => 'interrupt' as const)]),
      ...(visit === undefined ? [] : [done()]),
    ]);
    if (endedFor !== undefined) {
      // As a terminal's user would, and then for good.
      program.signal('SIGTERM');
      await Promise.race([ended, elapsed(GRACE_MS, waiting.signal)]);
      program.signal('SIGKILL');
    }
    const end = { argv, ...(await program.ended), durationMs: monotonicNow() - startedAt };
    return { pid: program.pid, end: endedFor === undefined ? end : { ...end, endedFor } };
  } finally {
    waiting.abort();
  }
}

/** Never, once nobody waits for it any more. */
const elapsed = (ms: number, nobodyWaits: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    nobodyWaits.addEventListener('abort', () => {
      clearTimeout(timer);
    });
  });

const aborted = (signal: AbortSignal, nobodyWaits: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { signal: nobodyWaits });
  });
