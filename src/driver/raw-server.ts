/** Answers SYNs by hand: a server that looks like net.Server, though nothing listens. RFC 9293 §3.10.7.2. */
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { mayReplace, type OpenOptions, passiveOpen, resetFor } from '../tcp/index.js';
import { emitPacket, parsePacket, TcpFlag, type TcpSegment } from '../wire/index.js';
import type { Flow } from '../wire/flow.js';
import { Demultiplexer } from './demultiplexer.js';
import type { IcmpError } from './icmp.js';
import { initialSequenceNumber } from './iss.js';
import type { Clock, PacketPort, Unsubscribe } from './ports.js';
import { RawConnection, type RawConnectionOptions } from './raw-connection.js';
import { receiveSegment } from './receive.js';
import { defaultOffer } from './offer.js';
import type { TraceEntry } from './trace.js';

export interface ListenOptions extends Pick<RawConnectionOptions, 'alter' | 'allowHalfOpen' | 'sendBufferBytes'> {
  /** Must hear all that is sent to `address` and `localPort`, from anyone. */
  readonly port: PacketPort;
  readonly clock: Clock;
  readonly address: string;
  readonly localPort: number;
  /** The OPEN call's parameters; left out: Linux's offer, and initial sequence numbers by RFC 6528. */
  readonly tcp?: Partial<OpenOptions>;
  /** Handshakes under way beyond which SYNs are dropped. Default 1024. */
  readonly backlog?: number;
  readonly onTrace?: (flow: Flow, entry: TraceEntry) => void;
}

interface ServerEvents {
  connection: [connection: RawConnection];
  error: [error: Error];
  close: [];
}

const DEFAULT_BACKLOG = 1024;

/** Emits `connection` for each completed handshake, `error` where the port cannot send, `close` when all is over. */
export class RawServer extends EventEmitter<ServerEvents> {
  readonly #options: ListenOptions;
  readonly #connections = new Map<string, RawConnection>();
  /** Four-tuples that the kernel has taken over, and whether its socket is still open. */
  readonly #adopted = new Map<string, boolean>();
  readonly #demultiplexer: Demultiplexer;
  #subscriptions: readonly Unsubscribe[];
  #handshakes = 0;
  #accepting = true;

