/** Answers SYNs by hand: a server that looks like net.Server, though nothing listens. RFC 9293 §3.10.7.2. */
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import {
  canUseCookies,
  COOKIE_VALID_MS,
  mayReplace,
  passiveOpen,
  resetFor,
  type Step,
  SynCookies,
  SYN_WITH_FIN,
} from '../tcp/index.js';
import type { Millis } from '../tcp/types.js';
import { emitPacket, TcpFlag, type TcpSegment } from '../wire/index.js';
import { type Flow, reverseFlow } from '../wire/flow.js';
import { type Outlet, sendSegment } from './carry-out.js';
import { Demultiplexer } from './demultiplexer.js';
import { HalfOpenTable } from './half-open.js';
import { type IcmpError, quotedFlow } from './icmp.js';
import { DROPPED, type ListenOptions, type Pressure } from './listen-options.js';
import { initialSequenceNumber, keyedHash } from './iss.js';
import { KernelFlows } from './kernel-flows.js';
import { isTooLong, PacketNotSent } from './not-sent.js';
import type { PacketPort, Unsubscribe } from './ports.js';
import { RateLimit } from './rate-limit.js';
import { RawConnection } from './raw-connection.js';
import { readSegment } from './receive.js';
import { CROWDED_BYTES, ServerOffer } from './server-offer.js';
import type { TraceEntry } from './trace.js';

export interface ServerEvents {
  connection: [connection: RawConnection];
  error: [error: Error];
  /** Said for every packet that it happens to. */
  pressure: [pressure: Pressure];
  close: [];
}

const DEFAULT_BACKLOG = 1024;
const DEFAULT_MAX_CONNECTIONS = 8192;
/** To all strangers together; FreeBSD's icmplim. */
const RESETS_PER_SECOND = 200;

/** Emits `connection` for each completed handshake, `error` where the port cannot send, `close` when all is over. */
export class RawServer extends EventEmitter<ServerEvents> {
  readonly #options: ListenOptions;
  readonly #connections = new Map<string, RawConnection>();
  /** Those whose stream is over and whose machine is not, TIME-WAIT among them; the oldest first. */
  readonly #orphans = new Set<RawConnection>();
  readonly #halfOpen: HalfOpenTable;
  readonly #kernel: KernelFlows;
  readonly #demultiplexer: Demultiplexer;
  /** undefined where there can be none. */
  readonly #cookies: SynCookies | undefined;
  readonly #resets: RateLimit;
  readonly #offer: ServerOffer;
  #subscriptions: readonly Unsubscribe[];
  #lastCookieAt = -Infinity;
  #refused = 0;
  #accepting = true;

