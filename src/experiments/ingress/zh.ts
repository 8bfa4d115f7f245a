/** The texts of ingress, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '内核看不到报文段',
  claim: '在入口就丢弃的报文不会引来 RST，而 AF_PACKET 在此之前已经拿到副本：过滤器既可以放在出口，也可以放在入口。',
  steps: [
    '在客户端的 netdev ingress 钩子上放一条规则，丢弃从服务器端口发往手工端口的报文。',
    '通过 AF_PACKET 手工握手，发送“hello”，正常关闭。',
  ],
  explanation:
    '__netif_receive_skb_core() 先把每个报文交给接收所有协议的 AF_PACKET 套接字（ptype_all），再交给 ingress 钩子（nf_ingress），然后才按协议交给 ip_rcv()。钩子丢弃的报文到不了 tcp_v4_rcv()，查找不会失败，RST 也就不会产生：与放在出口的过滤器不同，它没有什么要掩盖的。代价是：AF_INET 原始套接字什么也收不到，因为它们由 ip_local_deliver() 供给；只绑定一种协议（ETH_P_IP）的 AF_PACKET 套接字也收不到，它们排在钩子之后。',
  next: [
    '把同样的丢弃规则改放到 INPUT（或 raw PREROUTING），并使用 AF_INET 原始套接字：既没有 RST，也看不到 SYN/ACK。',
  ],
  claims: {
    cannotBeCaptured: {
      text: '防火墙在入口丢弃的报文抓不到。',
      because:
        '接收所有协议的 AF_PACKET 套接字（tcpdump 就是其一）在 ingress 钩子之前得到报文。这里程序正是靠它们接收一切。',
    },
  },
} satisfies Translation<typeof en>;
