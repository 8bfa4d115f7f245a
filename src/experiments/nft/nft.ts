/** The RST filter made with nftables, in a table that the process owns. nft(8): `flags owner`. */
import { handshakeExperiment } from '../handshake-experiment.js';

export const nftExperiment = handshakeExperiment({
  id: 'nft',
  remedy: 'nft',
  role: 'client',
  drops: 'resets',
  title: { en: 'The same filter with nftables', zh: '用 nftables 实现同样的过滤器' },
  claim: {
    en: "A rule of nftables at a priority below raw's does what the iptables rule does, and a table that the process owns goes when the process goes.",
    zh: '优先级低于 raw 的 nftables 规则与 iptables 规则作用相同；由进程拥有的表会随进程一起消失。',
  },
  steps: [
    {
      en: "On the client, a table of the program's own with one chain at the hook output, priority below -300, and one rule: drop the RSTs of this four-tuple, except marked ones.",
      zh: '在客户端建一张程序自己的表，其中一条链挂在 output 钩子上，优先级低于 -300，只有一条规则：丢弃这个四元组的 RST，带标记的除外。',
    },
    { en: 'The handshake by hand, "hello", an orderly close.', zh: '手工握手，发送“hello”，正常关闭。' },
  ],
  explanation: {
    en: 'iptables and nftables hang their rules on the same hooks of Netfilter; the RST of tcp_v4_send_reset() passes NF_INET_LOCAL_OUT, whoever has put a rule there. The priority decides the order: -300 is that of the table raw, -200 that of connection tracking, so what is dropped below -300 is seen by neither. nf_tables can bind a table to the netlink socket that has made it (NFT_TABLE_F_OWNER): when the socket closes, for whatever reason, nft_rcv_nl_event() takes the table down. iptables has no owner, which is why its rules outlive programs that were killed.',
    zh: 'iptables 和 nftables 把规则挂在 Netfilter 的同一组钩子上；tcp_v4_send_reset() 产生的 RST 经过 NF_INET_LOCAL_OUT，不管规则是谁放的。顺序由优先级决定：raw 表是 -300，连接跟踪是 -200，所以在 -300 以下丢弃的报文，两者都看不到。nf_tables 可以把一张表绑定到创建它的 netlink 套接字（NFT_TABLE_F_OWNER）：套接字一旦关闭，无论什么原因，nft_rcv_nl_event() 都会删除这张表。iptables 没有所有者，所以程序被杀死之后，它的规则还在。',
  },
  next: [
    {
      en: 'Kill rawshake connect --filter nft with SIGKILL while it waits, and list the rules: nothing is left.',
      zh: '在 rawshake connect --filter nft 等待时用 SIGKILL 杀死它，再列出规则：什么都没有留下。',
    },
  ],
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    {
      host: 'client',
      line: `nft 'table ip by-hand { chain output { type filter hook output priority -310; ip daddr 192.0.2.2 tcp flags & rst == rst counter drop; }; }'`,
    },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'client', line: 'nft list table ip by-hand', prints: 'counter packets [1-9]' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^1$' },
    { host: 'client', line: 'nft delete table ip by-hand' },
  ],
  claims: [],
});
