/** The thread that the engine has to itself: turns, one sendmmsg(2) after each, and sleep where nothing is to be done. */
import { parentPort } from 'node:worker_threads';
import { constants } from 'node:os';
import { POLLIN } from '../linux/libc/constants.js';
import { libc, libcNonBlocking, SystemCallError } from '../linux/libc/libc.js';
import { RingReader, SLOT_BYTES } from '../linux/capture/packet-ring.js';
import { mapShared } from '../linux/libc/shared-memory.js';
import { ACCEPTED, END, type EngineMessage, type EngineTask, READY, STOP } from './control.js';
import { Engine, TURN_FRAMES } from './engine.js';
import { Outbox } from './outbox.js';
import { isWorthRehearsing, type Plan } from './plan.js';
import { rehearse } from './rehearsal.js';

const PROGRESS_MS = 100;
/** How soon it is noticed that it is to end, while nothing comes, */
const LONGEST_SLEEP_MS = 20;
/** and, once all is done, the stop, for which somebody waits. */
const LAST_SLEEP_MS = 2;
/** For so long the engine waits for a listener that has stopped accepting. */
const LISTENER_PATIENCE_MS = 100;

const post = (message: EngineMessage): void => {
  parentPort?.postMessage(message);
};

/** Sends what is in the outbox. What the interface has no room for is lost, as on a wire; it is sent again when it is due. */
function transmit(sendFd: number, outbox: Outbox): void {
  for (let sent = 0; sent < outbox.length;) {
    try {
      sent += libc('sendmmsg', sendFd, outbox.from(sent), outbox.length - sent, 0);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      if (error.errno === constants.errno.EINTR) continue;
      if (error.errno !== constants.errno.ENOBUFS) throw error;
      sent++;
    }
  }
  outbox.clear();
}

/**
 * Holds the engine back where it is half a queue ahead of the listener: beyond the queue the kernel drops the last ACK of
 * a handshake (tcp_v4_syn_recv_sock), and the reset behind it would hide that.
 */
class Credit {
  readonly #most: number;
  /** Connections that the listener will never accept, for the kernel has dropped them. */
  #lost = 0;
  /** When the listener was last seen to keep up, or to accept. */
  #movedMs = performance.now();

  constructor(
    { listener, backlog }: Plan,
    private readonly control: Int32Array,
  ) {
    this.#most = listener ? Math.max(64, Math.floor(backlog / 2)) : Infinity;
  }

  await(established: number): void {
    const { control } = this;
    while (established - Atomics.load(control, ACCEPTED) - this.#lost > this.#most) {
      const before = Atomics.load(control, ACCEPTED);
      Atomics.wait(control, ACCEPTED, before, 1);
      if (Atomics.load(control, ACCEPTED) !== before) this.#movedMs = performance.now();
      else if (performance.now() - this.#movedMs > LISTENER_PATIENCE_MS) this.#lost = established - before;
      if (Atomics.load(control, END) + Atomics.load(control, STOP) > 0) return;
    }
    this.#movedMs = performance.now();
  }
}

function run(task: EngineTask, control: Int32Array, ring: RingReader): Engine {
  const { route, receiveFd, sendFd } = task;
  const plan: Plan = { ...task.plan }; // made like those of the rehearsals, and so of their hidden class
  const outbox = new Outbox(route, plan.payload, TURN_FRAMES);
  const engine = new Engine(plan, ring, outbox, new Uint8Array(task.outcomes));
  const credit = new Credit(plan, control);
  const readable = new DataView(new ArrayBuffer(8)); // struct pollfd
  readable.setInt32(0, receiveFd, true);
  readable.setInt16(4, POLLIN, true);
  const startMs = performance.now();
  let reportedMs = startMs;
  let isDone = false;
  while (Atomics.load(control, STOP) === 0) {
    const ending = Atomics.load(control, END);
    if (ending !== 0) engine.end(ending);
    const nowMs = performance.now();
    const isBusy = engine.turn(nowMs, performance.timeOrigin + nowMs);
    if (outbox.length > 0) transmit(sendFd, outbox);
    const seconds = (performance.now() - startMs) / 1000;
    if (engine.done && !isDone) {
      isDone = true;
      post({ kind: 'done', counters: engine.counters, seconds });
    } else if (!isDone && nowMs - reportedMs >= PROGRESS_MS) {
      reportedMs = nowMs;
      post({ kind: 'progress', counters: engine.counters, seconds });
    }
    if (!isBusy) {
      const sleepMs = Math.ceil(Math.min(engine.idleMs(nowMs), isDone ? LAST_SLEEP_MS : LONGEST_SLEEP_MS));
      libcNonBlocking('poll', readable, 1, sleepMs);
    }
    credit.await(engine.established);
  }
  return engine;
}

parentPort?.on('message', (task: EngineTask) => {
  const control = new Int32Array(task.control);
  if (isWorthRehearsing(task.plan)) rehearse(task.plan, task.route);
  while (Atomics.load(control, READY) + Atomics.load(control, STOP) === 0)
    Atomics.wait(control, READY, 0, LONGEST_SLEEP_MS);
  const shared = mapShared(task.receiveFd, task.ringSlots * SLOT_BYTES);
  let engine: Engine;
  try {
    engine = run(task, control, new RingReader(shared.memory));
  } finally {
    shared.unmap();
  }
  post({ kind: 'end', latency: engine.latency.counts });
});
