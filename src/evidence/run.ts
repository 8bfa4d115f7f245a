/** One handshake made by hand: what was seen of it, behind which remedy it was made, and how it went. */
import type { Transport } from '../driver/ports.js';
import type { FilterVerdict } from '../filter/judge.js';
import type { Backend } from '../filter/plan.js';
import type { Argv } from '../filter/ports.js';
import type { Millis, TcpState } from '../tcp/types.js';
import type { Flow } from '../wire/flow.js';
import type { Evidence } from './evidence.js';
import type { EndName } from './host.js';
import type { Outcome } from './outcome.js';

/** The cures that `compare` can try. */
export type RemedyId =
  'none' | 'iptables' | 'nft' | 'owner' | 'input' | 'ingress' | 'spare-address' | 'adopt' | 'dummy-bind';

export interface RuleEvidence {
  readonly backend: Backend;
  readonly commands: readonly Argv[];
  /**
   * What it drops: the kernel's RSTs on their way out, or the segments that would provoke them on their way in. `nothing`: a
   * user's own rule lets pass what it matches.
   */
  readonly drops: 'resets' | 'segments' | 'nothing';
  /** How many it has dropped, or matched; of several rules, those that drop what `drops` says. */
  readonly packets: number;
  /** How many of them were the program's own RST, sent last to try a user's rule. */
  readonly ownResets?: number;
  readonly bytes: number;
  /** Of a user's own: each, in the order in which packets meet those of a chain. */
  readonly each?: readonly CountedRule[];
  /** How long it stayed in force after the handshake, where the kernel has adopted the connection then. */
  readonly afterHandshakeMs?: number;
}

export interface CountedRule {
  /** As read back, and as a person would type it. */
  readonly text: string;
  /** How many it has matched. */
  readonly packets: number;
  readonly bytes: number;
}

export interface HandshakeRun extends Evidence {
  /** `rule`: a user's own. */
  readonly remedy: RemedyId | 'rule';
  /** Which side is made by hand. */
  readonly role: EndName;
  readonly family: 4 | 6;
  readonly transport: Transport;
  /** Seen from the hand-made side. */
  readonly flow: Flow;
  readonly expected: Outcome;
  readonly observed: Outcome;
  readonly client: { readonly states: readonly TcpState[] };
  readonly server: { readonly accepted: boolean; readonly received: string; readonly states: readonly TcpState[] };
  readonly rule: RuleEvidence | null;
  /** When the kernel of the hand-made side began to own the connection: monotonic. */
  readonly adoptedAt?: Millis;
  /** Of a rule that drops RSTs, what is to be said of it; null where there is none. */
  readonly verdict: FilterVerdict | null;
  /** Whether a RST made by hand got out, where one was sent to find out. */
  readonly ownResetLeft: boolean | null;
  /** How long it took to put the remedy in force. */
  readonly setupMs: number;
  readonly durationMs: number;
}

export const asExpected = (run: HandshakeRun): boolean => run.observed === run.expected;
