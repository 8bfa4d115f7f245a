/** nftables drops the kernel's RST before iptables' raw table and connection tracking, in a table that this process owns. */
import { filterResets } from '../reset-filter.js';
import { type Remedy, resetFilter } from './remedy.js';

export const nft: Remedy = {
  id: 'nft',
  title: { en: "nftables drops the kernel's RST", zh: 'nftables 丢弃内核的 RST' },
  expected: 'established',
  because: {
    en: 'the same drop, in a table that belongs to this process: the kernel removes it when the process ends.',
    zh: '同样的丢弃，但表属于本进程：进程一结束，内核就把它移除。',
  },
  cost: {
    privileges: { en: 'CAP_NET_ADMIN; nf_tables in the kernel', zh: 'CAP_NET_ADMIN；内核支持 nf_tables' },
    price: { en: 'hits these RSTs alone; Linux 5.12 for the owner', zh: '只影响这些 RST；属主功能需要 Linux 5.12' },
  },
  apply: (host, flow, leases) => resetFilter(filterResets(host, flow, 'nft'), leases),
};
