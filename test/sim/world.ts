/** Two TCP machines, a faulty link between them, and a clock that stands still while nothing happens. */
import {
  activeOpen,
  millis,
  passiveOpen,
  pollAt,
  resetFor,
  step,
  type CloseReason,
  type IncomingSegment,
  type Millis,
  type OpenOptions,
  type OutgoingSegment,
  type Step,
  type Tcb,
  type TcpAction,
  type TcpEvent,
} from '../../src/tcp/index.js';
import { seq } from '../../src/wire/seq.js';
import { tcpOptionsLength as optionBytes } from '../../src/wire/tcp-options.js';
import { TcpFlag } from '../../src/wire/tcp.js';

/** A stream of numbers in [0, 1) that is the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let n = Math.imul(state ^ (state >>> 15), state | 1);
    n ^= n + Math.imul(n ^ (n >>> 7), n | 61);
    return ((n ^ (n >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Link {
  /** Probabilities. */
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  readonly delayMs: number;
  readonly jitterMs: number;
  /** The largest payload that gets through, and whether whoever sends more is told of it, as by ICMP, which may be lost. */
  readonly path?: { readonly mss: number; readonly tells: boolean };
}

export interface Side {
  readonly open: 'active' | 'passive';
  readonly options: OpenOptions;
  /** Bytes to write, in pieces of `pieceBytes`, and then CLOSE. */
  readonly bytes: number;
  readonly pieceBytes: number;
  /** How long what is delivered stays unread. */
  readonly readDelayMs: number;
}

/** What became of one side. */
export interface Outcome {
  readonly tcb: Tcb;
  readonly reason: CloseReason | undefined;
  readonly delivered: number;
  /** Every byte that was delivered was the one written at its place. */
  readonly inOrder: boolean;
  readonly peerClosed: boolean;
  /** The largest reassembly queue, in bytes. */
  readonly mostKept: number;
  readonly sent: number;
}

/** What each side writes: the two streams differ, and no short shift maps one to itself. */
const STREAMS = [0, 1].map((side) =>
  new Uint8Array(1_500_000).map((_, offset) => (offset * 31 + (offset >> 8) * 7 + side * 101) & 0xff),
);
const NOTHING = new Uint8Array(0);

class Endpoint {
  tcb: Tcb | undefined;
  reason: CloseReason | undefined;
  delivered = 0;
  written = 0;
  inOrder = true;
  peerClosed = false;
  mostKept = 0;
  sent = 0;

  constructor(
    readonly world: World,
    readonly index: 0 | 1,
    readonly side: Side,
  ) {}

  start(): void {
    if (this.side.open === 'active') this.took(activeOpen(this.side.options, this.world.now));
  }

  hears(segment: IncomingSegment): void {
    if (this.tcb !== undefined) {
      this.does({ type: 'segment', segment });
    } else if (segment.flags === TcpFlag.SYN) {
      this.took(passiveOpen(this.side.options, segment, this.world.now));
    } else {
      const reset = resetFor(segment);
      if (reset !== undefined) this.world.carry(this.index, reset);
    }
  }

  does(event: TcpEvent): void {
    if (this.tcb !== undefined) this.took(step(this.tcb, event, this.world.now));
  }

  took({ tcb, actions }: Step): void {
    this.tcb = tcb;
    const kept = tcb.reassembly.pieces.reduce((sum, { data }) => sum + data.length, 0);
    if (kept > this.mostKept) this.mostKept = kept;
    for (const action of actions) this.acts(action);
  }

  acts(action: TcpAction): void {
    switch (action.type) {
      case 'send':
        this.sent++;
        this.world.carry(this.index, action.segment);
        return;
      case 'deliver': {
        const expected = STREAMS[1 - this.index] ?? NOTHING;
        for (const byte of action.data) if (byte !== expected[this.delivered++]) this.inOrder = false;
        const bytes = action.data.length;
        if (this.side.readDelayMs === Infinity) return;
        this.world.later(this.side.readDelayMs, () => {
          this.does({ type: 'consumed', bytes });
        });
        return;
      }
      case 'established':
        this.world.later(0, () => {
          this.writeOn();
        });
        return;
      case 'peer-closed':
        this.peerClosed = true;
        return;
      case 'ended':
        this.reason = action.reason;
        return;
      case 'acknowledged':
      case 'state':
      case 'drop':
        return;
    }
  }

