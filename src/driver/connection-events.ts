/** What a hand-made connection emits. A name that is not here does not compile. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** Of net.Socket and its streams, and four of its own. */
export interface ConnectionEvents {
  connect: [];
  ready: [];
  data: [bytes: Buffer];
  readable: [];
  pause: [];
  resume: [];
  end: [];
  drain: [];
  finish: [];
  pipe: [source: NodeJS.ReadableStream];
  unpipe: [source: NodeJS.ReadableStream];
  timeout: [];
  error: [error: Error];
  close: [hadError: boolean];
  /** The other side has all that was written. */
  acknowledged: [];
  /** How it ended is known: `closeReason`. */
  ended: [];
  /** The machine is in CLOSE, and the port done with: TIME-WAIT puts that off beyond `close`. */
  released: [];
  /** The kernel has the connection now, as this socket. */
  adopted: [socket: Socket];
}

export type Name = keyof ConnectionEvents;
export type Listener<N extends Name> = (...args: ConnectionEvents[N]) => void;

/** A Duplex that knows of these events alone: Duplex itself takes any name. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the methods are Duplex's own
export interface ConnectionStream {
  on<N extends Name>(event: N, listener: Listener<N>): this;
  once<N extends Name>(event: N, listener: Listener<N>): this;
  off<N extends Name>(event: N, listener: Listener<N>): this;
  addListener<N extends Name>(event: N, listener: Listener<N>): this;
  removeListener<N extends Name>(event: N, listener: Listener<N>): this;
  prependListener<N extends Name>(event: N, listener: Listener<N>): this;
  prependOnceListener<N extends Name>(event: N, listener: Listener<N>): this;
  emit<N extends Name>(event: N, ...args: ConnectionEvents[N]): boolean;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- as above
export class ConnectionStream extends Duplex {}
