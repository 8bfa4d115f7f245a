/** The kernel is given the connection: a filter for the handshake only, then TCP_REPAIR makes a socket own the four-tuple. */
import { chooseBackend } from '../../filter/backend.js';
import { filterResets } from '../reset-filter.js';
import { type Remedy, resetFilter } from './remedy.js';

export const adopt: Remedy = {
  id: 'adopt',
  title: { en: 'adopt: the kernel takes it over', zh: 'adopt：由内核接管' },
  expected: 'established',
  because: {
    en:
      'the filter covers the handshake only. Then TCP_REPAIR puts a socket with its very numbers into the table in which ' +
      "TCP looks for an owner. The connection is the kernel's own from there on, and no rule is left: there is nothing to drop.",
    zh:
      '过滤器只覆盖握手。随后 TCP_REPAIR 把一个序列号完全一致的套接字放进 TCP 查找主人的表里。从此连接就是内核自己的，' +
      '规则随即移除：已经没有什么可丢弃的了。',
  },
  cost: {
    privileges: {
      en: 'CAP_NET_ADMIN, also for TCP_REPAIR; nft or iptables',
      zh: 'CAP_NET_ADMIN（TCP_REPAIR 也需要）；nft 或 iptables',
    },
    price: {
      en: 'hits nothing once the handshake is over; from then on it is the kernel that makes the segments',
      zh: '握手之后不影响任何东西；但此后的报文段由内核产生，不再是手工的',
    },
  },
  adopts: true,
  apply: (host, flow, leases) => resetFilter(filterResets(host, flow, chooseBackend(host)), leases),
};
