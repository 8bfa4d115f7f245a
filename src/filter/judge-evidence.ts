/** What was seen of a filter at work, and what its rule says. */
import type { FilterFlow } from './flow.js';

/** A rule as iptables-save writes it, ours or a user's own. */
export interface JudgedRule {
  readonly family: 4 | 6;
  readonly table: string;
  readonly chain: string;
  /** Matches and target. */
  readonly match: readonly string[];
}

export interface FilterEvidence {
  /** The hand-made connection, seen from its own host. */
  readonly flow: FilterFlow;
  /** As read back from that host; left out: there is none. */
  readonly rule?: JudgedRule | undefined;
  /** The rule was found in another network namespace than the one that sends. */
  readonly inOtherNamespace?: boolean;
  /** What the rule's counter says. */
  readonly dropped: number;
  /** Segments of the peer to which its kernel owed a RST: no socket owned them, and they were none themselves. */
  readonly answerable: number;
  /** RSTs that the kernel made (`tcp_send_reset`), where it was asked. */
  readonly kernelResetsMade?: number;
  /** RSTs of the kernel that were captured on the link. */
  readonly kernelResetsLeft: number;
  /** RSTs that rawshake sent, and those of them that were captured on the link. */
  readonly ownResetsSent: number;
  readonly ownResetsLeft: number;
  /** Sends that failed with EPERM. */
  readonly refusedSends: number;
  /** RSTs that came from the peer. */
  readonly peerResets: number;
  /** Segments sent by hand whose acknowledgment number was not what the peer had sent. */
  readonly wrongAcks: number;
}

/** Where the rule sends what it matches. */
export const targetOf = ({ match }: JudgedRule): string | undefined => {
  const at = match.findIndex((word) => word === '-j' || word === '--jump');
  return at < 0 ? undefined : match[at + 1];
};

/** The matches without which a rule drops more than the RSTs of one connection. */
export const missingMatches = ({ match }: JudgedRule): readonly string[] =>
  ['-s', '-d', '--sport', '--dport', '--tcp-flags'].filter(
    (option) => !match.includes(option) && !LONG[option]?.some((long) => match.includes(long)),
  );

const LONG: Readonly<Record<string, readonly string[]>> = {
  '-s': ['--source', '--src'],
  '-d': ['--destination', '--dst'],
  '--sport': ['--source-port', '--sports', '--ports'],
  '--dport': ['--destination-port', '--dports', '--ports'],
};
