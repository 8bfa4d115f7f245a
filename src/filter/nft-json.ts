/**
 * Reads what nft lists, in the shape of libnftables-json(5), as far as rules like ours go. Chains are listed, not tables:
 * up to 1.0.6 nft writes the flags of a table, such as `owner`, from memory that it has let go (no valid JSON, at times).
 */
import { notUnderstood } from '../error.js';
import type { FilterFlow } from './flow.js';

/** A rule as far as it is like ours, and the chain that it is in. */
export interface ListedRule {
  readonly table: string;
  /** Its number in the table; undefined where nft does not tell. */
  readonly handle: number | undefined;
  /** `filter output accept`: type, hook and policy; undefined of a chain that no hook leads to. */
  readonly base: string | undefined;
  readonly priority: number | undefined;
  /** Empty where it carries none. */
  readonly comment: string;
  readonly flow: FilterFlow;
  /** RSTs with this mark pass. */
  readonly mark: number | undefined;
  /** Only segments with RST are dropped. */
  readonly resetsOnly: boolean;
  /** Nothing is matched but what stands here. */
  readonly understood: boolean;
  readonly drops: boolean;
  readonly packets: number;
  readonly bytes: number;
}

interface Chain {
  readonly table: string;
  readonly name: string;
  readonly type?: string;
  readonly hook?: string;
  readonly prio?: number;
  readonly policy?: string;
}

type Expression = Readonly<Record<string, unknown>>;

interface Rule {
  readonly table: string;
  readonly chain: string;
  readonly handle?: number;
  readonly comment?: string;
  readonly expr: readonly Expression[];
}

type Item = { readonly chain: Chain } | { readonly rule: Rule } | { readonly metainfo: unknown };

/**
 * One object per chain and rule.
 * @throws {RawshakeError} RS_NOT_UNDERSTOOD where it is no JSON, or not of the form that is known
 */
function itemsOf(json: string): readonly Item[] {
  if (json.trim() === '') return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw notUnderstood('nft: what it lists is no JSON', cause);
  }
  const items = isRecord(parsed) ? parsed['nftables'] : undefined;
  if (!Array.isArray(items) || !items.every(isItem))
    throw notUnderstood('nft: what it lists is of no form that is known');
  return items;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of what else there may be (`table`, `set`, …) nothing is read. */
function isItem(value: unknown): value is Item {
  if (!isRecord(value)) return false;
  const { chain, rule } = value;
  if (chain !== undefined) return isRecord(chain) && areTexts(chain['table'], chain['name']);
  if (rule === undefined) return true;
  const { comment = '' } = isRecord(rule) ? rule : {};
  if (!isRecord(rule) || !areTexts(rule['table'], rule['chain'], comment)) return false;
  return Array.isArray(rule['expr']) && rule['expr'].every(isRecord);
}

const areTexts = (...values: readonly unknown[]): boolean => values.every((value) => typeof value === 'string');

/** Every rule. */
export function listedRules(json: string): ListedRule[] {
  const items = itemsOf(json);
  const chains = items.flatMap((item) => ('chain' in item ? [item.chain] : []));
  return items.flatMap((item) => {
    if (!('rule' in item)) return [];
    const { table, chain: name, handle, comment = '', expr } = item.rule;
    const chain = chains.find((candidate) => candidate.table === table && candidate.name === name);
    return [{ table, handle, base: chain && baseOf(chain), priority: chain?.prio, comment, ...readExpressions(expr) }];
  });
}

const baseOf = ({ type, hook, policy }: Chain): string | undefined =>
  areTexts(type, hook, policy) ? [type, hook, policy].join(' ') : undefined;

type Matched = Omit<ListedRule, 'table' | 'handle' | 'base' | 'priority' | 'comment'>;

function readExpressions(expressions: readonly Expression[]): Matched {
  let rule: Matched = {
    flow: { src: '' },
    mark: undefined,
    resetsOnly: false,
    understood: true,
    drops: false,
    packets: 0,
    bytes: 0,
  };
  for (const expression of expressions) rule = { ...rule, ...readExpression(expression, rule) };
  return rule;
}

function readExpression(expression: Expression, { flow, mark }: Matched): Partial<Matched> {
  if ('drop' in expression) return { drops: true };
  const { counter, match } = expression;
  if (isRecord(counter)) return { packets: numberOr(counter['packets'], 0), bytes: numberOr(counter['bytes'], 0) };
  if (!isRecord(match)) return { understood: false };
  const { op, left, right } = match;
  const subject = JSON.stringify(left ?? null);
  if (op === '!=' && subject === '{"meta":{"key":"mark"}}') {
    return mark === undefined ? { mark: numberOr(right, NaN) } : { understood: false };
  }
  // How the flags and their mask are written down has changed between the versions of nft.
  if (subject.includes('"field":"flags"')) {
    const mask = subject.match(/"(?:fin|syn|rst|psh|ack|urg|ecn|cwr)"/g) ?? [];
    return { resetsOnly: op !== '!=' && right === 'rst' && mask.join('') === '"rst"' };
  }
  const field = op === '==' ? /^\{"payload":\{"protocol":"(?:ip6?|tcp)","field":"(\w+)"\}\}$/.exec(subject)?.[1] : '';
  const part = PARTS.get(field ?? '');
  // What is said twice would be taken for its last word.
  if (part === undefined || (flow[part] ?? '') !== '') return { understood: false };
  return { flow: { ...flow, [part]: part === 'src' || part === 'dst' ? textOf(right) : numberOr(right, NaN) } };
}

const PARTS: ReadonlyMap<string, keyof FilterFlow> = new Map([
  ['saddr', 'src'],
  ['daddr', 'dst'],
  ['sport', 'srcPort'],
  ['dport', 'dstPort'],
]);

const numberOr = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

/** Of an address; a set or a range of them is none. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));
