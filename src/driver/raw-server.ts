/** Answers SYNs by hand: a server that looks like net.Server, though nothing listens. RFC 9293 §3.10.7.2. */
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { mayReplace, type Step } from '../tcp/index.js';
import { TcpFlag, type TcpSegment } from '../wire/index.js';
import { type Flow, reverseFlow } from '../wire/flow.js';
import type { Outlet } from './carry-out.js';
import { ConnectionTable } from './connection-table.js';
import { Demultiplexer } from './demultiplexer.js';
import { HalfOpenTable } from './half-open.js';
import { type IcmpError, quotedFlow } from './icmp.js';
import { DROPPED, type ListenOptions, type Pressure } from './listen-options.js';
import { ListenState } from './listen-state.js';
import { KernelFlows } from './kernel-flows.js';
import { isTooLong, PacketNotSent } from './not-sent.js';
import type { PacketPort, Unsubscribe } from './ports.js';
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

/** Emits `connection` for each completed handshake, `error` where the port cannot send, `close` when all is over. */
export class RawServer extends EventEmitter<ServerEvents> {
  readonly #options: ListenOptions;
  readonly #connections: ConnectionTable;
  readonly #halfOpen: HalfOpenTable;
  readonly #kernel: KernelFlows;
  readonly #demultiplexer: Demultiplexer;
  readonly #listen: ListenState;
  #subscriptions: readonly Unsubscribe[];
  #refused = 0;

  constructor(options: ListenOptions) {
    super();
    const { port, clock } = options;
    this.#options = options;
    this.#connections = new ConnectionTable(options.maxConnections);
    this.#demultiplexer = new Demultiplexer(port);
    this.#kernel = new KernelFlows(clock, options.areOwnedByKernel);
    this.#halfOpen = new HalfOpenTable({
      clock,
      outlet: (flow) => this.#outlet(flow),
      onEstablished: (flow, step) => {
        this.#connect(flow, step);
      },
      isCookies: (flow, segment, packet) => this.#listen.meetCookie(flow, segment, packet),
      onEnded: () => {
        this.#finishIfOver();
      },
    });
    this.#listen = new ListenState(options, {
      halfOpen: this.#halfOpen,
      offer: new ServerOffer(options, () => this.#connections.isCrowded),
      keyOf,
      outlet: (flow) => this.#outlet(flow),
      hasRoom: () => this.#connections.hasRoom,
      onEstablished: (flow, opened) => {
        this.#connect(flow, opened);
      },
      onPressure: (flow, pressure) => {
        this.#press(flow, pressure);
      },
      onRefused: (flow, why) => {
        this.#refuse(flow, why);
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
    return this.#listen.isOpen;
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
    if (!this.#listen.isOpen) return this;
    this.#listen.close();
    this.#finishIfOver();
    return this;
  }

  /** Ends every connection by RST, but those that were closed in order: they go on being sent to their end. */
  resetAllConnections(): void {
    this.#halfOpen.abortAll();
    for (const connection of this.#connections.all()) if (!connection.destroyed) connection.resetAndDestroy();
  }

  /** Closes, and forgets every connection as it stands: nothing more is sent. */
  abandon(): void {
    this.close();
    this.#halfOpen.abandonAll();
    for (const connection of this.#connections.all()) connection.abandon();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this, 'close');
    this.close();
    this.#halfOpen.abortAll();
    for (const connection of this.#connections.all()) connection.resetAndDestroy();
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
      if (isReset(segment) || this.#connections.hasRoom) this.#halfOpen.receive(key, segment, bytes);
      else this.#press(flow, 'connection-dropped');
    } else if (isNobodys) {
      this.#listen.receive(flow, segment, bytes);
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
    if (!isAsked) this.#press(flow, 'look-up-withheld');
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

  #leaveToKernel(flow: Flow): void {
    const { clock, onTrace } = this.#options;
    onTrace?.(flow, { type: 'dropped', at: clock.now(), why: "a socket of this host's kernel owns the four-tuple" });
  }

  /** The handshake is complete. */
  #connect(flow: Flow, opened: Step): void {
    this.#connections.makeRoom();
    const { clock, allowHalfOpen, sendBufferBytes } = this.#options;
    const port = this.#demultiplexer.open(flow);
    const outlet = this.#outlet(flow);
    const { isCrowded } = this.#connections;
    const given = {
      ...(allowHalfOpen !== undefined && { allowHalfOpen }),
      ...((isCrowded || sendBufferBytes !== undefined) && {
        sendBufferBytes: Math.min(sendBufferBytes ?? Infinity, isCrowded ? CROWDED_BYTES : Infinity),
      }),
    };
    this.#keep(new RawConnection({ ...outlet, ...given, port, clock, flow }, opened), port);
  }

  #keep(connection: RawConnection, port: PacketPort): void {
    const key = keyOf(connection.flow);
    // Until its user knows of it its errors are nobody's.
    connection.on('error', nothing).once('connect', () => {
      connection.off('error', nothing);
      this.emit('connection', connection);
    });
    connection.once('adopted', (socket: Socket) => {
      this.#kernel.add(key, socket);
    });
    this.#connections.add(key, connection, () => {
      port.close();
      this.#finishIfOver();
    });
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

  #press(flow: Flow, pressure: Pressure): void {
    const { clock, onTrace } = this.#options;
    if (pressure !== 'syn-cookie') onTrace?.(flow, { type: 'dropped', at: clock.now(), ...DROPPED[pressure] });
    this.emit('pressure', pressure);
  }

  #refuse(flow: Flow | undefined, why: string): void {
    const { clock, onTrace } = this.#options;
    this.#refused += 1;
    if (flow !== undefined) onTrace?.(flow, { type: 'dropped', at: clock.now(), why });
  }

  #finishIfOver(): void {
    if (this.#listen.isOpen || this.connections > 0 || this.#subscriptions.length === 0) return;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
    process.nextTick(() => this.emit('close'));
  }
}

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
