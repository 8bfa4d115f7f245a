/** The line to paste that drops the RSTs of a flow that no program has sent: for whoever makes it by hand, without a mark. */
import { cureByIptables } from './cure-rules.js';
import { canonicalFlow, type FilterFlow } from './flow.js';
import { shellLine } from './shell.js';

/** @throws {RawshakeError} RS_USAGE for what can be no filter's connection, such as one with port 0 */
export function ownerRule(given: FilterFlow): string {
  const { flow, family } = canonicalFlow(given);
  const { rule } = cureByIptables('owner', family, { flow, narrowed: true, comment: 'rawshake:by-hand' });
  if (rule.backend !== 'iptables') throw new TypeError('a rule of iptables');
  return rule.commands.map((words) => shellLine([rule.program ?? 'iptables', ...words])).join('; ');
}
