/** A run of many handshakes, from the thread that wants it: the stage set, two threads at work, what they report, all undone. */
import { setTimeout as delay } from 'node:timers/promises';
import { about, RawshakeError, type Text } from '../error.js';
import { isOpenLab, type Lab } from '../lab/lab.js';
import { Leases } from '../linux/process/leases.js';
import { countSockets } from '../linux/netlink/socket-census.js';
import { END, type EngineMessage, type ListenerReport, READY, shareMemory, type Shared, STOP } from './control.js';
import { endWhenAllIsAccountedFor } from './drop-watch.js';
import type { Counters } from './engine.js';
import { Histogram } from './histogram.js';
import { Latest } from './latest.js';
import { labClosed, requireOwnLab } from './own-lab.js';
import { ABORTED } from './outcomes.js';
import { type BulkOptions, isWorthRehearsing, type Plan, planOf } from './plan.js';
import { setCommonStage, setStage, type Stage } from './stage.js';
import { type BulkSummary, summarize } from './summary.js';
import { Crew } from './workers.js';

/** How far a run has come. */
export interface BulkProgress extends Counters {
  readonly count: number;
  /** Since the first SYN. */
  readonly seconds: number;
}

/** Progress while it is iterated over, about ten times a second, and in the end the summary. */
export interface BulkRun extends AsyncIterable<BulkProgress> {
  /** Resolves when all is closed; an abort is no error, but outcomes. Rejects with what the system refused. */
  readonly summary: Promise<BulkSummary>;
}

/** How often, and for how long, the server's table is asked whether the last socket has gone. */
const CENSUS_INTERVAL_MS = 5;
const CENSUS_PATIENCE_MS = 10_000;

const underWay = new WeakSet<Lab>();

/**
 * Completes and closes many handshakes between spare addresses on the client's link of `lab` and a real listener on its
 * server, on threads of their own.
 * @throws {RawshakeError} RS_NOT_A_LAB for anything but an open lab of this process; RS_USAGE for an option, and for a
 * second run in the lab before the first is over
 */
export function manyHandshakes(lab: Lab, options: BulkOptions): BulkRun {
  requireOwnLab(lab);
  const series = new BulkSeries(lab);
  return series.run(options, () => series.close());
}

/** Runs in one lab, one after the other, that share what takes long to set up: the threads, and a part of the stage. */
export class BulkSeries {
  readonly #crew = new Crew();
  readonly #leases = new Leases();
  #common: ReturnType<typeof setCommonStage> | undefined;

  constructor(private readonly lab: Lab) {}

  /** As `manyHandshakes`; before that is settled, `afterwards`. */
  run(options: BulkOptions, afterwards?: () => Promise<void>): BulkRun {
    const { lab } = this;
    requireOwnLab(lab);
    const plan = planOf(options);
    if (underWay.has(lab)) throw alreadyRunning();
    underWay.add(lab);
    const progress = new Latest<BulkProgress>();
    const summary = this.#run(plan, progress, options)
      .finally(afterwards)
      .finally(() => underWay.delete(lab));
    summary.then(
      () => progress.end(),
      (error: unknown) => progress.end(error),
    );
    return { summary, [Symbol.asyncIterator]: () => progress.iterate() };
  }

  /** Undoes what they share, once no run is under way. Resolves when the threads are gone. */
  close(): Promise<void> {
    const dismissed = this.#crew.dismiss();
    this.#leases.close();
    return dismissed;
  }

