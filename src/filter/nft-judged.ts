/** What the rules say that `nft --json list ruleset` prints. libnftables-json(5). */
import type { Counters } from './applied.js';
import type { Family } from './flow.js';
import { type Jump, reachedFrom } from './chain-reach.js';
import {
  type Condition,
  CONNTRACK_PRIORITY,
  type Hook,
  type JudgedRule,
  type Range,
  type RuleMatch,
  type RuleVerdict,
} from './judged-rule.js';
import { type Chain, chainKey, isJson, type Json, objectsIn, type Rule, targetsIn } from './nft-listing.js';
import { addressRange, portRange } from './ranges.js';

export interface ListedRule {
  /** By which it is known again: no other rule has it. */
  readonly id: string;
  readonly judged: JudgedRule;
  /** Its statements, in nft's own words. */
  readonly expr: readonly Json[];
  /** undefined where it does not count. */
  readonly counters: Counters | undefined;
  /** The request that has it count what it matches, from then on. */
  counting(): Json;
}

export function readNftListing(text: string): readonly ListedRule[] {
  const objects = objectsIn(text);
  const chains = objects.flatMap(({ chain }) => chain ?? []);
  const rules = objects.flatMap(({ rule }) => rule ?? []);
  const bases = basesOf(chains, rules);
  return rules.map((rule) => {
    const counter = rule.expr.map((one) => one['counter']).find(isJson);
    return {
      id: [rule.family, rule.table, rule.handle].join(' '),
      judged: judged(rule, bases.get(chainKey(rule, rule.chain))),
      expr: rule.expr,
      counters: counter && { packets: Number(counter['packets']), bytes: Number(counter['bytes']) },
      counting: () => ({ replace: { rule: { ...rule, expr: withCounter(rule.expr) } } }),
    };
  });
}

const VERDICTS = ['drop', 'reject', 'accept', 'queue', 'jump', 'goto', 'return', 'continue', 'vmap'] as const;

const verdictIn = (one: Json): (typeof VERDICTS)[number] | undefined => VERDICTS.find((name) => name in one);

/** Right before it decides: what comes so far has matched. */
function withCounter(expr: readonly Json[]): readonly Json[] {
  const at = expr.findIndex((one) => verdictIn(one) !== undefined);
  const end = at < 0 ? expr.length : at;
  return [...expr.slice(0, end), { counter: null }, ...expr.slice(end)];
}

const FAMILIES: Readonly<Record<string, readonly Family[]>> = { ip: [4], ip6: [6], inet: [4, 6], netdev: [4, 6] };

/** @param base the chain with a hook from which packets come to the rule's own */
function judged(rule: Rule, base: BaseChain | undefined): JudgedRule {
  const matches = rule.expr.flatMap(matchIn);
  const verdict = verdictOf(rule.expr);
  const place = [rule.family, rule.table, rule.chain].join(' ');
  const last = verdict.words === 'none' ? [] : [verdict.words];
  return {
    backend: 'nft',
    families: FAMILIES[rule.family] ?? [],
    place,
    hook: base?.hook,
    nat: base?.type === 'nat',
    beforeConntrack: base?.hook === 'ingress' || (base?.prio ?? 0) < CONNTRACK_PRIORITY,
    matches,
    verdict,
    text: ['nft add rule', place, ...matches.map(({ words }) => words), ...last].join(' '),
  };
}

interface BaseChain extends Chain {
  readonly hook: Hook;
}

function basesOf(chains: readonly Chain[], rules: readonly Rule[]): ReadonlyMap<string, BaseChain> {
  const bases = chains.filter((chain): chain is BaseChain => chain.hook !== undefined);
  const jumps = rules.flatMap((rule) =>
    targetsIn(rule.expr).map((target): Jump => [chainKey(rule, rule.chain), chainKey(rule, target)]),
  );
  return reachedFrom(new Map(bases.map((chain) => [chainKey(chain, chain.name), chain])), jumps);
}

function verdictOf(expr: readonly Json[]): RuleVerdict {
  const last = expr.find((one) => verdictIn(one) !== undefined);
  const name = last && verdictIn(last);
  const value = last?.[name ?? ''];
  switch (name) {
    case undefined:
      return { does: 'other', words: 'none' };
    case 'drop':
    case 'accept':
      return { does: name, words: name };
    case 'reject':
      return { does: name, words: isJson(value) && value['type'] === 'tcp reset' ? 'reject with tcp reset' : name };
    case 'queue':
      // Without a program at the queue, as in a lab, it drops.
      return { does: JSON.stringify(value).includes('bypass') ? 'other' : 'drop', words: name };
    case 'jump':
    case 'goto':
      return { does: 'other', words: isJson(value) ? `${name} ${String(value['target'])}` : name };
    case 'return':
    case 'continue':
    case 'vmap':
      return { does: 'other', words: name };
  }
}

/** What only looks on or changes the packet is no condition. */
const NO_CONDITION = ['counter', 'log', 'mangle', 'notrack'];

function matchIn(one: Json): readonly RuleMatch[] {
  const match = one['match'];
  if (isJson(match)) {
    const { op, left, right } = match as { readonly op: string; readonly left: unknown; readonly right: unknown };
    const bits = isJson(left) && '&' in left;
    const sign = (op === '==' && !bits) || op === 'in' ? '' : `${op} `;
    const words = `${wordsOf(left)} ${sign}${wordsOf(right)}`;
    const negated = op === '!=';
    return [{ ...conditionOf(left, negated ? '==' : op, right), words, negated }];
  }
  if ('limit' in one || 'quota' in one || 'ct count' in one)
    return [{ kind: 'limit', words: Object.keys(one)[0] ?? '', negated: false }];
  if (verdictIn(one) !== undefined || NO_CONDITION.some((name) => name in one)) return [];
  return [{ kind: 'other', words: Object.keys(one)[0] ?? '', negated: false }];
}

