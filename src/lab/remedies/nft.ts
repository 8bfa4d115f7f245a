/** nftables drops the kernel's RST before iptables' raw table and connection tracking, in a table that this process owns. */
import { applyFilter } from '../../filter/lease.js';
import { planFilter } from '../../filter/plan.js';
import { type Remedy, resetFilter } from './remedy.js';

export const nft: Remedy = {
  id: 'nft',
  title: { en: "nftables drops the kernel's RST", zh: 'nftables 丢弃内核的 RST' },
  expected: 'established',
  apply: (host, flow, leases) => resetFilter(applyFilter(planFilter({ flow, backend: 'nft' }), host), leases),
};
