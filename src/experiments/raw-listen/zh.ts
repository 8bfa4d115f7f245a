/** The texts of raw-listen, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '连接到没有监听的端口',
  claim: '只要有人手工回应 SYN，并用过滤器拦住内核的 RST，普通程序就能连接到没有套接字监听的端口。',
  steps: [
    '服务器上没有任何监听。一个原始套接字等待发往端口 8888 的 SYN，没有过滤器。客户端程序调用 connect()，手工用 SYN/ACK 回应它的 SYN。',
    '在服务器上装好过滤器，再做一次。',
    '程序发送“hello”并收到回送；双方关闭连接。',
  ],
  facts: {
    unfiltered: '没有过滤器时的 connect()',
    late: '迟到的 SYN/ACK 得到',
    listeners: 'ss 显示的服务器监听者数',
    owner: '服务器上四元组归谁',
    filtered: '有过滤器时的 connect()',
    received: '手工一侧收到',
    replied: '程序收到的回送',
    reasons: '服务器内核给出的 RST 原因',
  },
  explanation:
    '内核收到 TCP 报文段时，先交给原始套接字（raw_local_deliver），再照常交给 tcp_v4_rcv()，就像没有原始套接字一样。后者为 SYN 找不到套接字，在几微秒内回应 RST/ACK，比唤醒任何程序都早：connect() 返回 ECONNREFUSED，手工的 SYN/ACK 到达时套接字已经不在了。RST 在出去的路上被丢弃之后，唯一的回答就是我们的。对客户端来说，报文段由谁写的没有区别：tcp_rcv_synsent_state_process() 只检查自己的 SYN 是否得到确认，然后进入 ESTABLISHED。服务器上自始至终没有套接字；listen() 为别的程序所做的事，这里由一个收发报文的程序完成。',
  next: [
    'rawshake listen 8080 --http DIR：浏览器显示来自无监听端口的网页。',
    '扫描器会认为端口开放。它要怎样才能察觉？',
  ],
  claims: {
    listenNeeded: {
      text: '没有 listen()，就不可能建立 TCP 连接。',
      because:
        '这里 ss 显示服务器上没有监听者，而内核客户端已连接，数据来回传送。（两个内核套接字之间也可以不用 listen()：见 simultaneous-open 和 self-connect。）',
    },
  },
  scenes: {
    unfiltered: '没有过滤器',
    filtered: '有过滤器',
  },
} satisfies Translation<typeof en>;
