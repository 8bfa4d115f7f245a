/** A filter in force: applied, verified by reading it back, counted, restored after a reload, and always removed. */
import { RawshakeError } from '../error.js';
import type { AppliedRule, Counters } from './applied.js';
import { applyIptables } from './iptables.js';
import type { IptablesVariant } from './iptables-save.js';
import { applyNft } from './nft.js';
import { notApplied } from './not-applied.js';
import type { FilterPlan } from './plan.js';
import type { Argv, FilterHost } from './ports.js';

export interface FilterLease {
  readonly plan: FilterPlan;
  /** What puts it in force, as a person would type it. */
  readonly commands: readonly Argv[];
  /** Of iptables: which one it is. */
  readonly variant?: IptablesVariant;
  /** Whether the kernel removes it when this process ends: a table of nftables' that is owned. */
  readonly owned: boolean;
  /** How often somebody has removed the rule, and it was put back. */
  readonly restored: number;
  /**
   * Read from the kernel now; where somebody has removed the rule, it is put back.
   * What it dropped between the last reading and a removal is not counted; of a closed lease, the last reading counts.
   * @throws {RawshakeError} RS_FILTER_NOT_APPLIED where it cannot be put back
   */
  counters(): Counters;
  /** Removes the rule. Idempotent. */
  close(): void;
}

export interface FilterOptions {
  /** Somebody has removed the rule, and it was put back: noticed at once with nf_tables, at the next reading elsewhere. */
  readonly onRestored?: (() => void) | undefined;
}

const NOTHING: Counters = { packets: 0, bytes: 0 };

const sum = (a: Counters, b: Counters): Counters => ({ packets: a.packets + b.packets, bytes: a.bytes + b.bytes });

/**
 * Puts the plan in force on `host`.
 * @throws {RawshakeError} RS_MISSING_TOOL, RS_NO_PRIVILEGE, RS_COMMAND_FAILED; RS_FILTER_NOT_APPLIED where reading back
 * does not show it
 */
export function applyFilter(plan: FilterPlan, host: FilterHost, options: FilterOptions = {}): FilterLease {
  const rule = apply(plan, host);
  let lost = NOTHING;
  let last = rule.read();
  if (last === undefined) {
    rule.remove();
    throw notApplied(plan);
  }
  let restored = 0;
  let open = true;
  const counters = (): Counters => {
    if (!open) return sum(lost, last ?? NOTHING);
    const now = rule.read();
    if (now !== undefined) {
      last = now;
      return sum(lost, now);
    }
    lost = sum(lost, last ?? NOTHING);
    last = NOTHING;
    rule.restore();
    if (rule.read() === undefined) throw notApplied(plan);
    restored += 1;
    options.onRestored?.();
    return lost;
  };
  const check = (): void => {
    unlessRefused(counters);
  };
  const unsubscribe = rule.owned ? undefined : host.onRulesDeleted?.(check);
  return {
    plan,
    commands: plan.commands,
    owned: rule.owned,
    ...(rule.variant !== undefined && { variant: rule.variant }),
    get restored() {
      return restored;
    },
    counters,
    close() {
      if (!open) return;
      open = false;
      unsubscribe?.();
      rule.remove();
    },
  };
}

function apply(plan: FilterPlan, host: FilterHost): AppliedRule {
  switch (plan.backend) {
    case 'nft':
      return applyNft(plan, host);
    case 'iptables':
      return applyIptables(plan, host);
  }
}

/** What the system refuses while nobody is asking will be refused again, and thrown, when the counters are read. */
function unlessRefused(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof RawshakeError)) throw error;
  }
}
