/** One end of a connection made by hand, segment by segment, in packetdrill's notation with numbers relative to both ISNs. */
import type { Socket } from 'node:net';
import { receiveSegment } from '../../driver/receive.js';
import type { Text } from '../../error.js';
import { Listeners } from '../../driver/listeners.js';
import { noKernelBehind } from '../../driver/not-adopted.js';
import type { PacketPort, Unsubscribe } from '../../driver/ports.js';
import type { Flow } from '../../wire/flow.js';
import {
  emitPacket,
  formatSegment,
  parsePacket,
  segmentOf,
  TcpFlag,
  type PacketInit,
  type SegmentFormat,
  type TcpInit,
  type TcpSegment,
} from '../../wire/index.js';
import { inTime, PATIENCE_MS, timedOut } from '../until.js';
import { differences, ExpectationError, readPacket, unexpected, type Unexpected } from './expectation.js';
import { handOverOf, Side } from './hand-over.js';
import { Received, Sent } from './progress.js';

/** Our initial sequence number; any will do, and a round one is easy to recognise in a capture. */
export const ISS = 1000;

/** A kernel on the other end of a lab's link answers within microseconds; what its timers send, it may send later. */
const EXPECT_WITHIN_MS = 1000;

/** Longer than a kernel delays an ACK (40 ms), shorter than it waits before it sends anything again (200 ms). */
const SILENCE_MS = 100;

/** Of those that nobody has asked for; what comes then is lost, as where a receive queue is full. */
const MOST_WAITING = 50_000;

/** What the notation does not say, such as a wrong checksum; where both say something, this goes out. */
export interface SendFields extends Omit<TcpInit, 'payload'> {
  /** Text goes out as UTF-8. Zeros, as many as the notation says, where left out. */
  readonly payload?: Uint8Array | string;
}

export interface ExpectOptions {
  /** Default: 1000. With 0, it is to have arrived already. */
  readonly withinMs?: number;
  /** Whether others may come before it, which are passed over. Default: false, the next segment is to be it. */
  readonly skip?: boolean;
}

/** Of `next` and `answer`, where that nothing comes is a result. */
export interface WithinMs {
  /** 0: it is to have arrived already. */
  readonly withinMs: number;
}

export interface EndpointSettings {
  readonly iss?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether this side's own kernel has sent a RST on the flow, where that can be known: errors say so. */
  readonly hasReset?: () => boolean;
}

/** The answer where none came: as facts and exercises say it. */
const NO_ANSWER = 'none';

/**
 * Opened by `Bench.byHand` and `openEndpoint`. It answers nothing by itself.
 *
 * @example
 * client.send('S <mss 1460>');
 * await client.expect('S. 0:0(0) ack 1 <...>');
 * client.send('.'); // . 1:1(0) ack 1
 * client.send('P.', { payload: 'hello' }); // P. 1:6(5) ack 1
 * await client.expect('. 1:1(0) ack 6');
 */
export class Endpoint {
  /** Our initial sequence number. */
  readonly iss: number;
  readonly #port: PacketPort;
  readonly #signal: AbortSignal | undefined;
  readonly #hasReset: () => boolean;
  readonly #arrivals = new Listeners<undefined>();
  readonly #received: TcpSegment[] = [];
  /** The other side's initial sequence number, once its SYN was seen. */
  #irs: number | undefined;
  readonly #ourSide = new Side();
  readonly #theirSide = new Side();
  readonly #ourProgress: Sent;
  readonly #theirProgress = new Received();

