/** A connection under test and its scripted other side, in packetdrill's words and relative sequence numbers. */
import {
  activeOpen,
  listen,
  millis,
  passiveOpen,
  pollAt,
  step,
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
import { TcpFlag } from '../../src/wire/tcp.js';
import type { TcpOption } from '../../src/wire/tcp-options.js';

/** Ours starts right below the wrap, so that every test crosses it. */
export const OUR_ISS = 0xffff_fffe;
export const THEIR_ISS = 0x7fff_fff0;

/** Nothing negotiated, no delayed ACKs: what a test is not about does not stand in its way. */
const PLAIN: OpenOptions = { iss: OUR_ISS, mss: 1000, window: 10_000, delayedAckMs: 0 };

const LETTERS: Readonly<Record<string, number>> = {
  F: TcpFlag.FIN,
  S: TcpFlag.SYN,
  R: TcpFlag.RST,
  P: TcpFlag.PSH,
  '.': TcpFlag.ACK,
};

/** The bytes of a stream from `offset` on: the alphabet, over and over. */
export const textAt = (offset: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => 97 + ((offset + i + 26) % 26));

export const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/**
 * `S. 0:0(0) ack 1 win 8000 <mss 1000>` as a segment of the other side. Its bytes are those of `textAt`, offset 0 being
 * sequence number 1. Numbers count from the initial ones of `seqBase` and `ackBase`.
 */
export function segment(line: string, seqBase = THEIR_ISS, ackBase = OUR_ISS): IncomingSegment {
  const parts = /^([FSRP.]+) (-?\d+):(-?\d+)\((\d+)\)(?: ack (-?\d+))?(?: win (\d+))?(?: <(.*)>)?$/.exec(line);
  if (parts === null) throw new Error(`not a segment: ${line}`);
  const [, letters = '', start = '', end, length = '', ack, window = '8000', options = ''] = parts;
  if (Number(start) + Number(length) !== Number(end)) throw new Error(`does not add up: ${line}`);
  return {
    seq: seq(seqBase + Number(start)),
    ack: seq(ack === undefined ? 0 : ackBase + Number(ack)),
    flags: letters.split(/(?=.)/).reduce((mask, letter) => mask | (LETTERS[letter] ?? 0), 0),
    window: Number(window),
    options: options === '' ? [] : options.split(',').map((word) => optionOf(word, ackBase)),
    payload: textAt(Number(start) - 1, Number(length)),
  };
}

function optionOf(word: string, ackBase: number): TcpOption {
  const [kind = '', ...values] = word.split(' ');
  const [first = 0, second = 0] = values.map(Number).filter((n) => !Number.isNaN(n));
  switch (kind) {
    case 'mss':
      return { kind: 'mss', mss: first };
    case 'wscale':
      return { kind: 'wscale', shift: first };
    case 'TS':
      return { kind: 'timestamps', value: first, echo: second };
    case 'sackOK':
      return { kind: 'sackOK' };
    case 'nop':
      return { kind: 'nop' };
    case 'sack':
      return {
        kind: 'sack',
        blocks: values.map((edges) => {
          const [left = 0, right = 0] = edges.split(':').map((n) => seq(ackBase + Number(n)));
          return [left, right] as const;
        }),
      };
    default:
      throw new Error(`no such option: ${word}`);
  }
}

function lineOf(sent: OutgoingSegment): string {
  const { flags, payload, window, options } = sent;
  const acks = (flags & TcpFlag.ACK) !== 0;
  const from = (sent.seq - OUR_ISS) | 0;
  const letters = Object.entries(LETTERS)
    .filter(([, flag]) => (flags & flag) !== 0)
    .map(([letter]) => letter)
    .join('');
  const ack = acks ? ` ack ${String((sent.ack - THEIR_ISS) | 0)}` : '';
  const words = options.length === 0 ? '' : ` <${options.map(wordOf).join(',')}>`;
  return `${letters} ${String(from)}:${String(from + payload.length)}(${String(payload.length)})${ack} win ${String(window)}${words}`;
}

function wordOf(option: TcpOption): string {
  if (option.kind === 'mss') return `mss ${String(option.mss)}`;
  if (option.kind === 'wscale') return `wscale ${String(option.shift)}`;
  if (option.kind === 'timestamps') return `TS val ${String(option.value)} ecr ${String(option.echo)}`;
  if (option.kind !== 'sack') return option.kind;
  const relative = (n: number): string => String((n - THEIR_ISS) | 0);
  return ['sack', ...option.blocks.map(([left, right]) => `${relative(left)}:${relative(right)}`)].join(' ');
}

export class Scene {
  tcb: Tcb;
  now: Millis = millis(0);
  #actions: TcpAction[] = [];

  private constructor(first: Step) {
    this.tcb = first.tcb;
    this.#actions.push(...first.actions);
  }

  /** After the active OPEN call; the SYN is sent. */
  static active(options: Partial<OpenOptions> = {}): Scene {
    return new Scene(activeOpen({ ...PLAIN, ...options }, millis(0)));
  }

  /** A connection in LISTEN of its own. */
  static listening(options: Partial<OpenOptions> = {}): Scene {
    return new Scene(listen({ ...PLAIN, ...options }, millis(0)));
  }

  /** After a SYN met a listener. */
  static accepted(syn = 'S 0:0(0) <mss 1000>', options: Partial<OpenOptions> = {}): Scene {
    return new Scene(passiveOpen({ ...PLAIN, ...options }, segment(syn), millis(0)));
  }

  /** Opened actively and established; what led there is taken note of already. */
  static established(options: Partial<OpenOptions> = {}, synAck = 'S. 0:0(0) ack 1 win 8000 <mss 1000>'): Scene {
    const scene = Scene.active(options).receives(synAck);
    scene.actions();
    return scene;
  }

  happens(event: TcpEvent): this {
    const next = step(this.tcb, event, this.now);
    this.tcb = next.tcb;
    this.#actions.push(...next.actions);
    return this;
  }

  /** Segments of the other side, one after the other, numbers relative to the initial ones. */
  receives(...lines: readonly string[]): this {
    for (const line of lines) this.happens({ type: 'segment', segment: segment(line) });
    return this;
  }

  /** `length` bytes of the alphabet. */
  writes(length: number): this {
    return this.happens({ type: 'write', data: textAt(this.tcb.sendQueue.end, length) });
  }

  closes = (): this => this.happens({ type: 'close' });
  aborts = (): this => this.happens({ type: 'abort' });
  consumes = (bytes: number): this => this.happens({ type: 'consumed', bytes });

  /** Lets time pass, timers going off when they are due. */
  waits(ms: number): this {
    const until = this.now + ms;
    for (let due = pollAt(this.tcb); due !== undefined && due <= until; due = pollAt(this.tcb)) {
      if (due > this.now) this.now = due;
      this.happens({ type: 'timer' });
    }
    this.now = millis(until);
    return this;
  }

  /** All actions since they were last asked for. */
  actions(): readonly TcpAction[] {
    return this.#actions.splice(0);
  }

  /** What was sent since the actions were last asked for; the rest is forgotten. */
  sent(): readonly string[] {
    return this.actions().flatMap((action) => (action.type === 'send' ? [lineOf(action.segment)] : []));
  }

  /** What was said to the user since, without what was sent. */
  said(): readonly string[] {
    return this.actions().flatMap((action) => {
      switch (action.type) {
        case 'send':
          return [];
        case 'deliver':
          return [`deliver ${text(action.data)}`];
        case 'state':
          return [action.to];
        case 'acknowledged':
          return [`acknowledged ${String(action.bytes)}`];
        case 'ended':
          return [`ended ${action.reason}`];
        case 'drop':
          return [`drop: ${action.why}`];
        case 'established':
        case 'peer-closed':
          return [action.type];
      }
    });
  }

  /** The clauses of what was sent and dropped since. */
  clauses(): readonly string[] {
    return this.actions().map((action) => action.clause);
  }

  get state(): string {
    return this.tcb.state;
  }

  /** Milliseconds until the next timer. */
  get due(): number | undefined {
    const due = pollAt(this.tcb);
    return due === undefined ? undefined : due - this.now;
  }
}
