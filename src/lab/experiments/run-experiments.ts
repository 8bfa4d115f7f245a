/** Runs many experiments, one after the other, in each address family asked for. */
import { RawshakeError, type RawshakeErrorCode } from '../../error.js';
import type { ExperimentRun } from '../../evidence/experiment.js';
import { monotonicNow } from '../../linux/clock.js';
import { openKernelTrace } from '../../linux/kernel-trace.js';
import { SystemCallError } from '../../linux/libc.js';
import type { Family } from '../addresses.js';
import { interrupted } from '../until.js';
import type { AnyExperiment, ObserveOptions } from './experiment.js';
import { runExperiment } from './run-experiment.js';

export interface RunExperimentsOptions {
  readonly experiments: readonly AnyExperiment[];
  /** Those that an experiment is not made for are passed over. */
  readonly families: readonly Family[];
  readonly signal?: AbortSignal;
  /** Told of each run as it begins. */
  readonly onStart?: (experiment: AnyExperiment, family: Family) => void;
  /** Told of each run as it ends. */
  readonly onRun?: (run: ExperimentRun) => void;
}

/**
 * The runs, experiment by experiment. One that cannot be brought to its end is a run that failed, and the others go on.
 * @throws {RawshakeError} where a privilege or tool is missing, which the others would miss too; on abort
 */
export async function runExperiments(options: RunExperimentsOptions): Promise<readonly ExperimentRun[]> {
  const { experiments, signal, onStart, onRun } = options;
  const runs: ExperimentRun[] = [];
  // One for all: to begin takes some 30 ms.
  const trace = openKernelTrace();
  try {
    for (const experiment of experiments) {
      for (const family of familiesOf(experiment).filter((own) => options.families.includes(own))) {
        onStart?.(experiment, family);
        const run = await runOrFail(experiment, { family, trace, ...(signal !== undefined && { signal }) });
        // An experiment notices only where it waits.
        if (signal?.aborted === true) throw interrupted();
        runs.push(run);
        onRun?.(run);
      }
    }
    return runs;
  } finally {
    trace.close();
  }
}

export const familiesOf = ({ families = [4, 6] }: Pick<AnyExperiment, 'families'>): readonly Family[] => families;

/** What would befall the others, too. */
const COMMON_FAILURES: readonly RawshakeErrorCode[] = [
  ...(['RS_INTERRUPTED', 'RS_NOT_LINUX', 'RS_NO_PRIVILEGE', 'RS_READ_ONLY'] as const),
  ...(['RS_MISSING_TOOL', 'RS_NO_RAW_SOCKET', 'RS_NO_TRANSPORT'] as const),
];

async function runOrFail(experiment: AnyExperiment, options: ObserveOptions): Promise<ExperimentRun> {
  const startedAt = monotonicNow();
  try {
    return await runExperiment(experiment, options);
  } catch (error) {
    if (error instanceof RawshakeError && COMMON_FAILURES.includes(error.code)) throw error;
    return failedRun(experiment, options.family, failureOf(error), monotonicNow() - startedAt);
  }
}

/** What nobody has foreseen is a mistake of this one alone, too, and named as such. */
function failureOf(error: unknown): string {
  if (error instanceof RawshakeError || error instanceof SystemCallError) return error.message;
  return `defect: ${String(error)}`;
}

function failedRun(experiment: AnyExperiment, family: Family, failure: string, durationMs: number): ExperimentRun {
  const { id, title, claim, steps, explanation, next, byHand, claims } = experiment;
  return {
    ...{ id, title, claim, steps, explanation, next, byHand, claims },
    ...{ packets: [], lookups: [], kernel: [], systemCalls: [], sockets: [], frames: [], scenes: [], missing: [] },
    counters: { client: {}, server: {} },
    family,
    facts: [],
    ok: false,
    failure,
    durationMs,
  };
}
