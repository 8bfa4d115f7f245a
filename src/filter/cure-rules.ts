/** The rules of the cures that are no RST filter for one connection, in the form in which rules of a user's own are loaded. */
import type { Argv } from './argv.js';
import type { Family, FilterFlow } from './flow.js';
import { type Cure, nftRulesFor, ruleFor, type RuleValues } from './rule-file.js';
import type { UserRule } from './user-rule.js';

interface Values extends Omit<RuleValues, 'mark'> {
  /** Whether a cure that is for all of a host is for this flow alone. */
  readonly narrowed?: boolean;
}

export interface CureRule {
  readonly rule: UserRule;
  readonly removal: Argv;
}

/** @param values `flow` as seen from the host that is to stay silent */
export function cureByIptables(cure: Cure, family: Family, values: Values): CureRule {
  const { table, chain, match: whole } = ruleFor(family, { ...values, mark: 0 }, cure);
  const match = values.narrowed === true ? narrowedIptables(whole, values.flow) : whole;
  const program = family === 4 ? 'iptables' : 'ip6tables';
  return {
    rule: { backend: 'iptables', program, commands: [['-t', table, '-I', chain, '1', ...match]] },
    removal: [program, '-w', '-t', table, '-D', chain, ...match],
  };
}

export function cureByNft(cure: Cure, family: Family, values: Values): CureRule {
  const { chain, definition, matches: whole } = nftRulesFor(family, { ...values, mark: 0 }, cure);
  const matches = values.narrowed === true ? whole.map((match) => narrowedNft(match, family, values.flow)) : whole;
  const table = values.comment.replaceAll(':', '-');
  const typed: readonly Argv[] = [
    ['nft', 'create', 'table', 'inet', table],
    ['nft', 'add', 'chain', 'inet', table, chain, `{ ${definition} }`],
    ...matches.map((match): Argv => ['nft', 'add', 'rule', 'inet', table, chain, ...match]),
  ];
  const script = typed.map(([, ...words]) => words.join(' ')).join('\n');
  return { rule: { backend: 'nft', script, typed }, removal: ['nft', 'delete', 'table', 'inet', table] };
}

/** Before the flags, by which both tell a RST; the source address is this host's in any case. */
function narrowedIptables(match: readonly string[], { dst, srcPort, dstPort }: FilterFlow): readonly string[] {
  const at = match.indexOf('--tcp-flags');
  const ports = [...given('--sport', srcPort), ...given('--dport', dstPort)];
  return [...given('-d', dst), ...match.slice(0, at), ...ports, ...match.slice(at)];
}

/** Only the rule that drops: what the one before it lets pass is the programs' own. */
function narrowedNft(
  match: readonly string[],
  family: Family,
  { dst, srcPort, dstPort }: FilterFlow,
): readonly string[] {
  if (!match.includes('drop')) return match;
  const address = given('daddr', dst);
  return [
    ...(address.length > 0 ? [family === 4 ? 'ip' : 'ip6', ...address] : []),
    ...[given('sport', srcPort), given('dport', dstPort)].flatMap((port) => (port.length > 0 ? ['tcp', ...port] : [])),
    ...match,
  ];
}

const given = (name: string, value: string | number | undefined): readonly string[] =>
  value === undefined ? [] : [name, String(value)];