  /** Writes a piece, and the next one a little later, and CLOSE at the end. */
  writeOn(): void {
    const { bytes, pieceBytes } = this.side;
    const length = Math.min(pieceBytes, bytes - this.written);
    if (length === 0) {
      this.does({ type: 'close' });
      return;
    }
    const data = (STREAMS[this.index] ?? NOTHING).subarray(this.written, this.written + length);
    this.written += length;
    this.does({ type: 'write', data });
    this.world.later(1, () => {
      this.writeOn();
    });
  }

  outcome(): Outcome {
    const { tcb, reason, delivered, inOrder, peerClosed, mostKept, sent } = this;
    if (tcb === undefined) throw new Error('never opened');
    return { tcb, reason, delivered, inOrder, peerClosed, mostKept, sent };
  }
}

const dueAt = (side: Endpoint): number => (side.tcb && pollAt(side.tcb)) ?? Infinity;

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Runs two sides until nothing is left to happen. */
export class World {
  now: Millis = millis(0);
  readonly #random: () => number;
  link: Link;
  readonly #sides: readonly [Endpoint, Endpoint];
  #due: Due[] = [];
  #order = 0;

  constructor(seed: number, link: Link, sides: readonly [Side, Side]) {
    this.#random = random(seed);
    this.link = link;
    this.#sides = [new Endpoint(this, 0, sides[0]), new Endpoint(this, 1, sides[1])];
  }

  run(mostEvents = 200_000): readonly [Outcome, Outcome] {
    const [a, b] = this.#sides;
    a.start();
    b.start();
    for (let events = 0; this.#next(); events++) {
      if (events >= mostEvents) throw new Error(`still busy at ${String(this.now)} ms`);
    }
    return [a.outcome(), b.outcome()];
  }

  later(delayMs: number, run: () => void): void {
    const due = { at: this.now + delayMs, order: this.#order++, run };
    let index = this.#due.length;
    while (index > 0 && (this.#due[index - 1]?.at ?? 0) > due.at) index--;
    this.#due.splice(index, 0, due);
  }

  /** One side's user gives up. */
  abort(index: 0 | 1): void {
    this.#sides[index].does({ type: 'abort' });
  }

  delivered(index: 0 | 1): number {
    return this.#sides[index].delivered;
  }

  /** A segment that neither side sent reaches both. */
  forge(segment: IncomingSegment): void {
    for (const side of this.#sides) side.hears(segment);
  }

  /** Puts a segment on the link, where it may be lost, doubled, overtaken. */
  carry(from: 0 | 1, sent: OutgoingSegment): void {
    const { loss, duplication, reordering, delayMs, jitterMs, path } = this.link;
    if (path !== undefined && sent.payload.length + optionBytes(sent.options) > path.mss) {
      if (path.tells && this.#random() >= loss) {
        this.later(delayMs, () => {
          this.#sides[from].does({ type: 'path-mtu', mss: path.mss });
        });
      }
      return;
    }
    const to = this.#sides[from === 0 ? 1 : 0];
    const segment: IncomingSegment = {
      seq: seq(sent.seq),
      ack: seq(sent.ack),
      flags: sent.flags,
      window: sent.window,
      options: sent.options,
      // What is on the link is no longer the sender's.
      payload: sent.payload.slice(),
    };
    const copies = this.#random() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.#random() < loss) continue;
      const late = this.#random() < reordering ? this.#random() * 4 * jitterMs : 0;
      this.later(delayMs + this.#random() * jitterMs + late, () => {
        to.hears(segment);
      });
    }
  }

  /** The next thing to happen: something due, or a timer of one of the machines. */
  #next(): boolean {
    const [first] = this.#due;
    const [a, b] = this.#sides;
    const timer = dueAt(b) < dueAt(a) ? b : a;
    const at = dueAt(timer);
    if (at < Infinity && at <= (first?.at ?? Infinity)) {
      this.now = millis(Math.max(this.now, at));
      timer.does({ type: 'timer' });
      return true;
    }
    if (first === undefined) return false;
    this.#due.shift();
    this.now = millis(Math.max(this.now, first.at));
    first.run();
    return true;
  }
}
