/** The texts of accept-queue, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '找不到位置的 ACK',
  claim: '握手的最后一个 ACK 若遇到满的 accept 队列，客户端就以为已连接，而服务器仍停在半开。',
  steps: [
    '朴素的尝试：服务器以 backlog 2 监听，从不 accept；三个客户端连上，再来五个。后者的 SYN 就已被丢弃，没有哪个握手能走到 ACK。',
    '所以分两个阶段：先有一个客户端连上。再来三个，而链路扣住它们的 ACK：它们的 SYN 找到了位置，因为那时队列还没满。',
    '放行三个 ACK。两个找到位置，第三个没有。',
    '服务器 accept 一个连接；然后等待 SYN/ACK 再次到来：SYN 之后一秒，这是内核的常量（TCP_TIMEOUT_INIT）。',
    '再来一次，这回设置 net.ipv4.tcp_abort_on_overflow=1。',
  ],
  facts: {
    naive: '八个客户端，在它们的内核看来',
    naiveDropped: '监听者丢弃的 SYN 数',
    clients: '分两个阶段时，四次 connect() 的结果',
    ends: '四个连接各自的两端',
    queue: '等待 accept() 的连接数',
    overflows: '遇到队列已满的 ACK 数',
    again: '服务器发给第四个客户端的报文段',
    healed: '有了位置、SYN/ACK 又来过之后，它的两端',
    abort: 'tcp_abort_on_overflow=1 时对这种 ACK 的回答',
    abortError: '那个程序得知',
  },
  explanation:
    'SYN 若遇到 accept 队列已满的监听者，就被丢弃（tcp_conn_request、sk_acceptq_is_full：等待者多于 backlog 才算满，所以 2 能容下 3）。ACK 遇到的却是半开条目：tcp_check_req() 向 tcp_v4_syn_recv_sock() 要一个完整的套接字，后者因同样的原因拒绝，并计入 ListenOverflows。ACK 就此被忘掉，条目留下（带上 acked 标记），它的定时器重发 SYN/ACK；客户端早在第一个 SYN/ACK 时已是 ESTABLISHED，对每一个都回答 ACK，其中第一个找到位置的完成握手。若 tcp_abort_on_overflow=1，拒绝就是一个 RST，序号正是 ACK 所要的那个。',
  next: [
    '让第四个客户端写数据：数据与 ACK 一样被丢弃，于是一次次重发。',
    '在自己的服务器上看 nstat -az TcpExtListenOverflows TcpExtListenDrops：是否也发生过。',
  ],
  claims: {
    backlogIsLength: {
      text: 'backlog 就是 accept 队列能容纳的连接数。',
      because: '还能多容纳一个：等待者多于 backlog 才算满。另外它还受 somaxconn 限制。',
    },
    waitsInSynSent: {
      text: 'accept 队列满时，客户端最后的 ACK 被丢弃，客户端停在 SYN_SENT。',
      because:
        '这混淆了两种情形。队列已经满时，丢弃的是 SYN：SYN_SENT。在 SYN 与 ACK 之间才满的，丢弃的是 ACK，而客户端已是 ESTABLISHED。',
    },
    bothConnected: {
      text: '客户端已连接，服务器也就已连接。',
      because: '客户端收到 SYN/ACK 就是 ESTABLISHED；服务器要收到 ACK 才是，而且还得收下它。',
    },
  },
  scenes: {
    eightClients: '八个客户端连接',
    twoPhases: '先是 SYN，再是 ACK',
    roomAgain: '又有了位置',
    abortOnOverflow: 'tcp_abort_on_overflow=1',
  },
} satisfies Translation<typeof en>;
