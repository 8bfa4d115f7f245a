/**
 * The engine: many hand-made clients in flat tables. It knows as much of RFC 9293 as a client needs that opens, sends one
 * payload and closes; whatever comes for a four-tuple that is not under way is answered as a closed port answers it.
 * It reads from a ring, writes into an outbox, and has neither clock nor socket.
 */
import type { RingReader } from '../linux/capture/packet-ring.js';
import { TcpFlag } from '../wire/tcp-flags.js';
import { Deadlines } from './deadlines.js';
import { sourceAddress, sourcePort, tupleOf } from './four-tuples.js';
import { Histogram } from './histogram.js';
import { ESTABLISHED, NO_ANSWER, REFUSED, RESET_BY_PEER } from './outcomes.js';
import { ACK, DATA, FIN, type Outbox, RST, SYN } from './outbox.js';
import type { Plan } from './plan.js';

/** So many frames are read in a turn, and so many connections opened; each may want two frames sent. */
const BATCH = 64;
/** Frames that one turn may send: SYNs, two for each answer, and some that are sent again. */
export const TURN_FRAMES = 4 * BATCH;

// The states of RFC 9293 that are told apart. CLOSED is also a connection that is over.
const CLOSED = 0;
const SYN_SENT = 1;
/** ESTABLISHED, with the payload under way. */
const DATA_SENT = 2;
/** FIN_WAIT_1 or FIN_WAIT_2. */
const FIN_SENT = 3;
/** ESTABLISHED, and the server's program is to close it. */
const ACK_SENT = 4;

export interface Counters {
  readonly started: number;
  readonly established: number;
  readonly finished: number;
  readonly retransmissions: number;
}

export class Engine {
  /** From the first SYN to the SYN/ACK being read. */
  readonly latency = new Histogram();
  readonly #state: Uint8Array;
  /** How often the last segment was sent again. */
  readonly #repeats: Uint8Array;
  /** Which handshake the four-tuple carries. */
  readonly #handshake: Uint32Array;
  readonly #iss: Uint32Array;
  /** RCV.NXT. */
  readonly #receiveNext: Uint32Array;
  /** Since the start, in microseconds; it wraps. */
  readonly #openedUs: Uint32Array;
  /** Since the start; for timers a fraction of a millisecond does. */
  readonly #sentMs: Float32Array;
  readonly #deadlines: Deadlines;
  readonly #hasPayload: boolean;
  readonly #secret = (Math.random() * 2 ** 32) >>> 0;
  /** Since the start. */
  #nowMs = 0;
  #startMs = -1;
  #tuple = 0;
  #started = 0;
  #established = 0;
  #finished = 0;
  #retransmissions = 0;
  /** What is under way gets this outcome; 0: it goes on. */
  #ending = 0;

  /** `outcomes` has a byte for each handshake. */
  constructor(
    private readonly plan: Plan,
    private readonly ring: RingReader,
    private readonly outbox: Outbox,
    private readonly outcomes: Uint8Array,
  ) {
    const { tuples, retries } = plan;
    this.#state = new Uint8Array(tuples);
    this.#repeats = new Uint8Array(tuples);
    this.#handshake = new Uint32Array(tuples);
    this.#iss = new Uint32Array(tuples);
    this.#receiveNext = new Uint32Array(tuples);
    this.#openedUs = new Uint32Array(tuples);
    this.#sentMs = new Float32Array(tuples);
    this.#deadlines = new Deadlines(tuples, retries + 1);
    this.#hasPayload = plan.payload.length > 0;
  }

  get counters(): Counters {
    return {
      started: this.#started,
      established: this.#established,
      finished: this.#finished,
      retransmissions: this.#retransmissions,
    };
  }

  get established(): number {
    return this.#established;
  }

  /** Whether every handshake has its outcome. Turns still answer what comes late. */
  get done(): boolean {
    return this.#finished === this.plan.count;
  }

