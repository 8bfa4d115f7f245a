/** The kernel is not shown what arrives: dropped in INPUT, received by AF_PACKET long before. As masscan's manual has it. */
import { applyCureRule } from './cure-rule.js';
import type { Remedy } from './remedy.js';

export const input: Remedy = {
  id: 'input',
  title: { en: 'input: dropped behind AF_PACKET', zh: 'input：在 AF_PACKET 之后丢弃' },
  expected: 'established',
  because: {
    en:
      'AF_PACKET has its copy before any rule is asked; INPUT then drops the segment, and what TCP never sees it does ' +
      'not answer. The recipe of masscan and other programs that read by AF_PACKET.',
    zh:
      'AF_PACKET 在任何规则之前就拿到副本；随后 INPUT 丢弃报文段，TCP 没看到的东西不会回应。' +
      '这是 masscan 等用 AF_PACKET 接收的程序的做法。',
  },
  cost: {
    privileges: { en: 'CAP_NET_ADMIN; iptables or nft', zh: 'CAP_NET_ADMIN；iptables 或 nft' },
    price: {
      en: 'for programs that read by AF_PACKET only: AF_INET raw sockets, and other programs on that port, get nothing',
      zh: '只适合用 AF_PACKET 接收的程序：AF_INET 原始套接字和该端口上的其他程序什么也收不到',
    },
  },
  openPort: (host, options) => host.openPort('packet', options),
  apply: (host, flow, leases) => applyCureRule('input', 'segments', host, flow, leases),
};