/** As nft itself would write it, or nearly. */
function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join(',');
  if (!isJson(value)) return String(value);
  const { payload, meta, ct, set, range, prefix, '&': and } = value as Record<string, Json | unknown[] | undefined>;
  if (isJson(payload)) return payloadWords(payload);
  if (isJson(meta)) return `meta ${String(meta['key'])}`;
  if (isJson(ct)) return ['ct', ct['dir'] ?? [], ct['key']].flat().join(' ');
  if (Array.isArray(set)) return `{ ${set.map(wordsOf).join(', ')} }`;
  if (Array.isArray(range)) return range.map(wordsOf).join('-');
  if (isJson(prefix)) return [prefix['addr'], prefix['len']].join('/');
  if (Array.isArray(and)) return and.map(wordsOf).join(' & ');
  return JSON.stringify(value);
}

/** By name, or else by place: `@th,0,16`. */
const payloadWords = ({ protocol, field, base, offset, len }: Json): string =>
  base === undefined ? [protocol, field].join(' ') : `@${[base, offset, len].join(',')}`;

function conditionOf(left: unknown, op: string, right: unknown): Condition {
  const { payload, meta, ct, '&': and } = (isJson(left) ? left : {}) as Record<string, Json | undefined>;
  const plain = op === '==' || op === 'in';
  if (Array.isArray(and)) {
    const [of, mask] = and as readonly unknown[];
    if (wordsOf(of) !== 'tcp flags' || !plain) return { kind: 'other' };
    return { kind: 'flags', mask: flags(mask), set: flags(right) };
  }
  // Of connection tracking, `ip saddr` is the connection's, whichever way the packet goes.
  const name = payload || ct ? wordsOf(left) : keyOf(meta);
  if (!plain && !/^(tcp|th) [sd]port$/.test(name)) return { kind: 'other' };
  switch (name) {
    case 'ip saddr':
    case 'ip6 saddr':
      return { kind: 'src', ranges: rangesOf(right, addressRange) };
    case 'ip daddr':
    case 'ip6 daddr':
      return { kind: 'dst', ranges: rangesOf(right, addressRange) };
    case 'tcp sport':
    case 'th sport':
      return { kind: 'srcPort', ranges: portsOf(op, right) };
    case 'tcp dport':
    case 'th dport':
      return { kind: 'dstPort', ranges: portsOf(op, right) };
    case 'tcp flags':
      return op === 'in'
        ? { kind: 'flags', mask: flags(right), set: flags(right), any: true }
        : { kind: 'flags', mask: 0xff, set: flags(right) };
    case 'ip protocol':
    case 'ip6 nexthdr':
    case 'l4proto':
      return {
        kind: 'protocol',
        tcp: ['tcp', '6'].some((tcp) =>
          wordsOf(right)
            .split(/[^\w]+/)
            .includes(tcp),
        ),
      };
    case 'mark':
      return { kind: 'mark', value: Number(right), mask: 0xffff_ffff };
    case 'skuid':
    case 'skgid':
      return { kind: 'owner', of: name === 'skuid' ? 'user' : 'group', everyone: isEveryone(right) };
    case 'iif':
    case 'iifname':
      return { kind: 'in', name: String(right) };
    case 'oif':
    case 'oifname':
      return { kind: 'out', name: String(right) };
    case 'ct state':
      return { kind: 'state', states: wordsOf(right).replaceAll(/[{} ]/g, '').split(',') };
    case 'hour':
    case 'day':
    case 'time':
      return { kind: 'time' };
  }
  // A port of another protocol.
  if (/^(udp|sctp|dccp|udplite|icmp\w*) /.test(name)) return { kind: 'protocol', tcp: false };
  return { kind: 'other' };
}

const keyOf = (of: Json | undefined): string => (typeof of?.['key'] === 'string' ? of['key'] : '');

const isEveryone = (right: unknown): boolean => {
  const [low, high] = wordsOf(right).split('-');
  return low === '0' && Number(high) >= 0xffff_fffe;
};

const FLAGS: Readonly<Record<string, number>> = {
  ...{ fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10, urg: 0x20, ecn: 0x40, cwr: 0x80 },
};

/** A name, a number, several of them, or those joined by `|`. */
function flags(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum | flags(one), 0);
  if (isJson(value)) return flags(Object.values(value).flat());
  return typeof value === 'number' ? value : (FLAGS[String(value)] ?? 0);
}

function rangesOf(value: unknown, read: (text: string) => Range | undefined): readonly Range[] | undefined {
  const set = isJson(value) ? value['set'] : undefined;
  const all = (Array.isArray(set) ? set : [value]).map((one) => read(wordsOf(one)));
  return all.every((one) => one !== undefined) ? all : undefined;
}

const ports = (text: string): Range | undefined => portRange(text, '-');

function portsOf(op: string, right: unknown): readonly Range[] | undefined {
  const number = BigInt(typeof right === 'number' ? right : 0);
  switch (op) {
    case '<':
      return [[0n, number - 1n]];
    case '<=':
      return [[0n, number]];
    case '>':
      return [[number + 1n, 65_535n]];
    case '>=':
      return [[number, 65_535n]];
  }
  return rangesOf(right, ports);
}