  async #run(
    plan: Plan,
    progress: Latest<BulkProgress>,
    { signal, dropped }: Pick<BulkOptions, 'signal' | 'dropped'>,
  ): Promise<BulkSummary> {
    const { lab } = this;
    const leases = new Leases();
    try {
      const stage = setStage(lab, plan, leases);
      this.#common ??= setCommonStage(lab, this.#leases);
      const shared = shareMemory(plan.count);
      const words = new Int32Array(shared.control);
      if (!plan.listener) words[READY] = 1;
      const abort = (): void => {
        Atomics.store(words, END, ABORTED);
      };
      if (signal?.aborted === true) abort();
      signal?.addEventListener('abort', abort);
      leases.defer(() => signal?.removeEventListener('abort', abort));
      return await work(
        lab,
        plan,
        { ...stage, ...this.#common },
        { crew: this.#crew, shared, dropped },
        (counters, seconds) => {
          progress.set({ ...counters, count: plan.count, seconds });
        },
      );
    } finally {
      leases.close();
    }
  }
}

interface Means {
  readonly crew: Crew;
  readonly shared: Shared;
  readonly dropped: BulkOptions['dropped'] | undefined;
}

/** Both threads have done their tasks when it settles. */
async function work(
  lab: Lab,
  plan: Plan,
  stage: Stage & ReturnType<typeof setCommonStage>,
  { crew, shared, dropped }: Means,
  onProgress: (counters: Counters, seconds: number) => void,
): Promise<BulkSummary> {
  const { control, outcomes } = shared;
  let isOver = false;
  const accounted = dropped === undefined ? undefined : endWhenAllIsAccountedFor(plan, shared, dropped, () => isOver);
  const { listenFd, backlog, ...sockets } = stage;
  const reads = plan.close === 'fin' || plan.payload.length > 0;
  const listener =
    listenFd === undefined
      ? undefined
      : crew.listener({ listenFd, reads, rehearses: !reads && isWorthRehearsing(plan), control });
  const engine = crew.engine({ ...sockets, plan: { ...plan, backlog }, ...shared });
  let latency = new Histogram();
  let report: ListenerReport = { accepted: 0, receivedBytes: 0 };
  listener?.onMessage((message) => (report = message));
  const done = new Promise<Extract<EngineMessage, { kind: 'done' }>>((resolve, reject) => {
    engine.onMessage((message) => {
      if (!isOpenLab(lab)) reject(labClosed());
      if (message.kind === 'end') latency = new Histogram(message.latency);
      else onProgress(message.counters, message.seconds);
      if (message.kind === 'done') resolve(message);
    });
  });
  const ended = Promise.all([engine.ended, listener?.ended]);
  try {
    // A thread ends by itself only when it fails.
    const last = await Promise.race([done, ended.then(() => done), accounted?.then(() => done) ?? done]);
    isOver = true;
    const serverSocketsLeft = await Promise.race([lastCensus(lab, plan), ended.then(() => 0)]);
    stop(control);
    await ended;
    const codes = new Uint8Array(outcomes);
    return summarize(plan, { codes, latency, ...last, ...report, serverSocketsLeft });
  } finally {
    isOver = true;
    stop(control);
    await Promise.allSettled([engine.ended, listener?.ended, accounted]);
  }
}

const stop = (control: SharedArrayBuffer): void => {
  Atomics.store(new Int32Array(control), STOP, 1);
};

/**
 * How many connections the server still has; asked until it has none, as long as that takes no longer than it can. Of somebody
 * else's listener it is asked once.
 */
async function lastCensus(lab: Lab, { port, listener }: Plan): Promise<number> {
  const endMs = listener ? performance.now() + CENSUS_PATIENCE_MS : 0;
  for (;;) {
    const { connections, unaccepted } = countSockets(lab.server.netns, port);
    if (connections + unaccepted === 0 || performance.now() > endMs) return connections + unaccepted;
    await delay(CENSUS_INTERVAL_MS);
  }
}

const RUNNING: Text = { en: 'a run is under way in this lab', zh: '该实验环境中正在进行一次运行' };

const alreadyRunning = (): RawshakeError =>
  new RawshakeError('RS_USAGE', about('bulk', RUNNING), {
    hint: {
      en: 'Wait for its summary, or make another lab.',
      zh: '请等待其 summary 完成，或另建一个实验环境。',
    },
  });
