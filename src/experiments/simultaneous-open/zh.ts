/** The texts of simultaneous-open, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '互相呼叫的两端',
  claim: '两个套接字同时连接对方，就成为一个连接，而双方都不监听。',
  steps: [
    '朴素的尝试：服务器只绑定端口，客户端去连接；然后服务器再连接客户端的端口。',
    '现在双方各从自己的端口连接对方的端口。链路先扣住两个 SYN，等双方都已发出再放行：所以它们每次都会交错。',
    '两个 SYN/ACK 也先扣住，趁机查询双方的套接字表，然后放行。',
    '客户端写入“hello”，服务器写入“world”。',
  ],
  facts: {
    naive: '先后连接：两次 connect() 的结果',
    naiveAnswer: '只绑定的端口的回答',
    crossing: '状态（客户端 服务器）：SYN 在途、SYN/ACK 在途、之后',
    outcomes: '两次 connect() 的结果',
    clientSegments: '客户端的报文段',
    serverSegments: '服务器的报文段',
    listeners: '两台主机上的监听者数',
    data: '服务器和客户端读到的数据',
    clientStates: '客户端内核说出的套接字状态',
    serverStates: '服务器内核说出的套接字状态',
    calls: '两个程序的系统调用',
  },
  explanation:
    'bind() 只是占住端口，并不在 tcp_v4_rcv() 要查的表里放任何东西；所以发到它的 SYN 找不到套接字，得到 RST。connect() 则以 SYN_SENT 状态、带着完整的四元组把套接字放进 ehash。对方的 SYN 的四元组恰好与它相反，于是找到它。tcp_rcv_synsent_state_process() 对不带 ACK 的 SYN 照章办理：状态变为 SYN_RECV（在完整的套接字上，而不是半开条目，所以内核跟踪能看见），并发出 SYN/ACK，初始序号不变。对方的 SYN/ACK 确认了我们的 SYN：ESTABLISHED。按 RFC 9293 是四个报文段。Linux 每边多发一个 ACK：SYN/ACK 里的 SYN 早已收到，重复的就要再确认（Linux 6.11 之前是质询 ACK，而且对方要靠它才进入 ESTABLISHED）。',
  next: [
    'TCP 打洞就是这样：NAT 后面的两台主机同时连接对方的公网地址，各自的 SYN 为对方的 SYN 打开自己的 NAT。',
    '不扣住 SYN，用两个终端试试：在只有微秒级延迟的链路上，总有一个 SYN 先于对方的 connect() 到达。',
  ],
  claims: {
    synAgain: {
      text: '同时打开时，每一方收到 SYN 后会再发一次自己的 SYN。',
      because: '它发的是 SYN/ACK：确实又是 SYN，初始序号不变，但带着对对方 SYN 的确认。RFC 9293 图 8 也是如此。',
    },
    boundIsEnough: {
      text: '要同时打开，对方绑定了端口就够了。',
      because: '只绑定的端口回答 RST。SYN 到达时，双方的套接字都必须处于 SYN_SENT。',
    },
    twoConnections: {
      text: '同时打开会产生两个连接。',
      because: '只有一个连接：两个 SYN 属于同一个四元组，每台主机上只有一项。',
    },
  },
  scenes: {
    bothAtOnce: '双方同时',
    bound: '服务器只绑定了端口',
  },
} satisfies Translation<typeof en>;
