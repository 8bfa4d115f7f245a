/** The kernel is given the connection: a filter for the handshake only, then TCP_REPAIR makes a socket own the four-tuple. */
import { chooseBackend } from '../../filter/backend.js';
import { applyFilter } from '../../filter/lease.js';
import { planFilter } from '../../filter/plan.js';
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
  adopts: true,
  apply: (host, flow, leases) =>
    resetFilter(applyFilter(planFilter({ flow, backend: chooseBackend(host) }), host), leases),
};
