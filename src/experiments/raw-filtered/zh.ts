/** The texts of raw-filtered, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '有过滤器保护的原始套接字',
  claim: '只要在出口丢弃内核的 RST，原始套接字的手工握手就能完成，服务器程序能读到发来的数据。',
  steps: [
    '在客户端加一条 iptables 规则：在 raw 表的 OUTPUT 链丢弃这个四元组的 RST，带有程序自己标记的除外。',
    '和 raw-alone 一样手工握手，然后发送“hello”。',
    '正常关闭；从规则的计数可知它丢弃了多少个 RST。',
  ],
  explanation:
    '过滤器没有改变 TCP 的行为：tcp_v4_rcv() 仍然找不到套接字，tcp_v4_send_reset() 仍然回应服务器的每一个报文段。ip_send_unicast_reply() 把 RST 交给 Netfilter，规则在那里将它丢弃（NETFILTER_DROP）；TcpOutRsts 计数照样增加。服务器看到的是编号正确的 SYN、ACK 和数据，这就够了：tcp_check_req() 把半开条目变成完整的套接字，accept() 返回它。规则放在 raw 表里，先于连接跟踪：如果放在 filter 表，conntrack 已经看到 RST，会认为连接已关闭，有状态的防火墙随后就会丢掉对端的数据。',
  next: [
    '在连接期间看看服务器（compare --step）：ss 在那里显示 ESTAB，在客户端什么也不显示。',
    '过早移除规则：late-rst。',
  ],
  claims: {
    impossible: {
      text: '应用程序不可能通过原始套接字自己完成 TCP 握手。',
      because:
        '可以。缺的不是握手的能力，而是自己内核的沉默。丢弃内核的 RST 之后，服务器的 accept() 返回，数据被读到。',
    },
  },
} satisfies Translation<typeof en>;
