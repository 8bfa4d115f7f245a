/** The texts of spare-address, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '没有主人的源地址',
  claim: '内核只回应发给自己的报文：使用主机并不拥有的地址握手，根本不需要过滤器。',
  steps: [
    'SYN 从 192.0.2.3 发出，链路上没有主机拥有这个地址。不安装任何规则。',
    '服务器询问 192.0.2.3 的链路地址；rawshake 用 ARP（或邻居发现）以自己的地址作答。',
    'SYN/ACK、ACK、“hello”和关闭都通过 AF_PACKET 进行。',
  ],
  explanation:
    '报文只有经过 ip_local_deliver() 才会到达 tcp_v4_rcv()，而前提是路由表判定其目的地址为 RTN_LOCAL（IPv6：该地址属于本机）。192.0.2.3 不是本机地址，主机也不转发，报文在路由处就到头了；何况它的以太网地址也不是网卡的，属于 PACKET_OTHERHOST，ip_rcv() 一开始就把它丢掉。TCP 根本不知道它，因此没有 RST。AF_INET 原始套接字也在这个判定之后，同样收不到；AF_PACKET 则在它之前。内核平时为自己的地址做的事，现在都要手工来做，首先就是 ARP 和邻居发现。',
  next: [
    '在连接中途把这个地址加给主机（ip address add 192.0.2.3/24 dev eth0）：下一个报文段会怎样？',
    '追求速度的扫描器和压测工具就是这样做的：没有规则要匹配，也没有 RST 要产生。',
  ],
  claims: {
    ruleNeeded: {
      text: '通过原始套接字握手总是需要防火墙规则。',
      because: '它需要的是自己内核的沉默。使用不属于内核的地址，沉默就是现成的：这里没有规则，也没有 RST。',
    },
  },
} satisfies Translation<typeof en>;
