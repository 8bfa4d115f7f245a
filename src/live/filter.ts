/** The RST filter on the network that one stands in, by whatever backend works there. */
import { chooseBackend } from '../filter/backend.js';
import { applyFilter, type FilterLease, type FilterOptions } from '../filter/lease.js';
import { type Backend, planFilter, type PlanOptions } from '../filter/plan.js';
import { systemHost } from '../linux/filter/filter-host.js';
import type { LeftAlone } from '../linux/filter/journal.js';
import type { NetworkNamespace } from '../linux/namespace/netns.js';

/** What a user may ask for. */
export type FilterChoice = 'auto' | Backend | 'none';

export interface HostFilterOptions extends FilterOptions {
  /** Told of what stands in the journal of rules and is not to be believed. */
  readonly onLeftAlone?: ((entry: LeftAlone) => void) | undefined;
}

/**
 * Removes what killed programs have left, and puts the filter in force; undefined for `none`.
 * @throws {RawshakeError} RS_MISSING_TOOL, RS_NO_PRIVILEGE, RS_COMMAND_FAILED, RS_FILTER_NOT_APPLIED
 */
export function applyHostFilter(
  choice: FilterChoice,
  planOptions: Omit<PlanOptions, 'backend'>,
  netns: NetworkNamespace | undefined,
  options: HostFilterOptions = {},
): FilterLease | undefined {
  if (choice === 'none') return undefined;
  const host = systemHost(netns);
  try {
    for (const entry of host.sweep()) options.onLeftAlone?.(entry);
    const backend = choice === 'auto' ? chooseBackend(host) : choice;
    const plan = planFilter({ ...planOptions, backend });
    const lease = applyFilter(plan, host, options);
    const close = (): void => {
      lease.close();
      host.close();
    };
    return {
      ...lease,
      get restored() {
        return lease.restored;
      },
      close,
    };
  } catch (error) {
    host.close();
    throw error;
  }
}
