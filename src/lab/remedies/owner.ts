/** What no program's socket has sent is dropped: the kernel's RSTs, whoever makes the handshake, and from whatever port. */
import { applyCureRule } from './cure-rule.js';
import type { Remedy } from './remedy.js';

export const owner: Remedy = {
  id: 'owner',
  title: { en: 'owner: RSTs that no program has sent', zh: 'owner：丢弃不是程序发出的 RST' },
  expected: 'established',
  because: {
    en:
      "the kernel's RST has no program's socket behind it, and so no user; what a program sends has one, be it by a raw " +
      'socket. The rule drops the RSTs that have none, and needs to know neither mark nor port nor peer.',
    zh:
      '内核的 RST 背后没有程序的套接字，也就没有用户；程序发出的报文则有，原始套接字也不例外。规则只丢弃没有用户的 RST，' +
      '既不需要标记，也不需要知道端口和对方。',
  },
  cost: {
    privileges: { en: 'CAP_NET_ADMIN; iptables with owner, or nft', zh: 'CAP_NET_ADMIN；带 owner 的 iptables，或 nft' },
    price: {
      en: 'any program, any port; but closed ports of this host are silent, too, and so are sockets that were closed (orphans, TIME_WAIT)',
      zh: '适用于任何程序、任何端口；但本机关闭的端口也会沉默，已关闭的套接字（孤儿连接、TIME_WAIT）亦然',
    },
  },
  apply: (host, flow, leases) => applyCureRule('owner', 'resets', host, flow, leases),
};
