/** What a connection did, step by step, each with the clause of the RFC that asked for it. */
import type { IcmpError } from './icmp.js';
import type { Clause, Millis, TcpState } from '../tcp/types.js';

export type TraceEntry =
  | {
      readonly type: 'sent';
      readonly at: Millis;
      /** The whole IP packet. */
      readonly packet: Uint8Array;
      readonly retransmission: boolean;
      readonly clause: Clause;
    }
  /** Said before the machine answers it. */
  | { readonly type: 'received'; readonly at: Millis; readonly packet: Uint8Array }
  | {
      readonly type: 'state';
      readonly at: Millis;
      readonly from: TcpState;
      readonly to: TcpState;
      readonly clause: Clause;
    }
  /** ICMP about a packet of this connection. */
  | { readonly type: 'icmp'; readonly at: Millis; readonly error: IcmpError }
  /** The port could not send. */
  | { readonly type: 'port-error'; readonly at: Millis; readonly error: Error }
  /** `packet`: where it was none that was `received`. */
  | {
      readonly type: 'dropped';
      readonly at: Millis;
      readonly why: string;
      readonly clause?: Clause;
      readonly packet?: Uint8Array;
    };
