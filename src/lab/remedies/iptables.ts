/** iptables drops the kernel's RST in `raw OUTPUT`, for the one connection. */
import { applyFilter } from '../../filter/lease.js';
import { planFilter } from '../../filter/plan.js';
import { type Remedy, resetFilter } from './remedy.js';

export const iptables: Remedy = {
  id: 'iptables',
  title: { en: "iptables drops the kernel's RST", zh: 'iptables 丢弃内核的 RST' },
  expected: 'established',
  apply: (host, flow, leases) => resetFilter(applyFilter(planFilter({ flow, backend: 'iptables' }), host), leases),
};
