/** The kernel is not shown what arrives: dropped at netdev's ingress hook, received by AF_PACKET before it. */
import { applyIngressRule } from './ingress-rule.js';
import type { Remedy } from './remedy.js';

export const ingress: Remedy = {
  id: 'ingress',
  title: { en: 'ingress: the kernel sees no segment', zh: 'ingress：内核看不到报文段' },
  expected: 'established',
  because: {
    en:
      'the segments of this connection are dropped at the very door, where AF_PACKET has already had its copy, and what ' +
      'TCP never sees it does not answer.',
    zh: '这条连接的报文段刚进门就被丢弃，而 AF_PACKET 已经拿到了副本；TCP 没看到的东西不会回应。',
  },
  cost: {
    privileges: {
      en: 'CAP_NET_ADMIN; nftables with netdev ingress',
      zh: 'CAP_NET_ADMIN；支持 netdev ingress 的 nftables',
    },
    price: {
      en: 'hides what comes in from all of this host: AF_INET raw sockets, connection tracking, counters; Ethernet only',
      zh: '入站报文对本机一切都不可见：AF_INET 原始套接字、连接跟踪、计数器；仅限以太网',
    },
  },
  openPort: (host, options) => host.openPort('packet', options),
  apply(host, flow, leases) {
    const rule = leases.add(applyIngressRule(host, flow));
    return { backend: 'nft', commands: rule.commands, work: () => ({ drops: 'segments', ...rule.counters() }) };
  },
};
