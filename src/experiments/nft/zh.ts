/** The texts of nft, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '用 nftables 实现同样的过滤器',
  claim: '优先级低于 raw 的 nftables 规则与 iptables 规则作用相同；由进程拥有的表会随进程一起消失。',
  steps: [
    '在客户端建一张程序自己的表，其中一条链挂在 output 钩子上，优先级低于 -300，只有一条规则：丢弃这个四元组的 RST，带标记的除外。',
    '手工握手，发送“hello”，正常关闭。',
  ],
  explanation:
    'iptables 和 nftables 把规则挂在 Netfilter 的同一组钩子上；tcp_v4_send_reset() 产生的 RST 经过 NF_INET_LOCAL_OUT，不管规则是谁放的。顺序由优先级决定：raw 表是 -300，连接跟踪是 -200，所以在 -300 以下丢弃的报文，两者都看不到。nf_tables 可以把一张表绑定到创建它的 netlink 套接字（NFT_TABLE_F_OWNER）：套接字一旦关闭，无论什么原因，nft_rcv_nl_event() 都会删除这张表。iptables 没有所有者，所以程序被杀死之后，它的规则还在。',
  next: ['在 rawshake connect --filter nft 等待时用 SIGKILL 杀死它，再列出规则：什么都没有留下。'],
} satisfies Translation<typeof en>;
