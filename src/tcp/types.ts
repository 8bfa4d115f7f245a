/** What goes into the TCP machine and what comes out of it: states, events, actions. No clock, no socket, no random. */
import type { TcpInit, TcpSegment } from '../wire/tcp.js';

/** The eleven states of RFC 9293 §3.3.2, by the Linux kernel's names (`include/net/tcp_states.h`). */
export type TcpState =
  | 'CLOSE'
  | 'LISTEN'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'FIN_WAIT1'
  | 'FIN_WAIT2'
  | 'CLOSE_WAIT'
  | 'CLOSING'
  | 'LAST_ACK'
  | 'TIME_WAIT';

declare const millisBrand: unique symbol;
/** Milliseconds on the caller's monotonic clock, fractions allowed. */
export type Millis = number & { readonly [millisBrand]: true };
export const millis = (n: number): Millis => n as Millis;

/** A segment that the machine wants sent: all but the ports and the checksum, which belong to whoever sends it. */
export type OutgoingSegment = Required<Pick<TcpInit, 'seq' | 'ack' | 'window' | 'options' | 'payload'>> & {
  /** A mask of `TcpFlag`. */
  readonly flags: number;
};

/** The parts of a received segment that the machine reads; ports and checksum were checked before. */
export type IncomingSegment = Pick<TcpSegment, 'seq' | 'ack' | 'flags' | 'window' | 'options' | 'payload'>;

/** Where a rule of the protocol is written, for the trace: `RFC 9293 §3.10.7.3`. */
export type Clause = `RFC ${number} §${string}` | `RFC ${number}`;

/** What can happen to a connection. */
export type TcpEvent =
  | { readonly type: 'segment'; readonly segment: IncomingSegment }
  /** The user's SEND call: bytes appended to the send queue. */
  | { readonly type: 'write'; readonly data: Uint8Array }
  /** The user has taken `bytes` delivered bytes out of the receive buffer: the window may open. */
  | { readonly type: 'consumed'; readonly bytes: number }
  /** The user's CLOSE call: FIN after all queued data. */
  | { readonly type: 'close' }
  /** The user's ABORT call: RST where the state asks for one. */
  | { readonly type: 'abort' }
  /** The path was found to carry no more payload than this in one segment, options taken off it. RFC 9293 §3.7.5. */
  | { readonly type: 'path-mtu'; readonly mss: number }
  /** `now` may have reached `pollAt(tcb)`. */
  | { readonly type: 'timer' };

/** How a connection came to its end. */
export type CloseReason =
  /** Both sides closed in order (TIME-WAIT entered or LAST-ACK answered). */
  | 'closed'
  /** RST in answer to our SYN. */
  | 'refused'
  /** RST after the handshake. */
  | 'reset'
  /** Retransmissions gave no answer. */
  | 'timed-out'
  /** The user's ABORT. */
  | 'aborted';

/** What the machine asks its driver to do, each with the clause that asked for it. */
export type TcpAction =
  | {
      readonly type: 'send';
      readonly segment: OutgoingSegment;
      readonly clause: Clause;
      /** Sent before, and sent again for want of an acknowledgment. */
      readonly retransmission: boolean;
    }
  /** In-order payload for the user. */
  | { readonly type: 'deliver'; readonly data: Uint8Array; readonly clause: Clause }
  /** The connection went from one state to another, along an edge of `TRANSITIONS`. */
  | { readonly type: 'state'; readonly from: TcpState; readonly to: TcpState; readonly clause: Clause }
  /** The handshake is complete. */
  | { readonly type: 'established'; readonly clause: Clause }
  /** The other side has sent all it had (its FIN is in order). */
  | { readonly type: 'peer-closed'; readonly clause: Clause }
  /** `bytes` more of what was written have been acknowledged. */
  | { readonly type: 'acknowledged'; readonly bytes: number; readonly clause: Clause }
  /** The connection is over for its user; in TIME_WAIT the machine still answers. Said once. */
  | { readonly type: 'ended'; readonly reason: CloseReason; readonly clause: Clause }
  /** A segment was not accepted, and why, in one sentence. */
  | { readonly type: 'drop'; readonly why: string; readonly clause: Clause };
