/** One end of a connection made by hand, segment by segment, in packetdrill's notation with numbers relative to both ISNs. */
import type { Socket } from 'node:net';
import { receiveSegment } from '../../driver/receive.js';
import { Listeners } from '../../driver/listeners.js';
import { noKernelBehind } from '../../driver/not-adopted.js';
import type { PacketPort, Unsubscribe } from '../../driver/ports.js';
import type { Flow } from '../../wire/flow.js';
import {
  emitPacket,
  formatNotationError,
  formatSegment,
  parseNotation,
  segmentOf,
  TcpFlag,
  type PacketInit,
  type SegmentFormat,
  type TcpInit,
  type TcpSegment,
} from '../../wire/index.js';
import { until } from '../until.js';
import { handOverOf, Side } from './hand-over.js';

/** Our initial sequence number; any will do, and a round one is easy to recognise in a capture. */
export const ISS = 1000;

/** Of those that nobody has asked for; what comes then is lost, as where a receive queue is full. */
const MOST_WAITING = 50_000;

/** Opened by `Bench.byHand` and `openEndpoint`. */
export class Endpoint {
  readonly #port: PacketPort;
  readonly #arrivals = new Listeners<undefined>();
  readonly #received: TcpSegment[] = [];
  /** The other side's initial sequence number, once its SYN was seen. */
  #irs: number | undefined;
  readonly #ourSide = new Side();
  readonly #theirSide = new Side();

  constructor(
    port: PacketPort,
    readonly flow: Flow,
    private readonly signal: AbortSignal | undefined,
    /** Our initial sequence number. */
    readonly iss = ISS,
  ) {
    this.#port = port;
    port.onPacket((bytes) => {
      const received = receiveSegment(bytes, flow, port.transport);
      if (!received.ok) return;
      if ((received.segment.flags & TcpFlag.SYN) !== 0) this.#irs ??= received.segment.seq;
      this.#theirSide.saw(received.segment);
      if (this.#received.length < MOST_WAITING) this.#received.push(received.segment);
      this.#arrivals.emit(undefined);
    });
  }

  /** What is absolute in the packets, and counted from 0 in the notation: for what we send. */
  get #ours(): SegmentFormat {
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
   * Sends a segment: `S 0:0(0) win 64240 <mss 1460>`, numbers relative to both initial sequence numbers, the other
   * side's being 0 as long as it has not sent a SYN. `more`: what the notation does not say, such as a payload or a
   * wrong checksum.
   */
  send(notation: string, more: TcpInit = {}): void {
    const parsed = parseNotation(notation, this.#ours);
    if (!parsed.ok) throw new TypeError(formatNotationError(parsed.error));
    this.#ourSide.saw(parsed.value);
    this.sendPacket({ tcp: { ...segmentOf(parsed.value), ...more } });
  }

  /** Sends a packet between the flow's addresses, and its ports if it carries TCP. */
  sendPacket({ tcp, ...rest }: Omit<PacketInit, 'ip'>): void {
    const { src, dst, srcPort, dstPort } = this.flow;
    const ip: PacketInit['ip'] = { version: src.includes(':') ? 6 : 4, src, dst };
    this.#port.send(emitPacket({ ...rest, ip, ...(tcp !== undefined && { tcp: { srcPort, dstPort, ...tcp } }) }));
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
   * The next segment that arrives, or has arrived and was not asked for yet.
   * @throws {RawshakeError} RS_TIMED_OUT; RS_INTERRUPTED when the run is aborted
   */
  async next(): Promise<TcpSegment> {
    await until(
      'the next segment',
      () => this.#received.length > 0,
      (check) => this.#arrivals.add(check),
      this.signal,
    );
    const segment = this.#received.shift();
    if (segment === undefined) throw new TypeError('nothing was received after all');
    return segment;
  }

  /** The next segment in notation, without window and options: `S. 0:0(0) ack 1`. Throws as `next` does. */
  async answer(): Promise<string> {
    return this.say(await this.next());
  }

  /** A received segment in notation, without window and options. */
  say(segment: TcpSegment): string {
    return formatSegment(segment, this.theirs).replace(/ win .*/, '');
  }

  /** A segment that left this side, by this hand or its kernel, in notation, without window and options. */
  sayOurs(segment: TcpSegment): string {
    return formatSegment(segment, this.#ours).replace(/ win .*/, '');
  }

  /** What has arrived and was not asked for yet, in notation. */
  get waiting(): readonly string[] {
    return this.#received.map((segment) => this.say(segment));
  }

  /** As `waiting`; asking takes it away. */
  unasked(): readonly string[] {
    return this.#received.splice(0).map((segment) => this.say(segment));
  }

  /**
   * Gives the connection to this host's kernel, which carries it on from here: `seq` is the next byte to send, all before
   * it being acknowledged, `ack` the next to be received; both relative, as in the notation.
   * @throws {RawshakeError} RS_NO_PRIVILEGE, RS_NOT_ADOPTED
   */
  adopt({ seq, ack }: { readonly seq: number; readonly ack: number }): Socket {
    const { seqBase = 0, ackBase = 0 } = this.#ours;
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
