/** What a server is opened with, and what it does when more comes than it can keep. */
import type { OpenOptions } from '../tcp/index.js';
import type { Clause } from '../tcp/types.js';
import type { Flow } from '../wire/flow.js';
import type { AreOwnedByKernel, Clock, PacketPort } from './ports.js';
import type { RawConnectionOptions } from './raw-connection-options.js';
import type { TraceEntry } from './trace.js';

export interface ListenOptions extends Pick<RawConnectionOptions, 'alter' | 'allowHalfOpen' | 'sendBufferBytes'> {
  /** Must hear all that is sent to `address` and `localPort`, from anyone. */
  readonly port: PacketPort;
  readonly clock: Clock;
  readonly address: string;
  readonly localPort: number;
  /** The OPEN call's parameters; left out: Linux's offer, and initial sequence numbers by RFC 6528. */
  readonly tcp?: Partial<OpenOptions>;
  /**
   * Handshakes under way that are remembered. Beyond it SYN cookies answer (RFC 4987 §3.6); where `tcp` says what stands in
   * the SYN/ACK (`iss`, `options`), which leaves no room for a cookie, SYNs are dropped. Default 1024.
   */
  readonly backlog?: number;
  /** Connections, closing ones and those in TIME-WAIT among them, beyond which no more are opened. Default 8192. */
  readonly maxConnections?: number;
  /**
   * Asked once for each new flow, and before a RST to one that is not the server's own, for all of a turn together: what a
   * kernel's socket owns is not answered by hand. Left out: no kernel stands behind the port.
   */
  readonly areOwnedByKernel?: AreOwnedByKernel;
  readonly onTrace?: (flow: Flow, entry: TraceEntry) => void;
}

/** What a server does so as to stay up when more comes than it can keep. */
export type Pressure =
  /** The backlog is full: a SYN was answered by a cookie. */
  | 'syn-cookie'
  /** The backlog is full, and there can be no cookie: a SYN was dropped. */
  | 'syn-dropped'
  /** `maxConnections` are open: a SYN, or the ACK that would open one more, was dropped. */
  | 'connection-dropped'
  /** So many segments came that no connection owns that this one was not answered by RST. */
  | 'reset-withheld'
  /** So many new flows came that the kernel was not asked whether this one is its own: a segment was dropped. */
  | 'look-up-withheld';

/** Why a packet was dropped, for the trace. */
export const DROPPED: Readonly<
  Record<Exclude<Pressure, 'syn-cookie'>, { readonly why: string; readonly clause: Clause }>
> = {
  'syn-dropped': { why: 'the backlog is full', clause: 'RFC 4987 §3' },
  'connection-dropped': { why: 'as many connections as there may be', clause: 'RFC 4987 §3' },
  'look-up-withheld': { why: "too many to ask for each whether it is the kernel's", clause: 'RFC 9293 §3.10.7.1' },
  'reset-withheld': { why: 'no RST, for many were sent', clause: 'RFC 9293 §3.10.7.1' },
};
