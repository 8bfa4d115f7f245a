/** The same handshake by hand, with the kernel's RST dropped on its way out. Netfilter: raw OUTPUT. */
import { handshakeExperiment } from '../handshake-experiment.js';

export const rawFiltered = handshakeExperiment({
  id: 'raw-filtered',
  remedy: 'iptables',
  role: 'client',
  drops: 'resets',
  title: { en: 'A raw socket behind a filter', zh: '有过滤器保护的原始套接字' },
  claim: {
    en: "If the kernel's RST is dropped on its way out, a handshake by hand over a raw socket completes, and the server's program reads what is sent.",
    zh: '只要在出口丢弃内核的 RST，原始套接字的手工握手就能完成，服务器程序能读到发来的数据。',
  },
  steps: [
    {
      en: 'One iptables rule on the client: RSTs of this four-tuple are dropped in the OUTPUT chain of the table raw, except those that carry the mark of the program itself.',
      zh: '在客户端加一条 iptables 规则：在 raw 表的 OUTPUT 链丢弃这个四元组的 RST，带有程序自己标记的除外。',
    },
    {
      en: 'The same handshake by hand as in raw-alone, then "hello".',
      zh: '和 raw-alone 一样手工握手，然后发送“hello”。',
    },
    {
      en: 'An orderly close; the rule tells how many RSTs it has dropped.',
      zh: '正常关闭；从规则的计数可知它丢弃了多少个 RST。',
    },
  ],
  explanation: {
    en: "The filter changes nothing in TCP: tcp_v4_rcv() still finds no socket, and tcp_v4_send_reset() still answers every segment of the server. ip_send_unicast_reply() hands the RST to Netfilter, where the rule drops it (NETFILTER_DROP); the counter TcpOutRsts has grown all the same. The server sees a SYN, an ACK and data with right numbers, and that is all it takes: tcp_check_req() makes a full socket of the half-open entry, and accept() returns it. The rule stands in raw, before connection tracking: in the table filter, conntrack would have seen the RST, taken the connection for closed, and a stateful firewall would later throw the peer's data away.",
    zh: '过滤器没有改变 TCP 的行为：tcp_v4_rcv() 仍然找不到套接字，tcp_v4_send_reset() 仍然回应服务器的每一个报文段。ip_send_unicast_reply() 把 RST 交给 Netfilter，规则在那里将它丢弃（NETFILTER_DROP）；TcpOutRsts 计数照样增加。服务器看到的是编号正确的 SYN、ACK 和数据，这就够了：tcp_check_req() 把半开条目变成完整的套接字，accept() 返回它。规则放在 raw 表里，先于连接跟踪：如果放在 filter 表，conntrack 已经看到 RST，会认为连接已关闭，有状态的防火墙随后就会丢掉对端的数据。',
  },
  next: [
    {
      en: 'Look at the server during the connection (compare --step): ss shows ESTAB there, and nothing on the client.',
      zh: '在连接期间看看服务器（compare --step）：ss 在那里显示 ESTAB，在客户端什么也不显示。',
    },
    { en: 'Remove the rule too early: late-rst.', zh: '过早移除规则：late-rst。' },
  ],
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    { host: 'client', line: 'iptables -t raw -I OUTPUT -p tcp -d 192.0.2.2 --tcp-flags RST RST -j DROP' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'client', line: 'iptables -t raw -L OUTPUT -nvx', prints: '[1-9]\\d* +[1-9]\\d* DROP' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^1$' },
    { host: 'client', line: 'iptables -t raw -F OUTPUT' },
  ],
  claims: [
    {
      text: {
        en: 'An application cannot do the TCP handshake itself over raw sockets.',
        zh: '应用程序不可能通过原始套接字自己完成 TCP 握手。',
      },
      verdict: 'wrong',
      because: {
        en: 'It can. What fails without help is not the handshake but the silence of the own kernel. With its RST dropped, accept() returns on the server and the data is read.',
        zh: '可以。缺的不是握手的能力，而是自己内核的沉默。丢弃内核的 RST 之后，服务器的 accept() 返回，数据被读到。',
      },
    },
  ],
});
