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

/** Throws as `loadRules`. */
export function putInForce(bench: Bench, role: EndName, port: number, options: RunOptions): InForce {
  const { cure, rules = [], ruleset } = options;
  const host = bench.lab[role];
  const flow = flowOf(bench, role, port);
  if (cure !== undefined) {
    const inForce = applyCureRule(cure, DROPS[cure], host, flow, bench.leases, { narrowed: cure === 'owner' });
    return { remedy: cure, evidence: () => evidenceOf(inForce) };
  }
  const own = [
    ...(ruleset === undefined ? [] : [parseRuleset(ruleset.text, ruleset.name)]),
    ...rules.map(parseUserRule),
  ];
  if (own.length === 0) return { remedy: 'none', evidence: () => null };
  const inForce = userRules(own).apply(host, bench.flowFrom(role), bench.leases);
  return { remedy: 'rule', evidence: () => (inForce === undefined ? null : evidenceOf(inForce)) };
}

const DROPS: Readonly<Record<CureId, RuleEvidence['drops']>> = { owner: 'resets', input: 'segments' };

function evidenceOf(inForce: RuleInForce): RuleEvidence {
  const { backend, commands } = inForce;
  const { drops, packets, bytes, each } = inForce.work();
  return { backend, commands, drops, packets, bytes, ...(each !== undefined && { each }) };
}
