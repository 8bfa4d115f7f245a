/** All that was observed of one hand-made connection on the network that one stands in. */
import type { Transport } from '../driver/ports.js';
import type { Text } from '../error.js';
import type { Missing, Negotiated } from '../tcp/index.js';
import type { Millis } from '../tcp/types.js';
import type { Flow } from '../wire/flow.js';
import type { LeftOut } from './kept-packets.js';
import type { Outcome } from './outcome.js';
import type { ObservedPacket } from './packet.js';
import type { RuleEvidence } from './run.js';

/** What the other side has sent: the beginning of it, as text. */
export interface ReceivedEvidence {
  readonly text: string;
  readonly bytes: number;
  /** How many of the bytes are not in the text. */
  readonly leftOut: number;
}

/** What stood in the way on this host, and what to do about it. */
export interface Obstacle {
  readonly why: Text;
  readonly hint: Text;
}

export interface PathMtu {
  readonly mtu: number;
  /** How it became known: told by `from`; this host's own link carries no more; nobody told, and smaller segments got through. */
  readonly by: 'icmp' | 'link' | 'smaller-segments';
  readonly from?: string;
}

export interface ConnectionEvidence {
  readonly outcome: Outcome;
  /** Seen from the hand-made side; link-local addresses with their link. */
  readonly flow: Flow;
  /** What this host's own NAT made of it on the way out, as `packets` show it; undefined: nothing. */
  readonly translated: Flow | undefined;
  readonly transport: Transport;
  /** From our SYN to our ACK, as they passed the interface; undefined where there was no handshake. */
  readonly handshakeMs: number | undefined;
  /** Undefined where there was no handshake. */
  readonly negotiated: Negotiated | undefined;
  /** What became known of the path after the handshake; undefined: nothing. */
  readonly pathMtu: PathMtu | undefined;
  readonly received: ReceivedEvidence;
  /** Of many, the first and the last. */
  readonly packets: readonly ObservedPacket[];
  readonly leftOut: LeftOut;
  /** Not all that was to be sent was sent and acknowledged before the connection was over. */
  readonly inputLeftOut: boolean;
  /** What the other side has sent and this side never got; undefined: nothing is known of that. */
  readonly missing: Missing | undefined;
  /** All was acknowledged, and the other side had not closed when the wait for it was over: it was reset. */
  readonly isLeftOpen: boolean;
  readonly rule: RuleEvidence | null;
  /** When this host's kernel began to own the connection; undefined where it was not to. */
  readonly adoptedAt: Millis | undefined;
  /** What went wrong, in a sentence. */
  readonly failure: Text | undefined;
  readonly obstacle: Obstacle | undefined;
}
