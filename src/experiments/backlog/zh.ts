/** The texts of backlog, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = (({ first, beyond, burst, rounds, arrivals, small, large, somaxconn }) => ({
  title: '更长的队列与缓慢的程序',
  claim: 'accept 队列只能吸收一阵突发：如果到达的多于程序 accept 的，更长的队列只是晚些溢出，丢失的一样多。',
  steps: [
    `没有人 accept，backlog 是 15。先 ${first} 个握手，再来 ${beyond} 个。每个都发送五个字节，得到确认后复位连接：那个客户端就此离开。`,
    '再来一个客户端，是普通程序。它的 SYN 被丢弃后，服务器 accept 一个连接；一秒后 SYN 再次到来，这是内核的常量（TCP_TIMEOUT_INIT）。',
    `同样的队列，重新清空，${burst} 个一起来：所有的 SYN 都先于第一个 ACK 到达。`,
    `共 ${rounds} 轮。每轮到达 ${arrivals} 个握手，之后程序 accept 其中一半的数量；backlog 先取 ${small}，再取 ${large}。最后用较短的队列，而程序全部 accept。`,
    `设 net.core.somaxconn=15，以 backlog 1000 调用 listen()，再一次发起 ${burst} 个握手。`,
  ],
  facts: {
    filled: `没有人 accept：${first} 个握手，然后再 ${beyond} 个`,
    synsDropped: '因队列满而丢弃的 SYN 数',
    waiting: '等待 accept() 的连接数',
    alive: '其中仍然存在的',
    late: '有了位置之后，客户端 connect() 的结果',
    believed: `${burst} 个突发：在客户端看来已连接的`,
    acknowledged: '其中数据得到确认的',
    acksDropped: '遇到队列已满的 ACK 数',
    small: `每轮丢失数，backlog ${small}`,
    large: `每轮丢失数，backlog ${large}`,
    keepsUp: `每轮丢失数，backlog ${small}，全部 accept`,
    cut: 'somaxconn=15 时的 listen(1000)：一阵突发',
  },
  explanation:
    '握手完成时，连接占用 accept 队列的一个位置（inet_csk_reqsk_queue_add、sk_acceptq_added）；只有 accept() 才归还它（inet_csk_accept、reqsk_queue_remove）。其间到来的 RST 结束连接（tcp_reset、tcp_done），位置却仍被占用；程序拿到的套接字，客户端早已离开。队列满时，tcp_conn_request() 丢弃 SYN；SYN 来得更早的，则由 tcp_v4_syn_recv_sock() 拒绝其 ACK；两者都计入 ListenOverflows 和 ListenDrops。SYN 只看队列此刻的长度，不看正在进行的握手，所以一阵突发得到的许诺多于实有的位置。队列里的就是已到达减去已 accept 的：只要每轮到达的多于 accept 的，它就增长到满为止，此后丢失的恰好是差额，与队列长度无关。listen() 会一声不响地把参数截到 somaxconn（__sys_listen）。',
  next: [
    '在自己的服务器上看 nstat -az TcpExtListenOverflows TcpExtListenDrops，以及 ss -ltn：Recv-Q 是队列，Send-Q 是它的上限。',
    '对同一个套接字再次调用 listen()，上限立即改变，可大可小。',
    '找不到位置的 ACK 后来如何，逐步来看：见 accept-queue。',
  ],
  claims: {
    largerHelps: {
      text: '服务器跟不上客户端，就应该加大 backlog。',
      because: '更大的只是晚些溢出，之后每轮丢失的一样多。它只对突发有用。',
    },
    leavingFrees: {
      text: '客户端放弃之后，就让出了它在 accept 队列中的位置。',
      because: '只有 accept() 才让出它。这里的十六个连接全都已被复位，队列却照样是满的。',
    },
    thousandFit: {
      text: 'listen(fd, 1000) 建立一个容纳 1000 个连接的队列。',
      because: '最多到 net.core.somaxconn，内核把它截到这个值，也不报错；实际还能多容纳一个。',
    },
    clientsAreTold: {
      text: '队列溢出时，客户端会得知：ECONNREFUSED。',
      because: '它们什么也得不到。SYN 被丢弃的客户端一秒后重发，那时若有位置，只是连上得晚。',
    },
  },
  scenes: {
    rounds: '一轮又一轮',
    somaxconn: 'somaxconn 的限制',
    nobodyAccepts: '没有人 accept',
    oneMore: '再来一个客户端，然后有了位置',
    burst: '一阵突发',
  },
  missing: {
    somaxconn: `${somaxconn} 的作用（此内核不向用户命名空间的 root 提供它）`,
  },
})) satisfies Translation<typeof en>;