  /** Opens nothing more, and resets in the next turns what is under way. `outcome` is theirs. Once; a second one changes nothing. */
  end(outcome: number): void {
    if (this.#ending !== 0) return;
    this.#ending = outcome;
    this.outcomes.fill(outcome, this.#started);
    this.#finished += this.plan.count - this.#started;
  }

  /**
   * Reads and answers what has come, repeats what is overdue, opens what the window allows. The frames are in the outbox.
   * @param nowMs a monotonic time
   * @param realtimeMs the same moment as the ring's stamps count
   * @returns whether there was anything to do
   */
  turn(nowMs: number, realtimeMs: number): boolean {
    if (this.#startMs < 0) this.#startMs = nowMs;
    this.#nowMs = nowMs - this.#startMs;
    // A window is filled before it is worked on: else no more than a batch would ever be under way.
    const read = this.#mayOpen() > 0 ? 0 : this.#read();
    this.#repeatOverdue(realtimeMs);
    if (this.#ending !== 0) this.#resetAll();
    else this.#open();
    return read > 0 || this.outbox.length > 0;
  }

  /** How long nothing will be due, in milliseconds, if nothing comes: what a caller may sleep. */
  idleMs(nowMs: number): number {
    let least = Infinity;
    for (let list = 0; list < this.#deadlines.lists; list++) {
      const first = this.#deadlines.first(list);
      if (first >= 0) least = Math.min(least, this.#startMs + this.#dueMs(first, list) - nowMs);
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
    const most = Math.min(count, this.#finished + window);
    if (ratePerSecond === Infinity) return most - this.#started;
    const inTime = Math.floor((this.#nowMs / 1000) * ratePerSecond) + 1;
    return Math.min(most, inTime) - this.#started;
  }

  #open(): void {
    const { outbox, plan } = this;
    const most = Math.min(this.#mayOpen(), BATCH, outbox.room);
    // RFC 6528 §3: a clock of 4 µs ticks, and a secret function of the four-tuple.
    const ticks = (performance.timeOrigin + this.#startMs + this.#nowMs) * 250;
    for (let opened = 0; opened < most; opened++) {
      while (this.#state[this.#tuple] !== CLOSED) this.#tuple = (this.#tuple + 1) % plan.tuples;
      const tuple = this.#tuple;
      this.#tuple = (tuple + 1) % plan.tuples;
      this.#state[tuple] = SYN_SENT;
      this.#handshake[tuple] = this.#started++;
      this.#iss[tuple] = ticks + scramble(tuple ^ this.#secret);
      this.#openedUs[tuple] = this.#nowMs * 1000;
      this.#wait(tuple);
      this.#send(SYN, tuple, this.#iss[tuple] ?? 0, 0);
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
        this.#receive(tuple, view.getUint8(at + 47), view.getUint32(at + 38), view.getUint32(at + 42));
      }
      ring.release();
    }
    return read;
  }

  #receive(tuple: number, flags: number, seq: number, ack: number): void {
    const state = this.#state[tuple];
    const iss = this.#iss[tuple] ?? 0;
    if (state === SYN_SENT) this.#inSynSent(tuple, flags, seq, ack, ack === (iss + 1) >>> 0);
    else if (state === CLOSED) this.#afterClose(tuple, flags, seq, ack);
    else this.#synchronized(tuple, flags, seq, ack, ack === this.#sendNext(tuple));
  }

  /** RFC 9293 §3.10.7.3. */
  #inSynSent(tuple: number, flags: number, seq: number, ack: number, acceptable: boolean): void {
    if ((flags & TcpFlag.ACK) === 0) return;
    if (!acceptable) this.#refuse(tuple, flags, ack);
    else if ((flags & TcpFlag.RST) !== 0) this.#finish(tuple, REFUSED);
    else if ((flags & TcpFlag.SYN) !== 0) this.#establish(tuple, (seq + 1) >>> 0, ack);
  }

  #establish(tuple: number, receiveNext: number, sendNext: number): void {
    const { close } = this.plan;
    this.latency.record((this.#nowMs * 1000 - (this.#openedUs[tuple] ?? 0)) >>> 0);
    this.#receiveNext[tuple] = receiveNext;
    if (close !== 'server') this.#established++; // else it has to be accepted first
    if (close === 'rst' && !this.#hasPayload) {
      this.#send(ACK, tuple, sendNext, receiveNext);
      this.#send(RST, tuple, sendNext, 0);
      this.#finish(tuple, ESTABLISHED);
      return;
    }
    this.#state[tuple] = close === 'fin' ? FIN_SENT : close === 'rst' ? DATA_SENT : ACK_SENT;
    this.#deadlines.remove(tuple);
    this.#repeats[tuple] = 0;
    this.#wait(tuple);
    if (close !== 'rst') this.#send(ACK, tuple, sendNext, receiveNext);
    if (close !== 'server') this.#send(close === 'fin' ? FIN : DATA, tuple, sendNext, receiveNext);
  }

  /** RFC 9293 §3.10.7.4, as far as the server never sends data. */
  #synchronized(tuple: number, flags: number, seq: number, ack: number, isAllAcknowledged: boolean): void {
    const receiveNext = this.#receiveNext[tuple] ?? 0;
    if ((flags & TcpFlag.RST) !== 0) {
      if (seq === receiveNext) this.#finish(tuple, this.#isClosing(tuple, flags) ? ESTABLISHED : RESET_BY_PEER);
    } else if ((flags & TcpFlag.SYN) !== 0) {
      this.#resend(tuple); // the server has not got the ACK
    } else if (isAllAcknowledged && this.#state[tuple] === DATA_SENT) {
      this.#send(RST, tuple, ack, 0);
      this.#finish(tuple, ESTABLISHED);
    } else if (isAllAcknowledged && (flags & TcpFlag.FIN) !== 0 && seq === receiveNext) {
      this.#send(ACK, tuple, ack, (receiveNext + 1) >>> 0);
      this.#finish(tuple, ESTABLISHED);
    }
  }

  /**
   * Whether a RST comes from the program that had accepted the connection: then it acknowledges (tcp_send_active_reset), while
   * one that answers an ACK for which there is no connection does not (RFC 9293 §3.10.7.1).
   */
  #isClosing(tuple: number, flags: number): boolean {
    if (this.#state[tuple] !== ACK_SENT || (flags & TcpFlag.ACK) === 0) return false;
    this.#established++;
    return true;
  }

  /**
   * A RST that fits is the answer to the last ACK: the server had given the half-open connection up. What was taken for
   * established, and reset at once, never was.
   */
  #afterClose(tuple: number, flags: number, seq: number, ack: number): void {
    const handshake = this.#handshake[tuple] ?? 0;
    const wasEstablished = this.outcomes[handshake] === ESTABLISHED && this.plan.close === 'rst';
    if ((flags & TcpFlag.RST) === 0) this.#refuse(tuple, flags, ack);
    else if (wasEstablished && seq === this.#receiveNext[tuple]) {
      this.outcomes[handshake] = RESET_BY_PEER;
      this.#established--;
    }
  }

  /** What a segment gets for which there is no connection. RFC 9293 §3.10.7.1. */
  #refuse(tuple: number, flags: number, ack: number): void {
    if ((flags & (TcpFlag.RST | TcpFlag.ACK)) === TcpFlag.ACK) this.#send(RST, tuple, ack, 0);
  }

  /** SND.NXT of a connection that has sent all that it will. */
  #sendNext(tuple: number): number {
    const fin = this.#state[tuple] === FIN_SENT ? 1 : 0;
    const sent = this.#state[tuple] === SYN_SENT ? 0 : this.plan.payload.length + fin;
    return ((this.#iss[tuple] ?? 0) + 1 + sent) >>> 0;
  }

  #resend(tuple: number): void {
    const iss = this.#iss[tuple] ?? 0;
    const state = this.#state[tuple];
    this.#retransmissions++;
    if (state === SYN_SENT) this.#send(SYN, tuple, iss, 0);
    else this.#send(segmentIn(state), tuple, (iss + 1) >>> 0, this.#receiveNext[tuple] ?? 0);
  }

  /** RFC 6298 §5.4 to §5.6. */
  #repeatOverdue(realtimeMs: number): void {
    let seenUntilMs: number | undefined;
    for (let list = 0; list < this.#deadlines.lists; list++) {
      for (;;) {
        const tuple = this.#deadlines.first(list);
        if (tuple < 0 || this.#dueMs(tuple, list) > this.#nowMs || this.outbox.room === 0) break;
        // An answer may have come and wait in the ring: time counts as far as the ring has been read.
        seenUntilMs ??= this.ring.frame < 0 ? this.#nowMs : this.#nowMs + this.ring.stampMs - realtimeMs;
        if (this.#dueMs(tuple, list) > seenUntilMs) break;
        this.#deadlines.remove(tuple);
        if (list === this.plan.retries) this.#giveUp(tuple, NO_ANSWER);
        else {
          this.#repeats[tuple] = list + 1;
          this.#wait(tuple);
          this.#resend(tuple);
        }
      }
    }
  }

  #resetAll(): void {
    for (let list = 0; list < this.#deadlines.lists; list++) {
      for (;;) {
        const tuple = this.#deadlines.first(list);
        if (tuple < 0 || this.outbox.room === 0) break;
        this.#giveUp(tuple, this.#ending);
      }
    }
  }

  #giveUp(tuple: number, outcome: number): void {
    this.#send(RST, tuple, this.#sendNext(tuple), 0);
    this.#finish(tuple, outcome);
  }

  #finish(tuple: number, outcome: number): void {
    this.#deadlines.remove(tuple);
    this.#state[tuple] = CLOSED;
    this.#repeats[tuple] = 0;
    this.outcomes[this.#handshake[tuple] ?? 0] = outcome;
    this.#finished++;
  }

  #dueMs(tuple: number, list: number): number {
    return (this.#sentMs[tuple] ?? 0) + this.plan.retransmitMs * 2 ** list;
  }

  #wait(tuple: number): void {
    this.#sentMs[tuple] = this.#nowMs;
    this.#deadlines.append(this.#repeats[tuple] ?? 0, tuple);
  }

  #send(kind: number, tuple: number, seq: number, ack: number): void {
    this.outbox.add(kind, sourceAddress(tuple), sourcePort(tuple), seq, ack);
  }
}

/** What a synchronized connection has sent last. */
const segmentIn = (state: number | undefined): number => (state === FIN_SENT ? FIN : state === ACK_SENT ? ACK : DATA);

/** Spreads a number over 32 bits: the finalizer of MurmurHash3. */
function scramble(value: number): number {
  let n = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  n = Math.imul(n ^ (n >>> 13), 0xc2b2ae35);
  return (n ^ (n >>> 16)) >>> 0;
}
