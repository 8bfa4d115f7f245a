/** The handshake from an address that the host does not own: its kernel has nothing to answer. ip_route_input, RTN_LOCAL. */
import { handshakeExperiment } from '../handshake-experiment.js';

export const spareAddressExperiment = handshakeExperiment({
  id: 'spare-address',
  remedy: 'spare-address',
  role: 'client',
  title: { en: 'A source address that nobody owns', zh: '没有主人的源地址' },
  claim: {
    en: 'A kernel answers only what is addressed to it: a handshake made from an address that the host does not own needs no filter at all.',
    zh: '内核只回应发给自己的报文：使用主机并不拥有的地址握手，根本不需要过滤器。',
  },
  steps: [
    {
      en: 'The SYN leaves from 192.0.2.3, an address on the link that no host has. No rule is installed.',
      zh: 'SYN 从 192.0.2.3 发出，链路上没有主机拥有这个地址。不安装任何规则。',
    },
    {
      en: 'The server asks for the link address of 192.0.2.3; rawshake answers by ARP (or neighbour discovery), with an address of its own.',
      zh: '服务器询问 192.0.2.3 的链路地址；rawshake 用 ARP（或邻居发现）以自己的地址作答。',
    },
    {
      en: 'SYN/ACK, ACK, "hello" and the close pass over AF_PACKET.',
      zh: 'SYN/ACK、ACK、“hello”和关闭都通过 AF_PACKET 进行。',
    },
  ],
  explanation: {
    en: "A packet comes to tcp_v4_rcv() only through ip_local_deliver(), and there only if the routing table says RTN_LOCAL of its destination (IPv6: the address is the host's). 192.0.2.3 is not local and the host does not forward, so the packet ends in routing; what is more, its Ethernet address is not the card's, so it is PACKET_OTHERHOST and ip_rcv() drops it at once. TCP never hears of it, and so there is no RST. AF_INET raw sockets stand behind the same decision and hear nothing either: AF_PACKET stands before it. What a kernel otherwise does for its addresses must now be done by hand, ARP and neighbour discovery first of all.",
    zh: '报文只有经过 ip_local_deliver() 才会到达 tcp_v4_rcv()，而前提是路由表判定其目的地址为 RTN_LOCAL（IPv6：该地址属于本机）。192.0.2.3 不是本机地址，主机也不转发，报文在路由处就到头了；何况它的以太网地址也不是网卡的，属于 PACKET_OTHERHOST，ip_rcv() 一开始就把它丢掉。TCP 根本不知道它，因此没有 RST。AF_INET 原始套接字也在这个判定之后，同样收不到；AF_PACKET 则在它之前。内核平时为自己的地址做的事，现在都要手工来做，首先就是 ARP 和邻居发现。',
  },
  next: [
    {
      en: 'Give the address to the host in mid-connection (ip address add 192.0.2.3/24 dev eth0): what happens to the next segment?',
      zh: '在连接中途把这个地址加给主机（ip address add 192.0.2.3/24 dev eth0）：下一个报文段会怎样？',
    },
    {
      en: 'Scanners and load generators that must be fast work like this: no rule to match, no RST to make.',
      zh: '追求速度的扫描器和压测工具就是这样做的：没有规则要匹配，也没有 RST 要产生。',
    },
  ],
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    {
      host: 'server',
      line: 'ip neighbour replace 192.0.2.3 lladdr 02:00:00:00:00:03 dev eth0',
    },
    {
      host: 'client',
      line: 'nping -c 1 -e eth0 --send-eth --source-mac 02:00:00:00:00:03 --dest-mac 02:00:00:00:00:02 -S 192.0.2.3 --tcp --flags syn -g 41000 -p 8888 192.0.2.2',
      prints: 'RCVD[^]*192\\.0\\.2\\.2:8888 > 192\\.0\\.2\\.3:41000 SA',
    },
    { host: 'server', line: 'ss -Htan state syn-recv', prints: '192\\.0\\.2\\.3' },
  ],
  claims: [
    {
      text: {
        en: 'A handshake over raw sockets always needs a firewall rule.',
        zh: '通过原始套接字握手总是需要防火墙规则。',
      },
      verdict: 'wrong',
      because: {
        en: "It needs the own kernel's silence. From an address that is not the kernel's it has that for nothing: no rule here, and no RST.",
        zh: '它需要的是自己内核的沉默。使用不属于内核的地址，沉默就是现成的：这里没有规则，也没有 RST。',
      },
    },
  ],
});
