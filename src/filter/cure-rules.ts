/** The rules of the cures that are no RST filter for one connection, in the form in which rules of a user's own are loaded. */
import type { Argv } from './argv.js';
import type { Family } from './flow.js';
import { type Cure, nftRulesFor, ruleFor, type RuleValues } from './rule-file.js';
import type { UserRule } from './user-rule.js';

type Values = Omit<RuleValues, 'mark'>;

export interface CureRule {
  readonly rule: UserRule;
  readonly removal: Argv;
}

/** @param values `flow` as seen from the host that is to stay silent */
export function cureByIptables(cure: Cure, family: Family, values: Values): CureRule {
  const { table, chain, match } = ruleFor(family, { ...values, mark: 0 }, cure);
  const program = family === 4 ? 'iptables' : 'ip6tables';
  return {
    rule: { backend: 'iptables', program, commands: [['-t', table, '-I', chain, '1', ...match]] },
    removal: [program, '-w', '-t', table, '-D', chain, ...match],
  };
}

export function cureByNft(cure: Cure, family: Family, values: Values): CureRule {
  const { chain, definition, matches } = nftRulesFor(family, { ...values, mark: 0 }, cure);
  const table = values.comment.replaceAll(':', '-');
  const typed: readonly Argv[] = [
    ['nft', 'create', 'table', 'inet', table],
    ['nft', 'add', 'chain', 'inet', table, chain, `{ ${definition} }`],
    ...matches.map((match): Argv => ['nft', 'add', 'rule', 'inet', table, chain, ...match]),
  ];
  const script = typed.map(([, ...words]) => words.join(' ')).join('\n');
  return { rule: { backend: 'nft', script, typed }, removal: ['nft', 'delete', 'table', 'inet', table] };
}
