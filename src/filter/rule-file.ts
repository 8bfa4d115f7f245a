/** The rule files of `iptables/`: read, their tokens replaced, taken apart into arguments. */
import { readFileSync } from 'node:fs';
import type { Flow } from '../wire/flow.js';

export type Family = 4 | 6;

/** What a rule says of one connection. */
export interface RuleValues {
  /** Seen from the host that is to stay silent. */
  readonly flow: Flow;
  /** RSTs that carry this mark pass: they are the program's own. */
  readonly mark: number;
  /** By which the rule is found again. No spaces. */
  readonly comment: string;
}

/** A rule as iptables takes it. */
export interface Rule {
  readonly table: string;
  readonly chain: string;
  /** Matches and target, as `iptables-save` writes them. */
  readonly match: readonly string[];
}

const readRuleFile = (family: Family): string =>
  readFileSync(new URL(`../../iptables/rst-v${String(family)}.rules`, import.meta.url), 'utf8');

/** What stands in the files, so that they are valid as they are: the lab's own connection. */
const tokens = (family: Family, { flow, mark, comment }: RuleValues): ReadonlyMap<string, string> => {
  const [src, dst, host] = family === 4 ? ['192.0.2.1', '192.0.2.2', '/32'] : ['2001:db8::1', '2001:db8::2', '/128'];
  return new Map([
    [`${src}${host}`, `${flow.src}${host}`],
    [`${dst}${host}`, `${flow.dst}${host}`],
    ['41000', String(flow.srcPort)],
    ['8888', String(flow.dstPort)],
    ['0x7261', `0x${mark.toString(16)}`],
    ['rawshake:by-hand', comment],
  ]);
};

/** The words of a line of rules; quotes only ever stand around a comment. */
export const ruleWords = (line: string): string[] => line.trim().replaceAll('"', '').split(/\s+/);

/** The rule of the family's file with these values in place of the tokens. */
export function ruleFor(family: Family, values: RuleValues): Rule {
  const lines = readRuleFile(family).split('\n');
  const table = lines.find((line) => line.startsWith('*'))?.slice(1);
  const insertion = lines.find((line) => line.startsWith('-I '));
  if (table === undefined || insertion === undefined) throw new TypeError('the rule file holds no table or no rule');
  const replace = tokens(family, values);
  const [, chain = '', , ...match] = ruleWords(insertion).map((word) => replace.get(word) ?? word);
  return { table, chain, match };
}
