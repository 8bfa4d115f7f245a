/** A rule as it is judged, whoever has loaded it: where it stands, what it asks of a packet, and what it does with it. */
import type { Family } from './flow.js';

/** Where in its way through the kernel a packet meets a chain. `<linux/netfilter.h>` */
export type Hook = 'ingress' | 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

/** A range of numbers, both ends included; addresses count as the numbers that they are. */
export type Range = readonly [low: bigint, high: bigint];

/** What a rule asks of a packet. `ranges` undefined: in a set that is not shown. */
export type Condition =
  | { readonly kind: 'protocol'; readonly tcp: boolean }
  | { readonly kind: 'src' | 'dst' | 'srcPort' | 'dstPort'; readonly ranges: readonly Range[] | undefined }
  /** `any`: one of `set` is enough, in place of exactly these among `mask`. */
  | { readonly kind: 'flags'; readonly mask: number; readonly set: number; readonly any?: boolean }
  | { readonly kind: 'mark'; readonly value: number; readonly mask: number }
  /** `everyone`: all ids that there are. */
  | { readonly kind: 'owner'; readonly of: 'user' | 'group' | 'socket'; readonly everyone: boolean }
  /** A trailing `+` or `*` stands for anything. */
  | { readonly kind: 'in' | 'out'; readonly name: string }
  /** In small letters. */
  | { readonly kind: 'state'; readonly states: readonly string[] }
  /** How much, how often, or how long: some packets fit, others of the same kind do not. */
  | { readonly kind: 'limit' }
  | { readonly kind: 'time' }
  /** What the packet's data contain. */
  | { readonly kind: 'string' }
  | { readonly kind: 'other' };

export type RuleMatch = Condition & {
  /** As the rule has it: `--sport 41000`, `meta skuid 1000`. */
  readonly words: string;
  readonly negated: boolean;
};

export interface RuleVerdict {
  readonly does: 'drop' | 'reject' | 'accept' | 'other';
  /** As the rule has it: `DROP`, `reject with tcp reset`; `none` where it has none. */
  readonly words: string;
}

export interface JudgedRule {
  readonly backend: 'iptables' | 'nft';
  /** The IP versions that pass it. */
  readonly families: readonly Family[];
  /** As a person names its place: `filter OUTPUT`, `inet mine output`. */
  readonly place: string;
  /** undefined: nothing leads to its chain. */
  readonly hook: Hook | undefined;
  /** A chain that sees the first packet of a connection only. */
  readonly nat: boolean;
  /** Its packets have not been seen by connection tracking yet. */
  readonly beforeConntrack: boolean;
  readonly matches: readonly RuleMatch[];
  readonly verdict: RuleVerdict;
  /** The whole of it, as a person would type it. */
  readonly text: string;
}

/** Priority of connection tracking. `<linux/netfilter_ipv4.h>` NF_IP_PRI_CONNTRACK. */
export const CONNTRACK_PRIORITY = -200;

/** Whether what it matches goes no further. What other rules match is counted too, and goes on. */
export const isDrop = ({ verdict }: Pick<JudgedRule, 'verdict'>): boolean =>
  verdict.does === 'drop' || verdict.does === 'reject';

/** Whether it sees what comes in, and nothing that leaves. */
export const isInbound = ({ hook }: Pick<JudgedRule, 'hook'>): boolean =>
  hook === 'ingress' || hook === 'prerouting' || hook === 'input' || hook === 'forward';

/** Whether the RSTs of this host's kernel pass it. */
export const isOutbound = ({ hook }: Pick<JudgedRule, 'hook'>): boolean => hook === 'output' || hook === 'postrouting';
