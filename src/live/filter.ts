/** The RST filter on the network that one stands in, by whatever backend works there. */
import { chooseBackend } from '../filter/backend.js';
import { applyFilter, type FilterLease, type FilterOptions } from '../filter/lease.js';
import { type Backend, planFilter, type PlanOptions } from '../filter/plan.js';
import { systemHost } from '../linux/filter-host.js';
import type { NetworkNamespace } from '../linux/netns.js';

/** What a user may ask for. */
export type FilterChoice = 'auto' | Backend | 'none';

/**
 * Puts the filter in force; undefined for `none`.
 * @throws {RawshakeError} RS_MISSING_TOOL, RS_NO_PRIVILEGE, RS_COMMAND_FAILED, RS_FILTER_NOT_APPLIED
 */
export function applyHostFilter(
  choice: FilterChoice,
  planOptions: Omit<PlanOptions, 'backend'>,
  netns: NetworkNamespace | undefined,
  options: FilterOptions = {},
): FilterLease | undefined {
  if (choice === 'none') return undefined;
  const host = systemHost(netns);
  try {
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
