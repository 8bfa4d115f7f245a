/**
 * Hand-made clients in flat tables, each by the number of its four-tuple: in what state it is, what it has sent and when, and
 * which handshake it makes.
 */
import { Deadlines } from './deadlines.js';
import { sourceAddress, sourcePort } from './four-tuples.js';
import { Histogram } from './histogram.js';
import { ACK, DATA, FIN, type Outbox, RST, SYN } from './outbox.js';
import type { Plan } from './plan.js';

// The states of RFC 9293 that are told apart. CLOSED is also a connection that is over.
export const CLOSED = 0;
export const SYN_SENT = 1;
/** ESTABLISHED, with the payload under way. */
export const DATA_SENT = 2;
/** FIN_WAIT_1 or FIN_WAIT_2. */
export const FIN_SENT = 3;
/** ESTABLISHED, and the server's program is to close it. */
export const ACK_SENT = 4;

export class Clients {
  /** From the first SYN to the SYN/ACK being read. */
  readonly latency = new Histogram();
  readonly state: Uint8Array;
  /** Which handshake the four-tuple carries. */
  readonly handshake: Uint32Array;
  /** RCV.NXT. */
  readonly receiveNext: Uint32Array;
  /** Who waits for an answer: a list for each number of repetitions, and one for those whose last has been sent. */
  readonly deadlines: Deadlines;
  /** Since the start. */
  nowMs = 0;
  established = 0;
  finished = 0;
  retransmissions = 0;
  readonly #iss: Uint32Array;
  /** How often the last segment was sent again. */
  readonly #repeats: Uint8Array;
  /** Since the start, in microseconds; it wraps. */
  readonly #openedUs: Uint32Array;
  /** Since the start; for timers a fraction of a millisecond does. */
  readonly #sentMs: Float32Array;

  /** `outcomes` has a byte for each handshake. */
  constructor(
    readonly plan: Plan,
    readonly outcomes: Uint8Array,
    private readonly outbox: Outbox,
  ) {
    const { tuples, retries } = plan;
    this.state = new Uint8Array(tuples);
    this.handshake = new Uint32Array(tuples);
    this.receiveNext = new Uint32Array(tuples);
    this.deadlines = new Deadlines(tuples, retries + 1);
    this.#iss = new Uint32Array(tuples);
    this.#repeats = new Uint8Array(tuples);
    this.#openedUs = new Uint32Array(tuples);
    this.#sentMs = new Float32Array(tuples);
  }

  open(tuple: number, handshake: number, iss: number): void {
    this.state[tuple] = SYN_SENT;
    this.handshake[tuple] = handshake;
    this.#iss[tuple] = iss;
    this.#openedUs[tuple] = this.nowMs * 1000;
    this.#wait(tuple);
    this.send(SYN, tuple, this.#iss[tuple] ?? 0, 0);
  }

  /** Of a client whose SYN/ACK is being read. */
  recordLatency(tuple: number): void {
    this.latency.record((this.nowMs * 1000 - (this.#openedUs[tuple] ?? 0)) >>> 0);
  }

  /** Goes on to `state`, and waits anew. */
  enter(tuple: number, state: number): void {
    this.state[tuple] = state;
    this.deadlines.remove(tuple);
    this.#repeats[tuple] = 0;
    this.#wait(tuple);
  }

  /** SND.NXT of a client that has sent all that it will. */
  sendNext(tuple: number): number {
    const fin = this.state[tuple] === FIN_SENT ? 1 : 0;
    const sent = this.state[tuple] === SYN_SENT ? 0 : this.plan.payload.length + fin;
    return ((this.#iss[tuple] ?? 0) + 1 + sent) >>> 0;
  }

  send(kind: number, tuple: number, seq: number, ack: number): void {
    this.outbox.add(kind, sourceAddress(tuple), sourcePort(tuple), seq, ack);
  }

  resend(tuple: number): void {
    const iss = this.#iss[tuple] ?? 0;
    const state = this.state[tuple];
    this.retransmissions++;
    if (state === SYN_SENT) this.send(SYN, tuple, iss, 0);
    else this.send(segmentIn(state), tuple, (iss + 1) >>> 0, this.receiveNext[tuple] ?? 0);
  }

  /** The next repetition of who is overdue in `list`. RFC 6298 §5.4 to §5.6. */
  repeat(tuple: number, list: number): void {
    this.deadlines.remove(tuple);
    this.#repeats[tuple] = list + 1;
    this.#wait(tuple);
    this.resend(tuple);
  }

  /** Since the start. */
  dueMs(tuple: number, list: number): number {
    return (this.#sentMs[tuple] ?? 0) + this.plan.retransmitMs * 2 ** list;
  }

  giveUp(tuple: number, outcome: number): void {
    this.send(RST, tuple, this.sendNext(tuple), 0);
    this.finish(tuple, outcome);
  }

  finish(tuple: number, outcome: number): void {
    this.deadlines.remove(tuple);
    this.state[tuple] = CLOSED;
    this.#repeats[tuple] = 0;
    this.outcomes[this.handshake[tuple] ?? 0] = outcome;
    this.finished++;
  }

  #wait(tuple: number): void {
    this.#sentMs[tuple] = this.nowMs;
    this.deadlines.append(this.#repeats[tuple] ?? 0, tuple);
  }
}

/** What a synchronized connection has sent last. */
const segmentIn = (state: number | undefined): number => (state === FIN_SENT ? FIN : state === ACK_SENT ? ACK : DATA);
