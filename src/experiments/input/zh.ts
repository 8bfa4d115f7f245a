/** The texts of input, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '在 INPUT 丢弃，用 AF_PACKET 接收',
  claim:
    '在 INPUT 丢弃的报文到不了 TCP，也就没有 RST 需要丢弃；而 AF_PACKET 在报文进来时已拿到副本。对用它接收的程序来说，INPUT 规则是一种办法。',
  steps: [
    '在客户端的 INPUT 链放一条规则，丢弃从服务器端口发往手工端口的报文。',
    '通过 AF_PACKET 手工握手，发送“hello”，正常关闭。',
  ],
  explanation:
    '__netif_receive_skb_core() 先把每个报文交给 AF_PACKET 套接字，之后才轮到 ip_rcv()；NF_INET_LOCAL_IN 钩子由 ip_local_deliver() 查询，排在其后，又在 ip_local_deliver_finish() 把报文交给原始套接字和 tcp_v4_rcv() 之前。在两者之间丢弃的报文，前者看得到，后者看不到。所以同一条规则对 masscan 是良方，却让 scapy 的 L3 套接字什么也收不到。masscan 要求使用自动端口范围之外的端口，因为使用该端口的其他程序什么也收不到。',
  next: [
    '同一条规则配合 AF_INET 原始套接字：分别用和不用 --transport packet 运行 compare --rule。',
    '更靠外、在连接跟踪之前：ingress。',
  ],
} satisfies Translation<typeof en>;
