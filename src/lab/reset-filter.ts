/** The RST filter on a host of a lab: by the backend that is asked for, or by whichever there is. */
import { RawshakeError } from '../error.js';
import type { FilterFlow } from '../filter/flow.js';
import { applyFilter, type FilterLease } from '../filter/lease.js';
import { type Backend, planFilter } from '../filter/plan.js';
import type { LabHost } from './host.js';

/** Throws as `applyFilter`. */
export const filterResets = (host: LabHost, flow: FilterFlow, backend: Backend): FilterLease =>
  applyFilter(planFilter({ flow, backend, comment: host.nameRule() }), host);

/** By iptables, or where that is not installed by nftables. */
export function filterResetsEitherWay(host: LabHost, flow: FilterFlow): FilterLease {
  try {
    return filterResets(host, flow, 'iptables');
  } catch (error) {
    if (!(error instanceof RawshakeError && error.code === 'RS_MISSING_TOOL')) throw error;
    return filterResets(host, flow, 'nft');
  }
}