  constructor(options: ListenOptions) {
    super();
    const { port, clock, tcp = {} } = options;
    this.#options = options;
    this.#offer = new ServerOffer(options, () => this.#isCrowded);
    const { common, offsetOf } = this.#offer;
    this.#cookies = canUseCookies(tcp) ? new SynCookies(common, keyedHash(), offsetOf) : undefined;
    this.#demultiplexer = new Demultiplexer(port);
    this.#kernel = new KernelFlows(clock, options.areOwnedByKernel);
    this.#resets = new RateLimit(RESETS_PER_SECOND, clock);
    this.#halfOpen = new HalfOpenTable({
      clock,
      outlet: (flow) => this.#outlet(flow),
      onEstablished: (flow, step) => {
        this.#connect(flow, step);
      },
      onEnded: () => {
        this.#finishIfOver();
      },
    });
    this.#subscriptions = [
      port.onPacket((packet) => {
        this.#receive(packet);
      }),
      port.onError((error) => {
        this.#fail(error);
      }),
      port.onIcmp?.((error) => {
        this.#hear(error);
      }) ?? nothing,
      port.onRefused?.(({ packet, why }) => {
        this.#refuse(readSegment(packet).flow, why);
      }) ?? nothing,
    ];
  }

  /** Whether SYNs are answered. */
  get listening(): boolean {
    return this.#accepting;
  }

  /** Connections and handshakes under way, those in TIME-WAIT among them. */
  get connections(): number {
    return this.#connections.size + this.#halfOpen.size;
  }

  /** Packets that no TCP may look at, and that were dropped: the trace says why. */
  get refused(): number {
    return this.#refused;
  }

  /** As of net.Server. */
  getConnections(callback: (error: Error | null, count: number) => void): void {
    const count = this.connections;
    process.nextTick(() => {
      callback(null, count);
    });
  }

  address(): { readonly address: string; readonly port: number; readonly family: 'IPv4' | 'IPv6' } {
    const { address, localPort } = this.#options;
    return { address, port: localPort, family: address.includes(':') ? 'IPv6' : 'IPv4' };
  }

  /** Answers no more SYNs; `close` is emitted once the last connection is gone. */
  close(onClose?: () => void): this {
    if (onClose !== undefined) this.once('close', onClose);
    if (!this.#accepting) return this;
    this.#accepting = false;
    this.#finishIfOver();
    return this;
  }

  /** Ends every connection by RST, but those that were closed in order: they go on being sent to their end. */
  resetAllConnections(): void {
    this.#halfOpen.abortAll();
    for (const connection of [...this.#connections.values()]) if (!connection.destroyed) connection.resetAndDestroy();
  }

  /** Closes, and forgets every connection as it stands: nothing more is sent. */
  abandon(): void {
    this.close();
    this.#halfOpen.abandonAll();
    for (const connection of [...this.#connections.values()]) connection.abandon();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this, 'close');
    this.close();
    this.#halfOpen.abortAll();
    for (const connection of [...this.#connections.values()]) connection.resetAndDestroy();
    await closed;
  }

  #receive(bytes: Uint8Array): void {
    const received = readSegment(bytes, this.#options.port.transport);
    const { flow } = received;
    if (!received.ok || flow === undefined || isLand(flow)) {
      this.#refuse(flow, received.ok ? 'source and destination are the same' : received.why);
      return;
    }
    if (flow.src !== this.#options.address || flow.srcPort !== this.#options.localPort) return;
    this.#take(flow, received.segment, bytes);
  }

  /** `isNobodys`: the kernel was asked about the flow in this turn, and has no socket for it. */
  #take(flow: Flow, segment: TcpSegment, bytes: Uint8Array, isNobodys = false): void {
    const key = keyOf(flow);
    const existing = this.#connections.get(key);
    if (existing !== undefined && mayReplace(existing.tcb, segment)) existing.abandon();
    if (this.#demultiplexer.deliver(flow, bytes)) return;
    if (this.#halfOpen.has(key)) {
      if (isReset(segment) || this.#hasRoom()) this.#halfOpen.receive(key, segment, bytes);
      else this.#drop(flow, 'connection-dropped');
    } else if (isNobodys) {
      this.#meetStranger(flow, segment, bytes);
    } else if (this.#kernel.has(key, segment.flags)) {
      this.#leaveToKernel(flow);
    } else if (!isReset(segment)) {
      this.#findOwner(key, flow, segment, bytes);
    }
  }

  /** The kernel is asked before a stranger is answered; what has come meanwhile may have made the flow one of ours. */
  #findOwner(key: string, flow: Flow, segment: TcpSegment, bytes: Uint8Array): void {
    const isAsked = this.#kernel.ask(key, flow, (isKernels) => {
      if (isKernels) this.#leaveToKernel(flow);
      else if (this.#subscriptions.length > 0) this.#take(flow, segment, bytes, true);
    });
    if (!isAsked) this.#drop(flow, 'look-up-withheld');
  }

  #hear(error: IcmpError): void {
    const flow = quotedFlow(error);
    if (flow?.src !== this.#options.address || flow.srcPort !== this.#options.localPort) return;
    this.#demultiplexer.deliverIcmp(flow, error);
    this.#halfOpen.hear(keyOf(flow), error);
  }

  /** Whose packet was not sent hears of it. That it was too long is no trouble: it goes out again in smaller ones. */
  #fail(error: Error): void {
    const flow = error instanceof PacketNotSent ? readSegment(error.packet).flow : undefined;
    if (flow !== undefined) this.#demultiplexer.deliverError(reverseFlow(flow), error);
    if (!isTooLong(error) && this.listenerCount('error') > 0) this.emit('error', error);
  }

  /** A segment that no connection owns: a SYN or a cookie begins one, anything else gets the RST that it asks for. */
  #meetStranger(flow: Flow, segment: TcpSegment, packet: Uint8Array): void {
    const now = this.#options.clock.now();
    const isSyn = (segment.flags & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST)) === TcpFlag.SYN;
    if (this.#accepting && isSyn && (segment.flags & TcpFlag.FIN) !== 0) this.#refuse(flow, SYN_WITH_FIN);
    else if (this.#accepting && isSyn) this.#meetSyn(flow, segment, packet, now);
    else if (!this.#accepting || !this.#meetCookie(flow, segment, packet, now)) this.#reset(flow, segment);
  }

  #meetSyn(flow: Flow, syn: TcpSegment, packet: Uint8Array, now: Millis): void {
    const { backlog = DEFAULT_BACKLOG } = this.#options;
    if (!this.#hasRoom()) {
      this.#drop(flow, 'connection-dropped');
    } else if (this.#halfOpen.size < backlog) {
      this.#outlet(flow).onTrace?.({ type: 'received', at: now, packet });
      const iss = initialSequenceNumber(flow, now);
      this.#halfOpen.open(keyOf(flow), flow, passiveOpen({ iss, ...this.#offer.for(flow) }, syn, now));
    } else if (this.#cookies !== undefined) {
      this.#lastCookieAt = now;
      const outlet = this.#outlet(flow);
      outlet.onTrace?.({ type: 'received', at: now, packet });
      const synAck = this.#cookies.answer(flow, syn, now);
      sendSegment(synAck, outlet, { retransmission: false, clause: COOKIES });
      this.emit('pressure', 'syn-cookie');
    } else {
      this.#drop(flow, 'syn-dropped');
    }
  }

  /** False where the segment brings no connection back. Cookies are asked of it only if some may still be on their way. */
  #meetCookie(flow: Flow, segment: TcpSegment, packet: Uint8Array, now: Millis): boolean {
    if (now - this.#lastCookieAt > COOKIE_VALID_MS) return false;
    const opened = this.#cookies?.connection(flow, segment, now);
    if (opened === undefined) return false;
    if (this.#hasRoom()) {
      this.#outlet(flow).onTrace?.({ type: 'received', at: now, packet });
      this.#connect(flow, opened);
    } else {
      this.#drop(flow, 'connection-dropped');
    }
    return true;
  }

  /** Not too often, lest whoever forges an address has us send RSTs to it. */
  #reset(flow: Flow, segment: TcpSegment): void {
    const reset = resetFor(segment);
    if (reset === undefined) return;
    if (!this.#resets.take()) {
      this.#drop(flow, 'reset-withheld');
      return;
    }
    const { src, srcPort, dst, dstPort } = flow;
    const ip = src.includes(':') ? ({ version: 6, src, dst } as const) : ({ version: 4, src, dst } as const);
    this.#options.port.send(emitPacket({ ip, tcp: { srcPort, dstPort, ...reset } }));
  }

  #leaveToKernel(flow: Flow): void {
    const { clock, onTrace } = this.#options;
    onTrace?.(flow, { type: 'dropped', at: clock.now(), why: 'a socket of this host’s kernel owns the four-tuple' });
  }

  /** The handshake is complete. */
  #connect(flow: Flow, opened: Step): void {
    if (this.#connections.size >= this.#most) {
      const [oldest] = this.#orphans;
      oldest?.abandon();
    }
    const { clock, allowHalfOpen, sendBufferBytes } = this.#options;
    const port = this.#demultiplexer.open(flow);
    const outlet = this.#outlet(flow);
    const given = {
      ...(allowHalfOpen !== undefined && { allowHalfOpen }),
      ...((this.#isCrowded || sendBufferBytes !== undefined) && {
        sendBufferBytes: Math.min(sendBufferBytes ?? Infinity, this.#isCrowded ? CROWDED_BYTES : Infinity),
      }),
    };
    this.#keep(new RawConnection({ ...outlet, ...given, port, clock, flow }, opened), port);
  }

  #keep(connection: RawConnection, port: PacketPort): void {
    const key = keyOf(connection.flow);
    this.#connections.set(key, connection);
    // Until its user knows of it its errors are nobody's.
    connection.on('error', nothing).once('connect', () => {
      connection.off('error', nothing);
      this.emit('connection', connection);
    });
    connection.once('adopted', (socket: Socket) => {
      this.#kernel.add(key, socket);
    });
    connection.once('close', () => {
      if (!connection.released) this.#orphans.add(connection);
    });
    connection.once('released', () => {
      port.close();
      this.#orphans.delete(connection);
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
      this.#finishIfOver();
    });
  }

  get #most(): number {
    return this.#options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  }

  /** A peer that sends and does not read has as much kept for it as it is offered, and there may be one in each place. */
  get #isCrowded(): boolean {
    return this.#connections.size >= this.#most / 4;
  }

  /** Whether there may be one more connection; one that nobody holds any more gives way, as beyond Linux's tcp_max_tw_buckets. */
  #hasRoom(): boolean {
    return this.#connections.size < this.#most || this.#orphans.size > 0;
  }

  #outlet(flow: Flow): Outlet {
    const { port, clock, alter, onTrace } = this.#options;
    const trace =
      onTrace &&
      ((entry: TraceEntry) => {
        onTrace(flow, entry);
      });
    return { port, clock, flow, ...(alter && { alter }), ...(trace && { onTrace: trace }) };
  }

  #drop(flow: Flow, pressure: Exclude<Pressure, 'syn-cookie'>): void {
    const { clock, onTrace } = this.#options;
    onTrace?.(flow, { type: 'dropped', at: clock.now(), ...DROPPED[pressure] });
    this.emit('pressure', pressure);
  }

  #refuse(flow: Flow | undefined, why: string): void {
    const { clock, onTrace } = this.#options;
    this.#refused += 1;
    if (flow !== undefined) onTrace?.(flow, { type: 'dropped', at: clock.now(), why });
  }

  #finishIfOver(): void {
    if (this.#accepting || this.connections > 0 || this.#subscriptions.length === 0) return;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
    process.nextTick(() => this.emit('close'));
  }
}

const COOKIES = 'RFC 4987 §3.6';

const nothing = (): void => undefined;

/** A segment that seems to come from where it goes to, address and port: who answers answers himself. CA-1997-28, "land". */
const isLand = ({ src, srcPort, dst, dstPort }: Flow): boolean => src === dst && srcPort === dstPort;

const isReset = ({ flags }: TcpSegment): boolean => (flags & TcpFlag.RST) !== 0;

const keyOf = ({ dst, dstPort }: Flow): string => `${dst} ${dstPort}`;

/** Answers SYNs from now on. */
export const listen = (options: ListenOptions, onConnection?: (connection: RawConnection) => void): RawServer => {
  const server = new RawServer(options);
  if (onConnection !== undefined) server.on('connection', onConnection);
  return server;
};
