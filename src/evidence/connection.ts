/** All that was observed of one hand-made connection on the network that one stands in. */
import type { Transport } from '../driver/ports.js';
import type { Negotiated } from '../tcp/index.js';
import type { Millis } from '../tcp/types.js';
import type { Flow } from '../wire/flow.js';
import type { Outcome } from './outcome.js';
import type { ObservedPacket } from './packet.js';
import type { RuleEvidence } from './run.js';

export interface ConnectionEvidence {
  readonly outcome: Outcome;
  /** Seen from the hand-made side. */
  readonly flow: Flow;
  readonly transport: Transport;
  /** From our SYN to our ACK, as they passed the interface; undefined where there was no handshake. */
  readonly handshakeMs: number | undefined;
  /** Undefined where there was no handshake. */
  readonly negotiated: Negotiated | undefined;
  readonly received: string;
  readonly packets: readonly ObservedPacket[];
  /** What is to be added to a packet's `at` for milliseconds since the epoch. */
  readonly realtimeOffsetMs: number;
  readonly rule: RuleEvidence | null;
  /** When this host's kernel began to own the connection; undefined where it was not to. */
  readonly adoptedAt: Millis | undefined;
  /** What went wrong, in a sentence. */
  readonly failure: string | undefined;
}
