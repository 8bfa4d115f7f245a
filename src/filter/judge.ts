/** Judges a filter by what was seen of it: whether the kernel stayed silent, and if not, or not only that, why. */
import type { Text } from '../error.js';
import { canonicalFlow } from './flow.js';
import { type FilterEvidence, isDrop, isInbound, openMatches } from './judge-evidence.js';
import { type FindingCode, WORDS } from './judge-words.js';

export interface FilterFinding {
  readonly code: FindingCode;
  readonly text: Text;
}

export interface FilterVerdict {
  /** No RST of the kernel left. */
  readonly silent: boolean;
  /** Silent when it was put to the test, and nothing to find fault with. */
  readonly ok: boolean;
  /** What was found, the gravest first; never empty. */
  readonly findings: readonly FilterFinding[];
}

/** Pure: the same evidence, the same verdict. */
export function judgeFilter(seen: FilterEvidence): FilterVerdict {
  // A rule that drops nothing counts what it lets pass.
  const evidence = seen.rule === undefined || isDrop(seen.rule) ? seen : { ...seen, dropped: 0 };
  const silent = evidence.kernelResetsLeft === 0;
  const faults = [...whyItLeaks(evidence), ...whatElseIsWrong(evidence)];
  const tested = evidence.answerable > 0 && evidence.dropped > 0;
  const codes = faults.length > 0 ? faults : ([tested ? 'exact' : 'untested'] as const);
  return {
    silent,
    ok: silent && faults.length === 0 && tested,
    findings: codes.map((code) => ({ code, text: WORDS[code](evidence) })),
  };
}

/** Why RSTs of the kernel left: the first cause that explains it. */
function whyItLeaks(evidence: FilterEvidence): FindingCode[] {
  const { rule, dropped, kernelResetsLeft } = evidence;
  if (kernelResetsLeft === 0) return [];
  if (evidence.inOtherNamespace === true) return ['other-namespace'];
  if (rule === undefined) return ['no-rule'];
  if (rule.family !== canonicalFlow(evidence.flow).family) return ['wrong-family'];
  if (rule.chain !== 'OUTPUT' && rule.chain !== 'POSTROUTING') return ['wrong-chain'];
  if (rule.table === 'nat') return ['wrong-table'];
  if (!isDrop(rule)) return ['not-a-drop'];
  if (dropped > 0) return ['too-narrow'];
  return ['no-match'];
}

/** What a rule does besides, whether or not it keeps the kernel silent. */
function whatElseIsWrong(evidence: FilterEvidence): FindingCode[] {
  const { rule, dropped, kernelResetsLeft, kernelResetsMade } = evidence;
  const findings: FindingCode[] = [];
  if (evidence.peerResets > 0 && (kernelResetsLeft === 0 || evidence.wrongAcks > 0)) findings.push('reset-by-peer');
  if (rule === undefined) return findings;
  const outbound = !isInbound(rule);
  const drops = isDrop(rule);
  const { refusedSends, ownResetsSent, ownResetsLeft } = evidence;
  const spares = ownResetsSent > 0 || !outbound || dropped === 0 || rule.match.includes('--mark');
  if (drops && (refusedSends > 0 || ownResetsLeft < ownResetsSent || !spares)) findings.push('own-resets-dropped');
  if (!outbound && dropped > 0 && kernelResetsLeft === 0) findings.push('blinds');
  if (drops && openMatches(rule).length > 0) findings.push('too-wide');
  if (outbound && dropped > 0 && rule.table !== 'raw') findings.push('after-conntrack');
  if (kernelResetsMade !== undefined && kernelResetsMade > dropped + kernelResetsLeft) findings.push('unaccounted');
  return findings;
}
