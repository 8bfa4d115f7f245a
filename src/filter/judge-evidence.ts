/** What was seen of a filter at work, and what its rules say. */
import type { FilterFlow } from './flow.js';
import { isDrop, isInbound, type JudgedRule, type RuleMatch } from './judged-rule.js';
import { fitOf, type KindOfSegment, ruleFit } from './match-fit.js';
import { isOne } from './ranges.js';
import { DEFAULT_MARK } from './plan.js';

export interface RuleAtWork {
  readonly rule: JudgedRule;
  /** What its counter says: what it has matched, and if it drops, dropped. Without `ownResets`. */
  readonly packets: number;
  /** By how much it grew when the program sent its own RST; left out where it was not read then. */
  readonly ownResets?: number;
}

export interface FilterEvidence {
  /** The hand-made connection, seen from its own host. */
  readonly flow: FilterFlow;
  /** As read back from that host, in the order in which packets meet those of a chain. */
  readonly rules: readonly RuleAtWork[];
  /** The rules were found in another network namespace than the one that sends. */
  readonly inOtherNamespace?: boolean;
  /** What is made by hand passes an AF_PACKET socket: it is read before any rule for what comes in, and sent behind all for what leaves. */
  readonly viaPacketSocket?: boolean;
  /** The link by which the connection goes, where that is known. */
  readonly link?: string;
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

type OfConnection = Pick<FilterEvidence, 'flow' | 'link'>;

const [SYN, RST, PSH, ACK, FIN] = [0x02, 0x04, 0x08, 0x10, 0x01] as const;

/** The RSTs of the kernel: R to a segment with ACK, R. to one without. `tcp_v4_send_reset` */
export const kernelReset = ({ flow, link }: OfConnection): KindOfSegment => ({
  ...ends(flow),
  ...{ flags: [RST, RST | ACK], mark: 0, owned: false, inbound: false },
  ...(link !== undefined && { link }),
});

/** A RST that the program sends. */
export const ownReset = (evidence: OfConnection): KindOfSegment => ({
  ...kernelReset(evidence),
  ...{ flags: [RST, RST | ACK], mark: DEFAULT_MARK, owned: true },
});

/** What the peer sends, and this host's kernel answers. */
export const answered = ({ flow: { src, srcPort, dst, dstPort }, link }: OfConnection): KindOfSegment => ({
  ...ends({ src: dst ?? '', dst: src, ...(dstPort !== undefined && { srcPort: dstPort }) }),
  ...(srcPort !== undefined && { dstPort: srcPort }),
  ...{ flags: [SYN, SYN | ACK, ACK, PSH | ACK, FIN | ACK], mark: 0, owned: false, inbound: true },
  ...(link !== undefined && { link }),
});

const ends = ({ src, srcPort, dst = '', dstPort }: FilterFlow) => ({
  src,
  dst,
  ...(srcPort !== undefined && { srcPort }),
  ...(dstPort !== undefined && { dstPort }),
});

/** What the rule is to drop: the RST on its way out, or what would be answered on its way in. */
export const aimOf = (rule: JudgedRule, evidence: OfConnection): KindOfSegment =>
  isInbound(rule) ? answered(evidence) : kernelReset(evidence);

/** The rule before this one, in the same chain, behind which such a segment never comes; undefined: none. */
export function shadowOf(
  rule: JudgedRule,
  segment: KindOfSegment,
  rules: readonly RuleAtWork[],
): JudgedRule | undefined {
  const before = rules.slice(
    0,
    rules.findIndex((one) => one.rule === rule),
  );
  return before.find(
    (one) =>
      one.rule.place === rule.place && one.rule.verdict.does !== 'other' && ruleFit(one.rule, segment) === 'always',
  )?.rule;
}

/** Whether a segment can get as far as the rule, and fit it. */
export const reaches = (rule: JudgedRule, segment: KindOfSegment, rules: readonly RuleAtWork[]): boolean =>
  ruleFit(rule, segment) !== 'never' && shadowOf(rule, segment, rules) === undefined;

/** What the rules have kept from leaving: what others count is no drop. */
export const droppedOf = (rules: readonly RuleAtWork[], where: (rule: JudgedRule) => boolean = () => true): number =>
  rules.reduce((sum, { rule, packets }) => (isDrop(rule) && where(rule) ? sum + packets : sum), 0);

/**
 * By what a rule drops more than the segments of one connection: what it leaves out, negates or opens, such as a network in place of an
 * address. Of what comes in for an AF_PACKET socket, the port is enough: it is the program's.
 */
export function openMatches(rule: JudgedRule, { viaPacketSocket }: FilterEvidence): readonly string[] {
  const inbound = isInbound(rule);
  const asked: readonly (typeof FIELDS)[number][] = inbound && viaPacketSocket === true ? ['dstPort'] : FIELDS;
  const open = asked.filter(
    (kind) => !rule.matches.some((match) => match.kind === kind && !match.negated && isOne(match.ranges)),
  );
  const names = NAMES[rule.backend];
  const flags = inbound || rule.matches.some(isOfResets) ? [] : [names.flags];
  return [...open.map((kind) => names[kind]), ...flags];
}

const FIELDS = ['src', 'dst', 'srcPort', 'dstPort'] as const;

const NAMES = {
  iptables: { src: '-s', dst: '-d', srcPort: '--sport', dstPort: '--dport', flags: '--tcp-flags' },
  nft: { src: 'saddr', dst: 'daddr', srcPort: 'sport', dstPort: 'dport', flags: 'tcp flags' },
} as const;

/** nft has it the other way round, too: RST is not 0. */
const isOfResets = (match: RuleMatch): boolean =>
  match.kind === 'flags' && (match.negated ? match.mask === RST && match.set === 0 : (match.set & RST) !== 0);

/** Whether it is for what no program's socket has sent, by itself or by what comes before it. */
export const isForNobody = (rule: JudgedRule, evidence: FilterEvidence): boolean =>
  rule.matches.some((match) => match.kind === 'owner' && fitOf(match, ownReset(evidence), rule) === 'never') ||
  evidence.rules.some(
    (one) =>
      one.rule.place === rule.place &&
      one.rule.verdict.does === 'accept' &&
      one.rule.matches.some(({ kind }) => kind === 'owner') &&
      ruleFit(one.rule, ownReset(evidence)) === 'always',
  );
