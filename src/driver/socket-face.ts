/** What programs ask net.Socket for beside its stream: between whom it is, and how long nothing has come or gone. */
import type { DuplexOptions } from 'node:stream';
import type { Flow } from '../wire/flow.js';
import { ConnectionStream } from './connection-events.js';
import { IdleTimer } from './idle-timer.js';
import type { Clock } from './ports.js';

export abstract class SocketFace extends ConnectionStream {
  /** The four-tuple; `src` is this side. */
  readonly flow: Flow;
  /** To be touched whenever something comes or goes. */
  protected readonly idle: IdleTimer;

  constructor(flow: Flow, clock: Clock, options: DuplexOptions) {
    super(options);
    this.flow = flow;
    this.idle = new IdleTimer(clock, () => this.emit('timeout'));
  }

  get localAddress(): string {
    return this.flow.src;
  }

  get localPort(): number {
    return this.flow.srcPort;
  }

  get remoteAddress(): string {
    return this.flow.dst;
  }

  get remotePort(): number {
    return this.flow.dstPort;
  }

  get remoteFamily(): 'IPv4' | 'IPv6' {
    return this.flow.dst.includes(':') ? 'IPv6' : 'IPv4';
  }

  address(): { readonly address: string; readonly port: number; readonly family: 'IPv4' | 'IPv6' } {
    return { address: this.flow.src, port: this.flow.srcPort, family: this.remoteFamily };
  }

  /** How long there has been no traffic. */
  get idleForMs(): number {
    return this.idle.forMs;
  }

  /** As of net.Socket: emits `timeout` after so many milliseconds without traffic; 0 never. */
  setTimeout(idleMs: number, onTimeout?: () => void): this {
    if (this.destroyed) return this; // its timer would run for ever
    this.idle.set(idleMs);
    if (onTimeout !== undefined) this.once('timeout', onTimeout);
    return this;
  }

  /** There is no Nagle here to be switched off; for programs that ask net.Socket for it. */
  setNoDelay(): this {
    return this;
  }

  /** Keep-alive probes are not sent; for programs that ask net.Socket for them. */
  setKeepAlive(): this {
    return this;
  }
}
