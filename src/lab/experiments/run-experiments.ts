/** Runs many experiments, one after the other, in each address family asked for. */
import { RawshakeError } from '../../error.js';
import type { ExperimentRun } from '../../evidence/experiment.js';
import { monotonicNow } from '../../linux/clock.js';
import { openKernelTrace } from '../../linux/kernel-trace.js';
import { SystemCallError } from '../../linux/libc.js';
import type { Family } from '../addresses.js';
import { createLab } from '../lab.js';
import { missingHere } from '../not-run.js';
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
 * The runs, experiment by experiment. One that cannot be made here, or not be brought to its end, is a run that says so, and the
 * others go on.
 * @throws {RawshakeError} where what is missing is missing for all of them: a lab cannot be made, or there is only one run; on abort
 */
export async function runExperiments(options: RunExperimentsOptions): Promise<readonly ExperimentRun[]> {
  const { experiments, signal, onStart, onRun } = options;
  const planned = experiments.flatMap((experiment) =>
    familiesOf(experiment)
      .filter((own) => options.families.includes(own))
      .map((family) => ({ experiment, family })),
  );
  const alone = planned.length === 1;
  if (!alone) tryLab(planned.map(({ family }) => family));
  const runs: ExperimentRun[] = [];
  // One for all: to begin takes some 30 ms.
  const trace = openKernelTrace();
  try {
    for (const { experiment, family } of planned) {
      onStart?.(experiment, family);
      const run = await runOrSay(experiment, { family, trace, ...(signal !== undefined && { signal }) }, alone);
      // An experiment notices only where it waits.
      if (signal?.aborted === true) throw interrupted();
      runs.push(run);
      onRun?.(run);
    }
    return runs;
  } finally {
    trace.close();
  }
}

/** Throws what every run would meet, before any has begun. */
function tryLab(families: readonly Family[]): void {
  const lab = createLab();
  try {
    const [first, ...others] = new Set(families);
    if (first !== undefined && others.length === 0) lab.client.address(first);
  } finally {
    lab.close();
  }
}

export const familiesOf = ({ families = [4, 6] }: Pick<AnyExperiment, 'families'>): readonly Family[] => families;

async function runOrSay(experiment: AnyExperiment, options: ObserveOptions, alone: boolean): Promise<ExperimentRun> {
  const startedAt = monotonicNow();
  try {
    return await runExperiment(experiment, options);
  } catch (error) {
    const notRun = missingHere(error);
    if ((alone && notRun !== undefined) || (error instanceof RawshakeError && error.code === 'RS_INTERRUPTED'))
      throw error;
    const why = notRun === undefined ? { failure: failureOf(error) } : { notRun };
    return { ...emptyRun(experiment, options.family, monotonicNow() - startedAt), ...why };
  }
}

/** What nobody has foreseen is a mistake of this one alone, too, and named as such. */
function failureOf(error: unknown): string {
  if (error instanceof RawshakeError || error instanceof SystemCallError) return error.message;
  return `defect: ${String(error)}`;
}

function emptyRun(experiment: AnyExperiment, family: Family, durationMs: number): ExperimentRun {
  const { id, title, claim, steps, explanation, next, byHand, claims } = experiment;
  return {
    ...{ id, title, claim, steps, explanation, next, byHand, claims },
    ...{ packets: [], lookups: [], kernel: [], systemCalls: [], sockets: [], frames: [], scenes: [], missing: [] },
    counters: { client: {}, server: {} },
    family,
    facts: [],
    ok: false,
    durationMs,
  };
}
