/** All that was observed of one hand-made handshake. */
import type { Transport } from '../driver/ports.js';
import type { Backend } from '../filter/plan.js';
import type { Argv } from '../filter/ports.js';
import type { TcpState } from '../tcp/types.js';
import type { Flow } from '../wire/flow.js';
import type { HostName } from './host.js';
import type { Lookup } from './lookup.js';
import type { Outcome } from './outcome.js';
import type { ObservedPacket, Sender } from './packet.js';

/** The cures that `compare` can try. */
export type RemedyId = 'none' | 'iptables' | 'nft' | 'ingress' | 'spare-address' | 'dummy-bind';

export interface RuleEvidence {
  readonly backend: Backend;
  readonly commands: readonly Argv[];
  /** What it drops: the kernel's RSTs on their way out, or the segments that would provoke them on their way in. */
  readonly drops: 'resets' | 'segments';
  /** How many it has dropped. */
  readonly packets: number;
  readonly bytes: number;
}

export interface HandshakeRun {
  readonly remedy: RemedyId;
  /** Which side is made by hand. */
  readonly role: HostName;
  readonly family: 4 | 6;
  readonly transport: Transport;
  /** Seen from the hand-made side. */
  readonly flow: Flow;
  readonly expected: Outcome;
  readonly observed: Outcome;
  readonly client: { readonly states: readonly TcpState[] };
  readonly server: { readonly accepted: boolean; readonly received: string; readonly states: readonly TcpState[] };
  readonly rule: RuleEvidence | null;
  readonly packets: readonly ObservedPacket[];
  readonly lookups: readonly Lookup[];
  /** Every frame of the link, for the capture file: what is no TCP too. */
  readonly frames: readonly ObservedFrame[];
  readonly durationMs: number;
}

/** A frame as it passed the link, or a host's loopback. */
export interface ObservedFrame {
  /** Milliseconds since the epoch, with fractions. */
  readonly epochMs: number;
  /** From the Ethernet header on. */
  readonly bytes: Uint8Array;
  readonly from: HostName;
  /** Left out: the other host. */
  readonly to?: HostName;
  readonly sender: Sender;
}

export const asExpected = (run: HandshakeRun): boolean => run.observed === run.expected;
