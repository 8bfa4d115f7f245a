/** Whether what a rule asks is true of a segment: told from its text, before anything is sent. */
import { addressNumber } from './ranges.js';
import type { Condition, JudgedRule, RuleMatch } from './judged-rule.js';

/** A segment, or several that differ in their flags only. */
export interface KindOfSegment {
  readonly src: string;
  readonly dst: string;
  /** Left out: any. */
  readonly srcPort?: number;
  readonly dstPort?: number;
  /** Those that it may have; any of them. */
  readonly flags: readonly number[];
  readonly mark: number;
  /** A program's socket sent it. */
  readonly owned: boolean;
  /** The link by which it comes or goes, where that is known. */
  readonly link?: string;
  readonly inbound: boolean;
}

/** `sometimes`: of some such segments it is true, of others not. `unknown`: the text does not tell. */
export type Fit = 'always' | 'sometimes' | 'never' | 'unknown';

export function fitOf(match: RuleMatch, segment: KindOfSegment, rule: JudgedRule): Fit {
  if (match.kind === 'owner') return ownerFit(match, segment, rule);
  const fit = plainFit(match, segment, rule);
  if (!match.negated) return fit;
  return fit === 'always' ? 'never' : fit === 'never' ? 'always' : fit;
}

/** All of it together: `always` where each condition is. */
export function ruleFit(rule: JudgedRule, segment: KindOfSegment): Fit {
  const fits = rule.matches.map((match) => fitOf(match, segment, rule));
  return (['never', 'unknown', 'sometimes'] as const).find((fit) => fits.includes(fit)) ?? 'always';
}

/**
 * What has no program's socket behind it has no owner. xt_owner: then only the negated form holds (`owner_mt`); nft: then the
 * expression ends the rule, negated or not (`nft_meta_get_eval_skugid`). Kernel RSTs leave by a control socket, which exists.
 */
function ownerFit(match: RuleMatch & { kind: 'owner' }, { owned, inbound }: KindOfSegment, rule: JudgedRule): Fit {
  if (match.of === 'socket') return match.negated ? 'never' : 'always';
  if (inbound) return rule.backend === 'iptables' && match.negated ? 'always' : 'never';
  if (!owned) return rule.backend === 'iptables' && match.negated ? 'always' : 'never';
  if (match.everyone) return match.negated ? 'never' : 'always';
  return 'unknown';
}

function plainFit(match: Condition, segment: KindOfSegment, rule: JudgedRule): Fit {
  switch (match.kind) {
    case 'protocol':
      return sure(match.tcp);
    case 'src':
    case 'dst':
      return inRanges(match.ranges, addressNumber(segment[match.kind]));
    case 'srcPort':
    case 'dstPort': {
      const port = segment[match.kind];
      return port === undefined ? 'unknown' : inRanges(match.ranges, BigInt(port));
    }
    case 'flags':
      return some(segment.flags.map((flags) => flagsFit(match, flags)));
    case 'mark':
      return sure(((segment.mark ^ match.value) & match.mask) === 0);
    case 'in':
    case 'out':
      return linkFit(match, segment);
    case 'state':
      return stateFit(match.states, rule);
    case 'string':
      return segment.flags.every((flags) => (flags & RST) !== 0) ? 'never' : 'unknown';
    case 'limit':
      return 'sometimes';
    case 'owner':
    case 'time':
    case 'other':
      return 'unknown';
  }
}

const RST = 0x04;

const sure = (fits: boolean): Fit => (fits ? 'always' : 'never');

const inRanges = (ranges: (Condition & { kind: 'src' })['ranges'], value: bigint | undefined): Fit =>
  ranges === undefined || value === undefined
    ? 'unknown'
    : sure(ranges.some(([low, high]) => low <= value && value <= high));

const some = (fits: readonly boolean[]): Fit =>
  fits.every(Boolean) ? 'always' : fits.some(Boolean) ? 'sometimes' : 'never';

const flagsFit = ({ mask, set, any = false }: Condition & { kind: 'flags' }, flags: number): boolean =>
  any ? (flags & set) !== 0 : (flags & mask) === set;

/** Output has no link by which it came, and input none by which it goes. */
function linkFit({ kind, name }: Condition & { kind: 'in' | 'out' }, { link, inbound }: KindOfSegment): Fit {
  if ((kind === 'in') !== inbound) return 'never';
  if (link === undefined) return 'unknown';
  return sure(/[+*]$/.test(name) ? link.startsWith(name.slice(0, -1)) : link === name);
}

/** Before connection tracking all is invalid; behind it the kernel's RST answers something, so it is of a known connection. */
function stateFit(states: readonly string[], { beforeConntrack }: JudgedRule): Fit {
  if (beforeConntrack) return sure(states.includes('invalid'));
  if (states.includes('established')) return 'always';
  return states.includes('invalid') ? 'unknown' : 'never';
}
