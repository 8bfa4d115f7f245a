/** The segments are dropped before the kernel's TCP sees them, and received before they are dropped. nft(8): netdev ingress. */
import { handshakeExperiment } from '../handshake-experiment.js';

export const ingressExperiment = handshakeExperiment({
  id: 'ingress',
  remedy: 'ingress',
  role: 'client',
  drops: 'segments',
  title: { en: 'The kernel does not see the segments', zh: '内核看不到报文段' },
  claim: {
    en: 'What is dropped at the door draws no RST, and AF_PACKET has had its copy before: the filter may just as well stand at the entrance as at the exit.',
    zh: '在入口就丢弃的报文不会引来 RST，而 AF_PACKET 在此之前已经拿到副本：过滤器既可以放在出口，也可以放在入口。',
  },
  steps: [
    {
      en: "On the client, a rule at netdev's ingress hook drops what comes from the server's port to the hand-made one.",
      zh: '在客户端的 netdev ingress 钩子上放一条规则，丢弃从服务器端口发往手工端口的报文。',
    },
    {
      en: 'The handshake by hand over AF_PACKET, "hello", an orderly close.',
      zh: '通过 AF_PACKET 手工握手，发送“hello”，正常关闭。',
    },
  ],
  explanation: {
    en: '__netif_receive_skb_core() first hands each packet to the AF_PACKET sockets that want all protocols (ptype_all), then to the ingress hook (nf_ingress), and only then to ip_rcv() by its protocol. What the hook drops never comes to tcp_v4_rcv(), so no look-up fails, and no RST is made: unlike the filters at the exit, this one has nothing to hide. The price: AF_INET raw sockets are blind, since they are served from ip_local_deliver(), and so are AF_PACKET sockets bound to one protocol (ETH_P_IP), which come after the hook.',
    zh: '__netif_receive_skb_core() 先把每个报文交给接收所有协议的 AF_PACKET 套接字（ptype_all），再交给 ingress 钩子（nf_ingress），然后才按协议交给 ip_rcv()。钩子丢弃的报文到不了 tcp_v4_rcv()，查找不会失败，RST 也就不会产生：与放在出口的过滤器不同，它没有什么要掩盖的。代价是：AF_INET 原始套接字什么也收不到，因为它们由 ip_local_deliver() 供给；只绑定一种协议（ETH_P_IP）的 AF_PACKET 套接字也收不到，它们排在钩子之后。',
  },
  next: [
    {
      en: 'Put the same drop into INPUT (or raw PREROUTING) instead and use an AF_INET raw socket: neither RST nor SYN/ACK is seen.',
      zh: '把同样的丢弃规则改放到 INPUT（或 raw PREROUTING），并使用 AF_INET 原始套接字：既没有 RST，也看不到 SYN/ACK。',
    },
  ],
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    {
      host: 'client',
      line: `nft 'table netdev by-hand { chain ingress { type filter hook ingress device "eth0" priority -500; ip saddr 192.0.2.2 tcp sport 8888 counter drop; }; }'`,
    },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'client', line: 'nft list table netdev by-hand', prints: 'counter packets [1-9]' },
    { host: 'client', line: 'nstat -asz TcpOutRsts', prints: 'TcpOutRsts +0' },
    { host: 'client', line: 'nft delete table netdev by-hand' },
  ],
  claims: [
    {
      text: {
        en: 'What a firewall drops on its way in cannot be captured.',
        zh: '防火墙在入口丢弃的报文抓不到。',
      },
      verdict: 'wrong',
      because: {
        en: 'AF_PACKET sockets for all protocols, tcpdump among them, are served before the ingress hook. Here they are all that the program receives by.',
        zh: '接收所有协议的 AF_PACKET 套接字（tcpdump 就是其一）在 ingress 钩子之前得到报文。这里程序正是靠它们接收一切。',
      },
    },
  ],
});
