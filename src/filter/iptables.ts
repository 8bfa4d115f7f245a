/** The filter by iptables: added, found again word for word in what `iptables-save` prints, removed. */
import type { AppliedRule, Counters } from './applied.js';
import { type IptablesVariant, parseSavedRules, type SavedRule, variantOf } from './iptables-save.js';
import type { IptablesPlan } from './plan.js';
import type { FilterHost, RuleCommands } from './ports.js';

/** How the rule of a plan comes and goes. */
export function iptablesCommands(plan: IptablesPlan): RuleCommands {
  const [add] = plan.commands;
  if (add === undefined) throw new TypeError('a plan without a command');
  return { plan, add, remove: plan.removal };
}

/** Whether it is the rule of the plan, word for word. */
export const isRuleOf = ({ rule }: IptablesPlan, { table, chain, match }: SavedRule): boolean =>
  table === rule.table &&
  chain === rule.chain &&
  match.length === rule.match.length &&
  match.every((word, i) => word === rule.match[i]);

export function applyIptables(plan: IptablesPlan, host: FilterHost): AppliedRule {
  const hold = host.holdRule(iptablesCommands(plan));
  let variant: IptablesVariant | undefined;
  /** The rule as the kernel has it, which must be the one that was asked for. */
  const read = (): Counters | undefined => {
    const saved = hold.takeListing?.() ?? host.run(plan.save);
    variant = variantOf(saved);
    const found = parseSavedRules(saved).find((rule) => isRuleOf(plan, rule));
    return found && { packets: found.packets, bytes: found.bytes };
  };
  return {
    owned: false,
    get variant() {
      return variant;
    },
    read,
    restore: () => {
      hold.restore();
    },
    remove() {
      try {
        hold.close();
      } catch (error) {
        // It may be gone already: somebody else has removed it.
        if (read() !== undefined) throw error;
      }
    },
  };
}
