/** A filter in force: applied, verified by reading it back, counted, and always removed. */
import { RawshakeError } from '../error.js';
import { parseSavedRules, type SavedRule } from './iptables-save.js';
import type { FilterPlan } from './plan.js';
import type { Argv, FilterHost } from './ports.js';

export interface Counters {
  /** RSTs that the rule has dropped. */
  readonly packets: number;
  readonly bytes: number;
}

export interface FilterLease {
  readonly plan: FilterPlan;
  /** What has been run to put it in force. */
  readonly commands: readonly Argv[];
  /** Read from the kernel now. */
  counters(): Counters;
  /** Removes the rule. Idempotent. */
  close(): void;
}

/**
 * Puts the plan in force on `host`.
 * @throws {RawshakeError} RS_MISSING_TOOL, RS_COMMAND_FAILED; RS_FILTER_NOT_APPLIED where reading back does not show it
 */
export function applyFilter(plan: FilterPlan, host: FilterHost): FilterLease {
  host.run(plan.add);
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    host.run(plan.remove);
  };
  try {
    readBack(plan, host);
  } catch (error) {
    close();
    throw error;
  }
  return {
    plan,
    commands: [plan.add],
    counters() {
      const { packets, bytes } = readBack(plan, host);
      return { packets, bytes };
    },
    close,
  };
}

/** The rule as the kernel has it, which must be the one that was asked for. */
function readBack(plan: FilterPlan, host: FilterHost): SavedRule {
  const wanted = plan.rule.match.join(' ');
  const found = parseSavedRules(host.run(plan.save)).find(
    ({ chain, match }) => chain === plan.rule.chain && match.join(' ') === wanted,
  );
  if (found !== undefined) return found;
  throw new RawshakeError('RS_FILTER_NOT_APPLIED', `filter: the rule is not there when read back (${plan.comment})`, {
    command: plan.save,
    hint: {
      en: `Another program may have reloaded the rules. Look with: ${plan.save.join(' ')}`,
      zh: `可能有别的程序重新载入了规则。请用以下命令查看：${plan.save.join(' ')}`,
    },
  });
}
