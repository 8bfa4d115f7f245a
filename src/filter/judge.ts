/** Judges a filter by what was seen of it: whether the kernel stayed silent, and if not, or not only that, why. */
import type { Text } from '../error.js';
import { canonicalFlow } from './flow.js';
import {
  aimOf,
  droppedOf,
  type FilterEvidence,
  isForNobody,
  openMatches,
  ownReset,
  reaches,
  type RuleAtWork,
  shadowOf,
} from './judge-evidence.js';
import { isDrop, isInbound, isOutbound } from './judged-rule.js';
import { type FindingCode, wordsOf } from './judge-words.js';

export interface FilterFinding {
  readonly code: FindingCode;
  readonly text: Text;
  /** Which of several rules it is about, from 0; left out: all of them, or the only one. */
  readonly rule?: number;
}

export interface FilterVerdict {
  /** No RST of the kernel left. */
  readonly silent: boolean;
  /** Silent when it was put to the test, and nothing to find fault with. */
  readonly ok: boolean;
  /** What was found, the gravest first; never empty. */
  readonly findings: readonly FilterFinding[];
}

/** A finding, and the rule that it is about. */
interface Found {
  readonly code: FindingCode;
  readonly about?: RuleAtWork;
}

/** Pure: the same evidence, the same verdict. */
export function judgeFilter(evidence: FilterEvidence): FilterVerdict {
  const { rules } = evidence;
  const silent = evidence.kernelResetsLeft === 0;
  const faults = [...whyItLeaks(evidence), ...whatElseIsWrong(evidence)];
  const tested = evidence.answerable > 0 && droppedOf(rules) > 0;
  const found = faults.length > 0 ? faults : [whatIsRight(evidence, tested)];
  return {
    silent,
    ok: silent && faults.length === 0 && tested,
    findings: [...found, ...(silent && tested ? whoDidNothing(rules) : [])].map(({ code, about }) => ({
      code,
      text: wordsOf(code, evidence, about),
      ...(about !== undefined && rules.length > 1 && { rule: rules.indexOf(about) }),
    })),
  };
}

/** Why RSTs of the kernel left: of each rule that was to drop them, or where none was, of each, the first cause that explains it. */
function whyItLeaks(evidence: FilterEvidence): readonly Found[] {
  const { rules, kernelResetsLeft } = evidence;
  if (kernelResetsLeft === 0) return [];
  if (rules.length === 0) return [{ code: 'no-rule' }];
  if (evidence.inOtherNamespace === true) return [{ code: 'other-namespace' }];
  const dropping = rules.filter(({ rule }) => isDrop(rule));
  return (dropping.length > 0 ? dropping : rules).map((about) => ({ code: whyThisLeaks(about, evidence), about }));
}

function whyThisLeaks({ rule, packets }: RuleAtWork, evidence: FilterEvidence): FindingCode {
  if (!rule.families.includes(canonicalFlow(evidence.flow).family)) return 'wrong-family';
  if (isInbound(rule) && rule.verdict.does === 'reject' && packets > 0) return 'rejects';
  if (!isOutbound(rule) && !(isInbound(rule) && evidence.viaPacketSocket === true)) return 'wrong-chain';
  if (rule.nat) return 'wrong-table';
  if (!isDrop(rule)) return 'not-a-drop';
  if (packets > 0) return 'too-narrow';
  return shadowOf(rule, aimOf(rule, evidence), evidence.rules) === undefined ? 'no-match' : 'shadowed';
}

/** What the rules do besides, whether or not they keep the kernel silent. */
function whatElseIsWrong(evidence: FilterEvidence): readonly Found[] {
  const { rules, kernelResetsLeft, kernelResetsMade, peerResets, wrongAcks } = evidence;
  const byPeer = peerResets > 0 && (kernelResetsLeft === 0 || wrongAcks > 0);
  const dropped = droppedOf(rules, isOutbound);
  const unaccounted =
    rules.length > 0 && kernelResetsMade !== undefined && kernelResetsMade > dropped + kernelResetsLeft;
  return [
    ...(byPeer ? [{ code: 'reset-by-peer' } as const] : []),
    ...rules.flatMap((about) => whatItDoesBesides(about, evidence).map((code) => ({ code, about }))),
    ...(unaccounted ? [{ code: 'unaccounted' } as const] : []),
  ];
}

function whatItDoesBesides(about: RuleAtWork, evidence: FilterEvidence): readonly FindingCode[] {
  const { rule, packets } = about;
  if (!isDrop(rule)) return [];
  const findings: FindingCode[] = [];
  const inbound = isInbound(rule);
  const hits = packets > 0;
  if (!inbound && evidence.answerable === 0 && hits) findings.push('own-segments-dropped');
  if (!inbound && dropsOwn(about, evidence)) findings.push('own-resets-dropped');
  if (inbound && hits && evidence.kernelResetsLeft === 0 && evidence.viaPacketSocket !== true) findings.push('blinds');
  if (rule.verdict.does === 'reject' && hits && (!inbound || evidence.kernelResetsLeft === 0)) findings.push('rejects');
  // What sees neither IP version, as tables of arp do, drops no connection's packets.
  if (rule.families.length > 0 && openMatches(rule, evidence).length > 0) findings.push('too-wide');
  if (!inbound && hits && !rule.beforeConntrack) findings.push('after-conntrack');
  return findings;
}

/** Seen, or where none was sent, told from what the rule says. An AF_PACKET socket's pass no rule at all. */
function dropsOwn(about: RuleAtWork, evidence: FilterEvidence): boolean {
  const { rules, ownResetsSent, ownResetsLeft, refusedSends, viaPacketSocket } = evidence;
  const { rule, packets } = about;
  if (refusedSends > 0 || ownResetsLeft < ownResetsSent) return about === whatDroppedOwn(evidence);
  const could = reaches(rule, ownReset(evidence), rules);
  return ownResetsSent === 0 && packets > 0 && could && viaPacketSocket !== true && !isForNobody(rule, evidence);
}

/** The rule whose counter grew; where none was read then, of those that could have dropped it, the first that has matched. */
function whatDroppedOwn(evidence: FilterEvidence): RuleAtWork | undefined {
  const { rules } = evidence;
  const dropping = rules.filter(({ rule }) => isDrop(rule) && !isInbound(rule));
  if (rules.some(({ ownResets }) => ownResets !== undefined))
    return dropping.find(({ ownResets = 0 }) => ownResets > 0);
  if (rules.length === 1) return dropping[0];
  const could = dropping.filter(({ rule }) => reaches(rule, ownReset(evidence), rules));
  return could.find(({ packets }) => packets > 0) ?? could[0];
}

function whatIsRight({ rules }: FilterEvidence, tested: boolean): Found {
  if (!tested) return { code: 'untested' };
  const [first, ...others] = rules.filter(({ rule, packets }) => isDrop(rule) && packets > 0);
  const alone = others.length === 0 && first !== undefined ? { about: first } : {};
  return { code: first !== undefined && isInbound(first.rule) ? 'hides' : 'exact', ...alone };
}

/** Of several rules, those that have not dropped anything. */
const whoDidNothing = (rules: readonly RuleAtWork[]): readonly Found[] =>
  rules.length === 1
    ? []
    : rules
        .filter(({ rule, packets, ownResets = 0 }) => !isDrop(rule) || packets + ownResets === 0)
        .map((about) => ({ code: 'idle', about }));
