/**
 * The engine: when clients are opened, read for, repeated and given up. It reads from a ring, writes into an outbox, and has
 * neither clock nor socket.
 */
import type { RingReader } from '../linux/capture/packet-ring.js';
import { Clients, CLOSED } from './clients.js';
import { tupleOf } from './four-tuples.js';
import type { Histogram } from './histogram.js';
import { NO_ANSWER } from './outcomes.js';
import type { Outbox } from './outbox.js';
import type { Plan } from './plan.js';
import { segmentArrives } from './segment-arrives.js';

/** So many frames are read in a turn, and so many connections opened; each may want two frames sent. */
const BATCH = 64;
/** Frames that one turn may send: SYNs, two for each answer, and some that are sent again. */
export const TURN_FRAMES = 4 * BATCH;

export interface Counters {
  readonly started: number;
  readonly established: number;
  readonly finished: number;
  readonly retransmissions: number;
}

export class Engine {
  readonly #clients: Clients;
  readonly #secret = (Math.random() * 2 ** 32) >>> 0;
  #startMs = -1;
  #tuple = 0;
  #started = 0;
  /** What is under way gets this outcome; 0: it goes on. */
  #ending = 0;

  /** `outcomes` has a byte for each handshake. */
  constructor(
    private readonly plan: Plan,
    private readonly ring: RingReader,
    private readonly outbox: Outbox,
    outcomes: Uint8Array,
  ) {
    this.#clients = new Clients(plan, outcomes, outbox);
  }

  get counters(): Counters {
    const { established, finished, retransmissions } = this.#clients;
    return { started: this.#started, established, finished, retransmissions };
  }

  get established(): number {
    return this.#clients.established;
  }

  /** From the first SYN to the SYN/ACK being read. */
  get latency(): Histogram {
    return this.#clients.latency;
  }

  /** Whether every handshake has its outcome. Turns still answer what comes late. */
  get done(): boolean {
    return this.#clients.finished === this.plan.count;
  }

  /** Opens nothing more, and resets in the next turns what is under way. `outcome` is theirs. Once; a second one changes nothing. */
  end(outcome: number): void {
    if (this.#ending !== 0) return;
    this.#ending = outcome;
    this.#clients.outcomes.fill(outcome, this.#started);
    this.#clients.finished += this.plan.count - this.#started;
  }

  /**
   * Reads and answers what has come, repeats what is overdue, opens what the window allows. The frames are in the outbox.
   * @param nowMs a monotonic time
   * @param realtimeMs the same moment as the ring's stamps count
   * @returns whether there was anything to do
   */
  turn(nowMs: number, realtimeMs: number): boolean {
    if (this.#startMs < 0) this.#startMs = nowMs;
    this.#clients.nowMs = nowMs - this.#startMs;
    // A window is filled before it is worked on: else no more than a batch would ever be under way.
    const read = this.#mayOpen() > 0 ? 0 : this.#read();
    this.#repeatOverdue(realtimeMs);
    if (this.#ending !== 0) this.#resetAll();
    else this.#open();
    return read > 0 || this.outbox.length > 0;
  }

  /** How long nothing will be due, in milliseconds, if nothing comes: what a caller may sleep. */
  idleMs(nowMs: number): number {
    const { deadlines } = this.#clients;
    let least = Infinity;
    for (let list = 0; list < deadlines.lists; list++) {
      const first = deadlines.first(list);
      if (first >= 0) least = Math.min(least, this.#startMs + this.#clients.dueMs(first, list) - nowMs);
    }
    if (this.#started < this.plan.count && Number.isFinite(this.plan.ratePerSecond)) {
      least = Math.min(least, this.#startMs + (this.#started * 1000) / this.plan.ratePerSecond - nowMs);
    }
    return Math.max(0, least);
  }

  /** How many connections may be opened now. */
  #mayOpen(): number {
    const { count, window, ratePerSecond } = this.plan;
    if (this.#ending !== 0) return 0;
    const most = Math.min(count, this.#clients.finished + window);
    if (ratePerSecond === Infinity) return most - this.#started;
    const inTime = Math.floor((this.#clients.nowMs / 1000) * ratePerSecond) + 1;
    return Math.min(most, inTime) - this.#started;
  }

  #open(): void {
    const clients = this.#clients;
    const { tuples } = this.plan;
    const most = Math.min(this.#mayOpen(), BATCH, this.outbox.room);
    // RFC 6528 §3: a clock of 4 µs ticks, and a secret function of the four-tuple.
    const ticks = (performance.timeOrigin + this.#startMs + clients.nowMs) * 250;
    for (let opened = 0; opened < most; opened++) {
      while (clients.state[this.#tuple] !== CLOSED) this.#tuple = (this.#tuple + 1) % tuples;
      const tuple = this.#tuple;
      this.#tuple = (tuple + 1) % tuples;
      clients.open(tuple, this.#started++, ticks + scramble(tuple ^ this.#secret));
    }
  }

  #read(): number {
    const { ring, outbox } = this;
    const { view } = ring;
    let read = 0;
    for (; read < BATCH && outbox.room >= 2; read++) {
      const at = ring.frame;
      if (at < 0) break;
      const tuple = tupleOf(view.getUint32(at + 30), view.getUint16(at + 36));
      if (tuple >= 0 && tuple < this.plan.tuples) {
        const flags = view.getUint8(at + 47);
        segmentArrives(this.#clients, tuple, flags, view.getUint32(at + 38), view.getUint32(at + 42));
      }
      ring.release();
    }
    return read;
  }

  #repeatOverdue(realtimeMs: number): void {
    const clients = this.#clients;
    const { deadlines, nowMs } = clients;
    let seenUntilMs: number | undefined;
    for (let list = 0; list < deadlines.lists; list++) {
      for (;;) {
        const tuple = deadlines.first(list);
        if (tuple < 0 || clients.dueMs(tuple, list) > nowMs || this.outbox.room === 0) break;
        // An answer may have come and wait in the ring: time counts as far as the ring has been read.
        seenUntilMs ??= this.ring.frame < 0 ? nowMs : nowMs + this.ring.stampMs - realtimeMs;
        if (clients.dueMs(tuple, list) > seenUntilMs) break;
        if (list === this.plan.retries) clients.giveUp(tuple, NO_ANSWER);
        else clients.repeat(tuple, list);
      }
    }
  }

  #resetAll(): void {
    const { deadlines } = this.#clients;
    for (let list = 0; list < deadlines.lists; list++) {
      for (;;) {
        const tuple = deadlines.first(list);
        if (tuple < 0 || this.outbox.room === 0) break;
        this.#clients.giveUp(tuple, this.#ending);
      }
    }
  }
}

/** Spreads a number over 32 bits: the finalizer of MurmurHash3. */
function scramble(value: number): number {
  let n = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  n = Math.imul(n ^ (n >>> 13), 0xc2b2ae35);
  return (n ^ (n >>> 16)) >>> 0;
}
