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
  /** What the rule's counter says; of a rule that drops nothing, what it matched. */
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

/** Whether the rule sees what comes in, and nothing that leaves. */
export const isInbound = ({ chain }: Pick<JudgedRule, 'chain'>): boolean =>
  ['PREROUTING', 'INPUT', 'FORWARD'].includes(chain);

/** Where the rule sends what it matches. */
export const targetOf = ({ match }: JudgedRule): string | undefined => {
  const at = match.findIndex((word) => word === '-j' || word === '--jump');
  return at < 0 ? undefined : match[at + 1];
};

/** Without a program at the queue, as in a lab, NFQUEUE drops. iptables-extensions(8). */
const DROPPING: readonly (string | undefined)[] = ['DROP', 'REJECT', 'NFQUEUE'];

/** Whether what it matches goes no further. What other targets match is counted too, and goes on. */
export const isDrop = (rule: JudgedRule): boolean =>
  DROPPING.includes(targetOf(rule)) && !rule.match.includes('--queue-bypass');

/**
 * The matches without which a rule drops more than the RSTs of one connection: left out, negated, or open, such as a
 * network in place of an address.
 */
export const openMatches = ({ match }: JudgedRule): readonly string[] =>
  MATCHES.flatMap(([names, exact]) => {
    const at = match.findIndex((word) => names.includes(word));
    const isExact = at >= 0 && match[at - 1] !== '!' && exact.test(match.slice(at + 1, at + 3).join(' '));
    return isExact ? [] : names.slice(0, 1);
  });

const ADDRESS = /^(\d+\.\d+\.\d+\.\d+(\/32)?|[\da-f:]+(\/128)?)( |$)/i;
const PORT = /^\d+( |$)/;

/** Each by all its names, the shortest first, and what its values are where it is exact. */
const MATCHES: readonly (readonly [names: readonly string[], exact: RegExp])[] = [
  [['-s', '--source', '--src'], ADDRESS],
  [['-d', '--destination', '--dst'], ADDRESS],
  [['--sport', '--source-port', '--sports', '--source-ports', '--ports'], PORT],
  [['--dport', '--destination-port', '--dports', '--destination-ports', '--ports'], PORT],
  [['--tcp-flags'], /^\S+ (\S+,)?RST(,|$)/],
];

/** Whether it names addresses or ports, rightly or not. */
export const namesEnds = ({ match }: JudgedRule): boolean =>
  MATCHES.slice(0, 4).some(([names]) => match.some((word) => names.includes(word)));

/**
 * Its match on a user or group, which the kernel's RST has not: it leaves by a socket of the kernel's own, which no program
 * has opened, so no file is behind it. `ip_send_unicast_reply`, `owner_mt`.
 */
export const ownerMatchOf = ({ match }: JudgedRule): string | undefined =>
  match.find((word, i) => ['--uid-owner', '--gid-owner'].includes(word) && match[i - 1] !== '!');
