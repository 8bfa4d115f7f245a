/** The texts of recipes, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '网上流传的办法',
  claim: '网上针对内核 RST 的各种建议，有的毫无作用，有的有效却没有说明代价，还有一种只对用 AF_PACKET 接收的程序正确。',
  steps: [
    '每个办法各用一个实验环境：在客户端原样加载规则，然后用原始套接字手工握手，发送“hello”，正常关闭，最后发出程序自己的 RST。',
    '记录握手的结局，以及 compare --rule 对规则的评判。',
  ],
  facts: {
    output: 'OUTPUT 链丢弃 RST',
    source: '再加 -s 和本机地址',
    sport: '再加 --sport 和自己的端口',
    input: 'INPUT 链丢弃 RST',
    dport: 'INPUT 链丢弃自己的端口，用 AF_PACKET 接收',
    nft: 'nft，带钩子的链',
    hookless: 'nft，不带钩子的链',
    uid: '按运行程序的用户丢弃 RST',
    invalid: '丢弃状态为 INVALID 的 RST',
    reject: 'OUTPUT 链 REJECT RST',
    arp: 'arptables 的 OUTPUT 全部丢弃',
    sysctl: 'TCP 的设置（sysctl）',
  },
  explanation:
    'RST 由 tcp_v4_send_reset() 产生，经 ip_send_unicast_reply() 从内核自己的套接字发出：它和本机发出的任何报文一样经过 NF_INET_LOCAL_OUT，不经过入站的钩子。在连接跟踪看来，它回应的是 SYN 所开始的连接的报文，状态为 ESTABLISHED。它没有用户：没有 sk->sk_socket->file，owner_mt() 一个也匹配不上。ARP 是另一种协议，有自己的钩子（NFPROTO_ARP）。途中不查询任何 sysctl：tcp_v4_rcv() 查找失败后直接产生 RST。',
  next: [
    '试试你自己的办法：rawshake compare --rule 参数 会说明它的作用和缺陷。',
    '不用标记就能放过程序自己的 RST：owner。',
  ],
  claims: {
    output: {
      text: '原始套接字只需要 iptables -A OUTPUT -p tcp --tcp-flags RST RST -j DROP。',
      because:
        '握手能完成。但程序自己的 RST 也被丢弃（EPERM），本机关闭的端口不再拒绝连接，而且在 filter 表里连接跟踪已经看到 RST：用 -t raw 加标记，或用 owner 来解决。',
    },
    source: {
      text: '加上 -s 和本机地址，规则就只针对使用原始套接字的程序。',
      because: '本机所有程序都用这个地址：它没有放过任何东西，尤其是程序自己发出的 RST。',
    },
    sport: {
      text: '加上 --sport 和自己的端口，规则就恰好只丢弃内核的 RST。',
      because: '它不影响其他端口。但程序也从该端口发送，自己的 RST 会失败（EPERM）。',
    },
    input: {
      text: 'iptables -A INPUT -p tcp --tcp-flags RST RST -j DROP 能丢弃这个 RST。',
      because: '它丢弃的是别人发来的 RST。造成麻烦的那个由本机发出，只经过 OUTPUT。',
    },
    dport: {
      text: 'iptables -A INPUT -p tcp --dport 端口 -j DROP 能让内核不再为该端口应答。',
      because:
        '的确如此，对 masscan 这类用 AF_PACKET 接收的程序是一剂良方：这里握手成功了。但 AF_INET 原始套接字和该端口上的其他程序从此什么也收不到。',
    },
    nft: {
      text: 'nft add rule inet t c tcp flags rst drop 效果一样。',
      because:
        '前提是链带有钩子，代价也一样；优先级低于 -200 才在连接跟踪之前。没有 { type filter hook output … } 的链看不到任何报文，而 nft 并不报错。',
    },
    uid: {
      text: '这些 RST 属于该程序，所以用 -m owner --uid-owner 加它的用户就能丢弃。',
      because:
        '它们是内核的，根本没有属主；规则丢弃的反而是程序自己的 RST。正可以据此识别它们：! --uid-owner 0-4294967294。',
    },
    invalid: {
      text: '在连接跟踪看来，内核的 RST 是 INVALID。',
      because: '手工发出的 SYN 和别的 SYN 一样在那里开始了一条连接，RST 属于它：ESTABLISHED。',
    },
    reject: {
      text: 'REJECT 和 DROP 一样好。',
      because: '它能拦住 RST，但会向发送者（本机自己）回以 ICMP 差错；放在 INPUT 里则会代替内核去复位对方。',
    },
    arp: {
      text: 'arptables 也能拦住 RST。',
      because: '它只看到 ARP，别无其他。（它的用处在于让主机不为自己拥有的某个地址应答 ARP。）',
    },
    sysctl: {
      text: '有一个 sysctl 可以关掉 RST。',
      because:
        'Linux 没有：tcp_abort_on_overflow 与 accept 队列满有关，tcp_rfc1337 与 TIME_WAIT 有关。（FreeBSD 有：net.inet.tcp.blackhole。）',
    },
  },
} satisfies Translation<typeof en>;
