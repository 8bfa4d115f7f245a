/** From a connection to the exact commands that keep the kernel's RST away from it, without touching anything. */
import { about, RawshakeError, type Text } from '../error.js';
import { type Argv, behind } from './argv.js';
import { canonicalFlow, type Family, FILTER, type FilterFlow } from './flow.js';
import { ownOwner, type Owner, ownerName, parseOwnerName } from './owner.js';
import { nftRuleFor, type Rule, ruleFor, type RuleValues } from './rule-file.js';

/**
 * SO_MARK of what rawshake sends, where no other is given. Other software reads bits of the mark by masks, and would masquerade, route
 * or drop what has one of them: kube-proxy (0x4000, 0x8000), Cilium (0x0f00), Calico (0xffff0000), Tailscale (0xff0000), mwan3
 * (0x3f00), v2rayA (0xc0), AWS VPC CNI (0x80), OpenShift SDN (0x1). This has none of those.
 */
export const DEFAULT_MARK = 0x36;

export type Backend = 'nft' | 'iptables';

export interface PlanOptions {
  readonly flow: FilterFlow;
  readonly backend: Backend;
  /** The mark of the program's own packets, 1 to 2^32 - 1. Default `DEFAULT_MARK`. */
  readonly mark?: number;
  /** Tells this rule from all others: `rawshake:` and a name. Default: this process, and a number from the second on. */
  readonly comment?: string;
}

interface CommonPlan {
  readonly family: Family;
  readonly flow: FilterFlow;
  readonly mark: number;
  readonly comment: string;
  /** What a person can paste to the same effect, in order. */
  readonly commands: readonly Argv[];
  /** What a person can paste to undo it. */
  readonly removal: Argv;
}

export interface IptablesPlan extends CommonPlan {
  readonly backend: 'iptables';
  readonly rule: Rule;
  /** Prints the table with counters, for reading back. */
  readonly save: Argv;
}

export interface NftPlan extends CommonPlan {
  readonly backend: 'nft';
  /** The table of our own, in the family `inet`, and its one chain. */
  readonly table: string;
  readonly chain: string;
}

export type FilterPlan = IptablesPlan | NftPlan;

/**
 * The RST is dropped before connection tracking sees it and forgets the connection over it: in `raw OUTPUT`, or for nft
 * at a priority below raw's.
 * @throws {RawshakeError} RS_USAGE where the flow, the mark or the comment cannot be
 */
export function planFilter(options: PlanOptions & { readonly backend: 'nft' }): NftPlan;
export function planFilter(options: PlanOptions & { readonly backend: 'iptables' }): IptablesPlan;
export function planFilter(options: PlanOptions): FilterPlan;
export function planFilter(options: PlanOptions): FilterPlan {
  const { mark = DEFAULT_MARK, comment = nextComment() } = options;
  if (!Number.isInteger(mark) || mark < 1 || mark > 0xffff_ffff)
    throw unusable({ en: `${String(mark)} is no mark`, zh: `${String(mark)} 不是标记` });
  if (!/^rawshake:[\w.:-]{1,100}$/.test(comment))
    throw unusable({ en: `${comment} cannot name a rule`, zh: `${comment} 不能用作规则的名字` });
  const { flow, family } = canonicalFlow(options.flow);
  const values: RuleValues = { flow, mark, comment };
  switch (options.backend) {
    case 'nft':
      return nftPlan(family, values);
    case 'iptables':
      return iptablesPlan(family, values);
  }
}

/**
 * One rule in OUTPUT, not a chain of our own: a chain would need a rule in OUTPUT as well to lead into it, and so three
 * things in place of one that comes and goes in one transaction and is deleted by the very words that added it.
 */
function iptablesPlan(family: Family, values: RuleValues): IptablesPlan {
  const rule = ruleFor(family, values);
  const program = family === 4 ? 'iptables' : 'ip6tables';
  return {
    backend: 'iptables',
    family,
    ...values,
    rule,
    commands: [[program, '-w', '-t', rule.table, '-I', rule.chain, '1', ...rule.match]],
    removal: [program, '-w', '-t', rule.table, '-D', rule.chain, ...rule.match],
    save: [`${program}-save`, '-c', '-t', rule.table],
  };
}

function nftPlan(family: Family, values: RuleValues): NftPlan {
  const { chain, definition, match } = nftRuleFor(family, values);
  const table = values.comment.replaceAll(':', '-');
  return {
    backend: 'nft',
    family,
    ...values,
    table,
    chain,
    commands: [
      ['nft', 'create', 'table', 'inet', table],
      ['nft', 'add', 'chain', 'inet', table, chain, `{ ${definition} }`],
      ['nft', 'add', 'rule', 'inet', table, chain, ...match],
    ],
    removal: ['nft', 'delete', 'table', 'inet', table],
  };
}

/** The same plan as a person types it who stands elsewhere: with `enter` in front of each command. */
export const typedFromOutside = (plan: FilterPlan, enter: readonly string[] = []): FilterPlan => ({
  ...plan,
  commands: plan.commands.map((command) => behind(enter, command)),
  removal: behind(enter, plan.removal),
});

let planned = 0;

function nextComment(): string {
  planned += 1;
  return `rawshake:${ownerName(ownOwner())}${planned === 1 ? '' : `:${String(planned)}`}`;
}

/** The process that a comment names; undefined where none is meant to hold the rule. */
export const ownerOf = (comment: string): Owner | undefined =>
  parseOwnerName(/^rawshake:([^:]+)(?::\d+)?$/.exec(comment)?.[1] ?? '');

const unusable = (why: Text): RawshakeError =>
  new RawshakeError('RS_USAGE', about(FILTER, why), {
    hint: {
      en: 'A mark is a number from 1 to 4294967295; a comment is rawshake: and a name without spaces.',
      zh: '标记是 1 到 4294967295 的数；注释是 rawshake: 加上不含空格的名字。',
    },
  });
