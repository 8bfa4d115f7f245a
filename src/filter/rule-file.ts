/** The rule files of `iptables/`: read, their tokens replaced, taken apart into arguments. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Family, FilterFlow } from './flow.js';

/** What a rule says of one connection. */
export interface RuleValues {
  /** Seen from the host that is to stay silent. */
  readonly flow: FilterFlow;
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

/** A rule as nft takes it, in a table of its own. */
export interface NftRule {
  readonly chain: string;
  /** Type, hook, priority, policy: what stands between the braces. */
  readonly definition: string;
  /** Matches, counter and verdict. */
  readonly match: readonly string[];
}

/** The same with several rules. */
interface NftRules extends Pick<NftRule, 'chain' | 'definition'> {
  readonly matches: readonly (readonly string[])[];
}

/** The package's own folder, however deep in it this was compiled to. */
const packageFolder = (): string => dirname(createRequire(import.meta.url).resolve('rawshake/package.json'));

const linesOf = (file: string): string[] =>
  readFileSync(join(packageFolder(), 'iptables', file), 'utf8')
    .split('\n')
    .map((line) => line.trim());

/** What stands in the files, so that they are valid as they are: the lab's own connection. `undefined`: matches any. */
const tokens = (family: Family, { flow, mark, comment }: RuleValues): ReadonlyMap<string, string | undefined> => {
  const [src, dst, host] = family === 4 ? ['192.0.2.1', '192.0.2.2', '/32'] : ['2001:db8::1', '2001:db8::2', '/128'];
  return new Map([
    [src, flow.src],
    [dst, flow.dst],
    [`${src}${host}`, `${flow.src}${host}`],
    [`${dst}${host}`, flow.dst === undefined ? undefined : `${flow.dst}${host}`],
    ['41000', flow.srcPort?.toString()],
    ['8888', flow.dstPort?.toString()],
    ['0x36', `0x${mark.toString(16)}`],
    ['rawshake:by-hand', comment],
    ['"rawshake:by-hand"', `"${comment}"`],
  ]);
};

/** Puts the values in place; where a part is left open, its value goes, and with it the `nameWords` words before. */
function fillIn(
  words: readonly string[],
  values: ReadonlyMap<string, string | undefined>,
  nameWords: number,
): string[] {
  const filled: string[] = [];
  for (const word of words) {
    const value = values.has(word) ? values.get(word) : word;
    if (value === undefined) filled.splice(-nameWords);
    else filled.push(value);
  }
  return filled;
}

/** The words of a line of rules; quotes only ever stand around a comment. */
export const ruleWords = (line: string): string[] => line.trim().replaceAll('"', '').split(/\s+/);

/**
 * What the files are for: the kernel's RSTs of a connection, all that no program has sent, or what comes in for a connection whose program
 * reads by AF_PACKET.
 */
export type Cure = 'rst' | 'owner' | 'input';

/** The rule of the family's file with these values in place of the tokens. */
export function ruleFor(family: Family, values: RuleValues, cure: Cure = 'rst'): Rule {
  const lines = linesOf(`${cure}-v${String(family)}.rules`);
  const table = lines.find((line) => line.startsWith('*'))?.slice(1);
  const insertion = lines.find((line) => line.startsWith('-I '));
  if (table === undefined || insertion === undefined) throw new TypeError('the rule file holds no table or no rule');
  const [, chain = '', , ...match] = fillIn(ruleWords(insertion), tokens(family, values), 1);
  return { table, chain, match };
}

/** The family's rules of the file for nft with these values in place of the tokens. */
export function nftRulesFor(family: Family, values: RuleValues, cure: Cure): NftRules {
  const lines = linesOf(`${cure}.nft`);
  const chain = lines.flatMap((line) => /^chain (\S+) \{$/.exec(line)?.[1] ?? [])[0];
  const at = lines.findIndex((line) => line.startsWith('type '));
  const definition = lines[at];
  const rules = lines
    .slice(at + 1, lines.indexOf('}', at))
    .filter((line) => !line.startsWith(family === 4 ? 'ip6 ' : 'ip '));
  if (chain === undefined || definition === undefined || rules.length === 0) {
    throw new TypeError('the rule file holds no chain or no rule');
  }
  return { chain, definition, matches: rules.map((rule) => fillIn(rule.split(' '), tokens(family, values), 2)) };
}

/** The family's rule of `rst.nft` with these values in place of the tokens. */
export function nftRuleFor(family: Family, values: RuleValues): NftRule {
  const { chain, definition, matches } = nftRulesFor(family, values, 'rst');
  return { chain, definition, match: matches[0] ?? [] };
}
