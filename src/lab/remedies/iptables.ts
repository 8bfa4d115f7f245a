/** iptables drops the kernel's RST in `raw OUTPUT`, for the one connection. */
import { filterResets } from '../reset-filter.js';
import { type Remedy, resetFilter } from './remedy.js';

export const iptables: Remedy = {
  id: 'iptables',
  title: { en: "iptables drops the kernel's RST", zh: 'iptables 丢弃内核的 RST' },
  expected: 'established',
  because: {
    en: 'the kernel still makes its RSTs, and the rule drops them on their way out, before connection tracking sees them.',
    zh: '内核照样产生 RST，规则在发出的路上、连接跟踪看到之前把它们丢弃。',
  },
  cost: {
    privileges: { en: 'CAP_NET_ADMIN; iptables', zh: 'CAP_NET_ADMIN；iptables' },
    price: {
      en: 'hits these RSTs alone; programs have to be run, and the rule has no owner: outside a lab a guard removes it',
      zh: '只影响这些 RST；需要运行外部程序，规则没有属主：在实验环境之外要靠守护进程移除',
    },
  },
  apply: (host, flow, leases) => resetFilter(filterResets(host, flow, 'iptables'), leases),
};
