/** What is in force on a program's host while it runs: a cure, or rules of the user's own. */
import type { EndName } from '../../evidence/host.js';
import { otherEnd } from '../../evidence/host.js';
import type { CureId, ProgramRun } from '../../evidence/program-run.js';
import type { RuleEvidence } from '../../evidence/run.js';
import type { FilterFlow } from '../../filter/flow.js';
import { parseRuleset, parseUserRule } from '../../filter/user-rule.js';
import type { Bench } from '../bench/bench.js';
import { applyCureRule } from '../remedies/cure-rule.js';
import type { RuleInForce } from '../remedies/remedy.js';
import { userRules } from '../remedies/user-rules.js';
import type { RunOptions } from './options.js';

export interface InForce {
  readonly remedy: ProgramRun['remedy'];
  /** As it is now. */
  evidence(): RuleEvidence | null;
}

/** The program's connections: its own port is known only where it is the server. */
function flowOf({ lab, family }: Bench, role: EndName, port: number): FilterFlow {
  const ends = { src: lab[role].address(family), dst: lab[otherEnd(role)].address(family) };
  return role === 'client' ? { ...ends, dstPort: port } : { ...ends, srcPort: port };
}

/**
 * A cure on each host on which a program runs, rules of the user's own on that of the first. Throws as `loadRules`.
 * @param programs the first is the program's
 */
export function putInForce(bench: Bench, programs: readonly EndName[], port: number, options: RunOptions): InForce {
  const { cure, rules = [], ruleset } = options;
  if (cure !== undefined) {
    const all = programs.map((role) =>
      applyCureRule(cure, DROPS[cure], bench.lab[role], flowOf(bench, role, port), bench.leases, {
        narrowed: cure === 'owner',
      }),
    );
    return { remedy: cure, evidence: () => togetherOf(all.map(evidenceOf)) };
  }
  const [role = 'client'] = programs;
  const own = [
    ...(ruleset === undefined ? [] : [parseRuleset(ruleset.text, ruleset.name)]),
    ...rules.map(parseUserRule),
  ];
  if (own.length === 0) return { remedy: 'none', evidence: () => null };
  const inForce = userRules(own).apply(bench.lab[role], bench.flowFrom(role), bench.leases);
  return { remedy: 'rule', evidence: () => (inForce === undefined ? null : evidenceOf(inForce)) };
}

const togetherOf = ([first, ...others]: readonly RuleEvidence[]): RuleEvidence | null =>
  first === undefined
    ? null
    : others.reduce(
        (all, { commands, packets, bytes }) => ({
          ...all,
          commands: [...all.commands, ...commands],
          packets: all.packets + packets,
          bytes: all.bytes + bytes,
        }),
        first,
      );

const DROPS: Readonly<Record<CureId, RuleEvidence['drops']>> = { owner: 'resets', input: 'segments' };

function evidenceOf(inForce: RuleInForce): RuleEvidence {
  const { backend, commands } = inForce;
  const { drops, packets, bytes, each } = inForce.work();
  return { backend, commands, drops, packets, bytes, ...(each !== undefined && { each }) };
}
