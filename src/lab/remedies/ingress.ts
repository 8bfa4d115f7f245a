/** The kernel is not shown what arrives: dropped at netdev's ingress hook, received by AF_PACKET before it. */
import { applyIngressRule } from './ingress-rule.js';
import type { Remedy } from './remedy.js';

export const ingress: Remedy = {
  id: 'ingress',
  title: { en: 'ingress: the kernel sees no segment', zh: 'ingress：内核看不到报文段' },
  expected: 'established',
  because: {
    en:
      'the segments of this connection are dropped at the very door, where AF_PACKET has already had its copy. What TCP ' +
      'never sees it does not answer: there is no RST to be dropped.',
    zh: '这条连接的报文段刚进门就被丢弃，而 AF_PACKET 已经拿到了副本。TCP 没看到的东西不会回应：根本没有 RST 可丢。',
  },
  openPort: (host, options) => host.openPort('packet', options),
  apply(host, flow, leases) {
    const rule = leases.add(applyIngressRule(host, flow));
    return { backend: 'nft', drops: 'segments', commands: rule.commands, counters: () => rule.counters() };
  },
};