  constructor(options: ListenOptions) {
    super();
    const { port } = options;
    this.#options = options;
    this.#demultiplexer = new Demultiplexer(port);
    this.#subscriptions = [
      port.onPacket((packet) => {
        this.#receive(packet);
      }),
      port.onError((error) => {
        if (this.listenerCount('error') > 0) this.emit('error', error);
      }),
      port.onIcmp?.((error) => {
        this.#demultiplexer.deliverIcmp(flowOfQuoted(error), error);
      }) ?? nothing,
    ];
  }

  /** Whether SYNs are answered. */
  get listening(): boolean {
    return this.#accepting;
  }

  /** Connections that have a machine, those in TIME-WAIT among them. */
  get connections(): number {
    return this.#connections.size;
  }

  /** As of net.Server. */
  getConnections(callback: (error: Error | null, count: number) => void): void {
    const { size } = this.#connections;
    process.nextTick(() => {
      callback(null, size);
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
    if (this.#connections.size === 0) this.#finish();
    return this;
  }

  /** Ends every connection by RST. */
  resetAllConnections(): void {
    for (const connection of [...this.#connections.values()]) connection.resetAndDestroy();
  }

  /** Closes, and forgets every connection as it stands: nothing more is sent. */
  abandon(): void {
    this.close();
    for (const connection of [...this.#connections.values()]) connection.abandon();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this, 'close');
    this.close();
    this.resetAllConnections();
    await closed;
  }

  #receive(bytes: Uint8Array): void {
    const parsed = parsePacket(bytes);
    if (!parsed.ok || parsed.value.tcp === undefined) return;
    const { ip, tcp } = parsed.value;
    const flow: Flow = { src: ip.dst, srcPort: tcp.dstPort, dst: ip.src, dstPort: tcp.srcPort };
    if (flow.src !== this.#options.address || flow.srcPort !== this.#options.localPort) return;
    const existing = this.#connections.get(keyOf(flow));
    if (existing !== undefined && mayReplace(existing.tcb, tcp)) existing.abandon();
    if (this.#demultiplexer.deliver(flow, bytes)) return;
    if (this.#isTheKernels(flow, tcp)) return;
    const received = receiveSegment(bytes, flow);
    if (received.ok) this.#meetStranger(flow, received.segment, bytes);
  }

  /** An adopted connection is not ours to answer for, not even its last segments; a SYN after its end begins another. */
  #isTheKernels(flow: Flow, { flags }: TcpSegment): boolean {
    const key = keyOf(flow);
    const open = this.#adopted.get(key);
    if (open === undefined) return false;
    if (open || (flags & TcpFlag.SYN) === 0) return true;
    this.#adopted.delete(key);
    return false;
  }

  /** A segment that no connection owns: a SYN begins one, anything else gets the RST that it asks for. */
  #meetStranger(flow: Flow, segment: TcpSegment, packet: Uint8Array): void {
    const isSyn = (segment.flags & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST)) === TcpFlag.SYN;
    if (isSyn && this.#accepting) {
      if (this.#handshakes < (this.#options.backlog ?? DEFAULT_BACKLOG)) this.#open(flow, segment, packet);
      return;
    }
    const reset = resetFor(segment);
    if (reset === undefined) return;
    const { src, srcPort, dst, dstPort } = flow;
    const ip = src.includes(':') ? ({ version: 6, src, dst } as const) : ({ version: 4, src, dst } as const);
    this.#options.port.send(emitPacket({ ip, tcp: { srcPort, dstPort, ...reset } }));
  }

  #open(flow: Flow, syn: TcpSegment, packet: Uint8Array): void {
    const { clock, tcp, onTrace, alter, allowHalfOpen, sendBufferBytes } = this.#options;
    const now = clock.now();
    const iss = initialSequenceNumber(flow, now);
    const opened = passiveOpen({ iss, ...defaultOffer(flow), ...tcp }, syn, now);
    const port = this.#demultiplexer.open(flow);
    onTrace?.(flow, { type: 'received', at: now, packet });
    const connection = new RawConnection(
      {
        port,
        clock,
        flow,
        ...(alter !== undefined && { alter }),
        ...(allowHalfOpen !== undefined && { allowHalfOpen }),
        ...(sendBufferBytes !== undefined && { sendBufferBytes }),
        ...(onTrace !== undefined && {
          onTrace: (entry: TraceEntry) => {
            onTrace(flow, entry);
          },
        }),
      },
      opened,
    );
    this.#keep(connection, port);
  }

  #keep(connection: RawConnection, port: PacketPort): void {
    const key = keyOf(connection.flow);
    this.#connections.set(key, connection);
    this.#handshakes += 1;
    let embryonic = true;
    const grownUp = (): void => {
      if (embryonic) this.#handshakes -= 1;
      embryonic = false;
    };
    // Until the handshake is complete nobody else knows of it; afterwards its errors are its user's.
    connection.on('error', nothing).once('connect', () => {
      grownUp();
      connection.off('error', nothing);
      this.emit('connection', connection);
    });
    connection.once('adopted', (socket: Socket) => {
      this.#adopted.set(key, true);
      socket.once('close', () => this.#adopted.set(key, false));
    });
    connection.once('released', () => {
      grownUp();
      port.close();
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
      if (!this.#accepting && this.#connections.size === 0) this.#finish();
    });
  }

  #finish(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
    process.nextTick(() => this.emit('close'));
  }
}

const nothing = (): void => undefined;

const keyOf = ({ dst, dstPort }: Flow): string => `${dst} ${dstPort}`;

function flowOfQuoted({ quoted: { ip, tcp, tcpStart } }: IcmpError): Flow {
  const ports = tcp ?? tcpStart;
  return { src: ip.src, srcPort: ports?.srcPort ?? 0, dst: ip.dst, dstPort: ports?.dstPort ?? 0 };
}

/** Answers SYNs from now on. */
export const listen = (options: ListenOptions, onConnection?: (connection: RawConnection) => void): RawServer => {
  const server = new RawServer(options);
  if (onConnection !== undefined) server.on('connection', onConnection);
  return server;
};
