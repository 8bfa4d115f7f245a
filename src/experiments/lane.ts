/** Where experiments are run, one after the other; the kernel's trace is kept meanwhile. */
import { about, DEFECT, messagesOf, RawshakeError, type Text, verbatim } from '../error.js';
import type { Feed } from '../evidence/feed.js';
import { BOTH_ENDS } from '../evidence/host.js';
import type { ExperimentRun } from '../evidence/experiment.js';
import { monotonicNow } from '../linux/libc/clock.js';
import { openKernelTrace } from '../linux/trace/kernel-trace.js';
import { SystemCallError } from '../linux/libc/libc.js';
import type { Family } from '../lab/addresses.js';
import { missingHere } from '../lab/not-run.js';
import type { AnyExperiment, ObserveOptions } from './experiment.js';
import { runExperiment } from './run-experiment.js';

export interface PlannedRun {
  readonly experiment: AnyExperiment;
  readonly family: Family;
}

export interface Lane {
  /** What cannot be made here, or not be brought to its end, is a run that says so. One at a time. */
  run(planned: PlannedRun): Promise<ExperimentRun>;
  close(): void;
}

/** One in another process: it takes a while to begin, and may end at any moment. */
export interface SecondLane extends Lane {
  /** Resolves when a run would begin at once; never, where it cannot. */
  readonly ready: Promise<void>;
  readonly isOpen: boolean;
  /** Resolves when it takes nothing of the system any more, once closed. */
  readonly ended: Promise<void>;
}

export interface OwnLaneOptions {
  readonly signal?: AbortSignal | undefined;
  /** What a run lacks is thrown. */
  readonly throwing?: boolean;
  readonly watch?: Watch | undefined;
}

/** Does one run, with a feed for it to fill, and to be read meanwhile. */
export type Watch = (
  planned: PlannedRun,
  run: (feed: Feed | undefined) => Promise<ExperimentRun>,
) => Promise<ExperimentRun>;

/** In this process. `run` rejects with RS_INTERRUPTED where an experiment has noticed the abort. */
export function ownLane({ signal, throwing = false, watch }: OwnLaneOptions = {}): Lane {
  // One for all: to begin takes some 30 ms.
  const trace = openKernelTrace();
  return {
    run(planned) {
      const { experiment, family } = planned;
      const options = { family, trace, ...(signal !== undefined && { signal }) };
      return watch === undefined
        ? runOrSay(experiment, options, throwing)
        : watch(planned, (feed) => runOrSay(experiment, { ...options, ...(feed !== undefined && { feed }) }, throwing));
    },
    close() {
      trace.close();
    },
  };
}

async function runOrSay(experiment: AnyExperiment, options: ObserveOptions, throwing: boolean): Promise<ExperimentRun> {
  const startedAt = monotonicNow();
  try {
    return await runExperiment(experiment, options);
  } catch (error) {
    const notRun = missingHere(error);
    if ((throwing && notRun !== undefined) || (error instanceof RawshakeError && error.code === 'RS_INTERRUPTED'))
      throw error;
    const why = notRun === undefined ? { failure: failureOf(error) } : { notRun };
    return { ...emptyRun({ experiment, family: options.family }), durationMs: monotonicNow() - startedAt, ...why };
  }
}

/** What nobody has foreseen is a mistake of this one alone, too, and named as such. */
function failureOf(error: unknown): Text {
  if (error instanceof RawshakeError || error instanceof SystemCallError) return messagesOf(error);
  return about(DEFECT, verbatim(String(error)));
}

/** One that has shown nothing. */
export function emptyRun({ experiment, family }: PlannedRun): ExperimentRun {
  const { id, title, claim, steps, explanation, next, byHand, claims } = experiment;
  return {
    ...{ id, title, claim, steps, explanation, next, byHand, claims },
    ...{ packets: [], lookups: [], kernel: [], systemCalls: [], sockets: [], frames: [], scenes: [], missing: [] },
    hosts: BOTH_ENDS,
    counters: { client: {}, server: {} },
    family,
    facts: [],
    ok: false,
    durationMs: 0,
  };
}
