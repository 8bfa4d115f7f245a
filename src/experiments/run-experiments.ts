/** Runs many experiments, in each address family asked for, and tells of them in the order in which they were named. */
import type { ExperimentRun } from '../evidence/experiment.js';
import type { Family } from '../lab/addresses.js';
import { createLab } from '../lab/lab.js';
import { interrupted } from '../lab/until.js';
import type { AnyExperiment } from './experiment.js';
import { type Lane, ownLane, type PlannedRun, type SecondLane, type Watch } from './lane.js';

export interface RunExperimentsOptions {
  readonly experiments: readonly AnyExperiment[];
  /** Those that an experiment is not made for are passed over. */
  readonly families: readonly Family[];
  readonly signal?: AbortSignal;
  /** Opens a second lane, in another process: system calls and what else a process does itself are told apart by its id. */
  readonly beside?: () => SecondLane;
  /** Does each run, given a feed of it to read meanwhile: one after the other then, all in this process. */
  readonly watch?: Watch | undefined;
  /** Told of the run that will be told of next: of each, in their order, before it ends. */
  readonly onStart?: (experiment: AnyExperiment, family: Family) => void;
  /** Told of each run, in their order, once it and those before it have ended. */
  readonly onRun?: (run: ExperimentRun) => void;
}

/**
 * The runs, experiment by experiment. One that cannot be made here, or not be brought to its end, is a run that says so, and the
 * others go on.
 * @throws {RawshakeError} where what is missing is missing for all of them: a lab cannot be made, or there is only one run; on abort
 */
export async function runExperiments(options: RunExperimentsOptions): Promise<readonly ExperimentRun[]> {
  const { experiments, signal, beside, watch } = options;
  const planned = experiments.flatMap((experiment) =>
    familiesOf(experiment)
      .filter((own) => options.families.includes(own))
      .map((family) => ({ experiment, family })),
  );
  const throwing = planned.length === 1;
  if (!throwing) tryLab(planned.map(({ family }) => family));
  const runs = new RunsInOrder(planned, options);
  const together = planned.filter(({ experiment }) => experiment.alone !== true);
  const second = together.length > 1 && watch === undefined ? beside?.() : undefined;
  const lane = ownLane({ signal, throwing, watch });
  const made: Make = async (on, one) => {
    const run = await on.run(one);
    // An experiment notices only where it waits.
    if (signal?.aborted === true) throw interrupted();
    return run;
  };
  const play = async (on: Lane, one: PlannedRun): Promise<void> => {
    runs.add(one, await made(on, one));
  };
  try {
    const left =
      second === undefined ? together : await meet(together, lane, second, made, (...run) => runs.add(...run));
    second?.close();
    await inTurn(left, (one) => play(lane, one));
    await inTurn(planned.filter(({ experiment }) => experiment.alone === true), (one) => play(lane, one)); // prettier-ignore
    return runs.all;
  } finally {
    second?.close();
    lane.close();
  }
}

async function inTurn(planned: readonly PlannedRun[], play: (one: PlannedRun) => Promise<void>): Promise<void> {
  for (const one of planned) await play(one);
}

type Make = (on: Lane, one: PlannedRun) => Promise<ExperimentRun>;

/**
 * One lane begins at the front, for the first is told of first, the other at the back; they meet. Where the system has not
 * enough for both, such as processes, the one at the back ends.
 * @returns what had not enough, for when the one at the front is alone
 */
async function meet(
  planned: readonly PlannedRun[],
  front: Lane,
  back: SecondLane,
  make: Make,
  keep: (one: PlannedRun, run: ExperimentRun) => void,
): Promise<readonly PlannedRun[]> {
  const left = [...planned];
  const short: PlannedRun[] = [];
  const isShort = (): boolean => short.length > 0;
  const keepOrLeave = (one: PlannedRun, run: ExperimentRun, wasEnded: boolean): void => {
    if (run.notRun?.code === 'RS_LIMIT' || wasEnded) {
      short.push(one);
      back.close();
    } else keep(one, run);
  };
  const fromFront = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) keepOrLeave(one, await make(front, one), false);
  };
  const fromBack = async (): Promise<void> => {
    for (let one; !isShort() && back.isOpen && (one = left.pop()) !== undefined;) {
      const run = await make(back, one);
      keepOrLeave(one, run, isShort() && run.failure !== undefined);
    }
  };
  let atTheBack = Promise.resolve();
  void back.ready.then(() => {
    atTheBack = fromBack();
    atTheBack.catch(() => undefined); // heard below
  });
  await fromFront();
  await atTheBack;
  await fromFront(); // what it has left, if it ended before its time
  if (isShort()) await back.ended;
  return short;
}

/** Keeps what has ended before its turn. */
class RunsInOrder {
  readonly #ended = new Map<PlannedRun, ExperimentRun>();
  readonly #told: ExperimentRun[] = [];

  constructor(
    private readonly planned: readonly PlannedRun[],
    private readonly listeners: Pick<RunExperimentsOptions, 'onStart' | 'onRun'>,
  ) {
    this.#announce();
  }

  get all(): readonly ExperimentRun[] {
    return this.#told;
  }

  add(planned: PlannedRun, run: ExperimentRun): void {
    this.#ended.set(planned, run);
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#told.push(next);
      this.listeners.onRun?.(next);
      this.#announce();
    }
  }

  #next(): ExperimentRun | undefined {
    const one = this.planned[this.#told.length];
    return one === undefined ? undefined : this.#ended.get(one);
  }

  #announce(): void {
    const one = this.planned[this.#told.length];
    if (one !== undefined) this.listeners.onStart?.(one.experiment, one.family);
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