  constructor(
    port: PacketPort,
    readonly flow: Flow,
    { iss = ISS, signal, hasReset = () => false }: EndpointSettings = {},
  ) {
    this.#hasReset = hasReset;
    this.#port = port;
    this.#signal = signal;
    this.iss = iss;
    this.#ourProgress = new Sent(iss);
    port.onPacket((bytes) => {
      const received = receiveSegment(bytes, flow, port.transport);
      if (!received.ok) return;
      if ((received.segment.flags & TcpFlag.SYN) !== 0) this.#irs ??= received.segment.seq;
      this.#theirSide.saw(received.segment);
      this.#theirProgress.saw(received.segment);
      if (this.#received.length < MOST_WAITING) this.#received.push(received.segment);
      this.#arrivals.emit(undefined);
    });
  }

  /** What is absolute in the packets, and counted from 0 in the notation: for what we send. */
  get ours(): SegmentFormat {
    return { seqBase: this.iss, ackBase: this.#irs };
  }

  /** The same for what we receive. */
  get theirs(): SegmentFormat {
    return { seqBase: this.#irs, ackBase: this.iss };
  }

  /** The other side's initial sequence number, once its SYN was seen. */
  get irs(): number | undefined {
    return this.#irs;
  }

  /**
   * Sends a segment: `S 0:0(0) win 64240 <mss 1460>`, numbers relative to both initial sequence numbers, the other side's being 0 as
   * long as it has not sent a SYN. A given field goes out as it is; what is left out is filled in: without `START:END(LENGTH)` the
   * number behind all that was sent, and the payload's length; without `ack`, where the flag is set, all that has come in order.
   * Options are as written, the window is 65535 where left out.
   * @throws {RawshakeError} RS_USAGE where it is no packet
   */
  send(packet: string, { payload, ...fields }: SendFields = {}): void {
    const written = segmentOf(readPacket(packet, this.ours));
    const ack = ((written.flags as number) & TcpFlag.ACK) === 0 ? undefined : this.#theirProgress.next;
    this.sendPacket({
      tcp: {
        seq: this.#ourProgress.next,
        ...(ack !== undefined && { ack }),
        ...written,
        ...(payload !== undefined && { payload: typeof payload === 'string' ? UTF8.encode(payload) : payload }),
        ...fields,
      },
    });
  }

  /** Sends a packet between the flow's addresses, and its ports if it carries TCP; nothing is filled in of what was sent before. */
  sendPacket({ tcp, ...rest }: Omit<PacketInit, 'ip'>): void {
    const { src, dst, srcPort, dstPort } = this.flow;
    const ip: PacketInit['ip'] = { version: src.includes(':') ? 6 : 4, src, dst };
    const bytes = emitPacket({ ...rest, ip, ...(tcp !== undefined && { tcp: { srcPort, dstPort, ...tcp } }) });
    const sent = parsePacket(bytes);
    // Before it leaves: the answer may be there when the port's `send` returns.
    if (sent.ok && sent.value.tcp !== undefined) {
      this.#ourSide.saw(sent.value.tcp);
      this.#ourProgress.saw(sent.value.tcp);
    }
    this.#port.send(bytes);
  }

  /**
   * Waits for a segment: `S. 0:0(0) ack 1 <...>`, numbers relative to both initial sequence numbers. What is left out is any, but for
   * options: none where none are written, `<...>` any, `<mss 1460,...>` any others among these. All that came before it and was not
   * asked for would have failed it, so that the next answer proves the silence before it.
   * @returns the segment
   * @throws {ExpectationError} RS_UNEXPECTED where another one came, or none in time; what came is taken
   * @throws {RawshakeError} RS_USAGE where it is no packet; RS_INTERRUPTED when the run is aborted
   */
  async expect(packet: string, { withinMs = EXPECT_WITHIN_MS, skip = false }: ExpectOptions = {}): Promise<TcpSegment> {
    const pattern = readPacket(packet);
    const came: Unexpected[] = [];
    const until = performance.now() + withinMs;
    while (await this.#arrives(until - performance.now())) {
      const segment = this.#take();
      const mismatches = differences(segment, pattern, this.theirs);
      if (mismatches.length === 0) return segment;
      came.push(unexpected(segment, this.theirs, mismatches));
      if (!skip) break;
    }
    came.push(...this.#takeAll());
    throw new ExpectationError({ packet, skip, forMs: withinMs, came, ownReset: this.#hasReset() });
  }

  /**
   * Holds where nothing has come that was not asked for, and nothing comes.
   * @param forMs how long; with 0, up to now
   * @throws {ExpectationError} RS_UNEXPECTED as soon as something comes, which is taken
   * @throws {RawshakeError} RS_INTERRUPTED when the run is aborted
   */
  async silence(forMs = SILENCE_MS): Promise<void> {
    if (await this.#arrives(forMs)) throw new ExpectationError({ forMs, came: this.#takeAll() });
  }

  /** Whether a segment is there, or comes in time. */
  async #arrives(withinMs: number): Promise<boolean> {
    this.#port.poll?.();
    if (this.hasNext) return true;
    if (withinMs <= 0) return false;
    const onArrival = (check: () => void): Unsubscribe => this.#arrivals.add(check);
    if (await inTime({ en: 'a segment', zh: '报文段' }, () => this.hasNext, onArrival, this.#signal, withinMs))
      return true;
    // Where this process was held up, it may be there and not have been read.
    this.#port.poll?.();
    return this.hasNext;
  }

  /** The first of those that wait. */
  #take(): TcpSegment {
    const segment = this.#received.shift();
    if (segment === undefined) throw new TypeError('nothing was received after all');
    return segment;
  }

  #takeAll(): readonly Unexpected[] {
    return this.#received.splice(0).map((segment) => unexpected(segment, this.theirs));
  }

  /** Whether a segment has arrived that was not asked for yet. */
  get hasNext(): boolean {
    return this.#received.length > 0;
  }

  /** Called at each segment that arrives: for waiting for that or something else. */
  onArrival(listener: () => void): Unsubscribe {
    return this.#arrivals.add(listener);
  }

  /**
   * The next segment that arrives, or has arrived and was not asked for yet; with a time, undefined where none comes within it.
   * @throws {RawshakeError} RS_TIMED_OUT without a time, after ten seconds; RS_INTERRUPTED when the run is aborted
   */
  async next(): Promise<TcpSegment>;
  async next(within: WithinMs): Promise<TcpSegment | undefined>;
  async next(within?: WithinMs): Promise<TcpSegment | undefined> {
    if (await this.#arrives(within?.withinMs ?? PATIENCE_MS)) return this.#take();
    if (within === undefined) throw timedOut(NEXT, PATIENCE_MS, NOTHING_MAY_COME);
    return undefined;
  }

  /**
   * The next segment in notation, without window and options: `S. 0:0(0) ack 1`; with a time, `none` where none comes within it.
   * Throws as `next` does.
   */
  async answer(within?: WithinMs): Promise<string> {
    const segment = await (within === undefined ? this.next() : this.next(within));
    return segment === undefined ? NO_ANSWER : this.say(segment);
  }

  /** A received segment in notation, without window and options. */
  say(segment: TcpSegment): string {
    return formatSegment(segment, this.theirs).replace(/ win .*/, '');
  }

  /** A segment that left this side, by hand or by its kernel, in notation, without window and options. */
  sayOurs(segment: TcpSegment): string {
    return formatSegment(segment, this.ours).replace(/ win .*/, '');
  }

  /** What has arrived and was not asked for yet, in notation. */
  get waiting(): readonly string[] {
    return this.#received.map((segment) => this.say(segment));
  }

  /**
   * Gives the connection to this host's kernel, which carries it on from here: `seq` is the next byte to send, all before
   * it being acknowledged, `ack` the next to be received; both relative, as in the notation.
   * @throws {RawshakeError} RS_NO_PRIVILEGE, RS_NOT_ADOPTED
   */
  adopt({ seq, ack }: { readonly seq: number; readonly ack: number }): Socket {
    const { seqBase = 0, ackBase = 0 } = this.ours;
    const connection = handOverOf(this.#ourSide, this.#theirSide, seq + seqBase, ack + ackBase);
    if (this.#port.adopt === undefined) throw noKernelBehind();
    return this.#port.adopt(connection, { flow: this.flow, allowHalfOpen: false });
  }

  /** Idempotent. */
  close(): void {
    this.#port.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const UTF8 = new TextEncoder();

const NEXT: Text = { en: 'the next segment', zh: '下一个报文段' };

const NOTHING_MAY_COME: Text = {
  en: 'Where silence is a result, say how long to wait: answer({ withinMs: 500 }) gives none then, next({ withinMs: 500 }) undefined.',
  zh: '若静默也是结果，请说明等多久：没有等到时，answer({ withinMs: 500 }) 给出 none，next({ withinMs: 500 }) 给出 undefined。',
};
