/** The texts of no-listen, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '只绑定，没有监听',
  claim:
    'bind() 只占住端口；调用 listen() 之后，内核才能为 SYN 找到套接字。没有 listen() 时内核会拒绝连接，而 ping 照样有回应。',
  steps: [
    '服务器上的程序绑定端口 8888，但不调用 listen()。再次 bind() 同一端口，可以看到它已被占用。',
    '客户端先像 ping 那样发送 ICMP 回显请求，再发送 SYN。',
    '客户端上的普通程序调用 connect()；curl 也是如此。',
  ],
  facts: {
    secondBind: '再次 bind() 该端口',
    listed: 'ss 显示的该端口套接字数',
    owner: 'SYN 会交给谁',
    ping: '回显请求得到应答',
    answer: 'SYN 得到的回答',
    program: '程序的 connect() 得到',
    curl: 'curl 的退出码（7：连接失败）',
    reason: '内核给出的 RST 原因',
    path: 'RST 在内核的何处产生',
  },
  explanation:
    'bind() 把套接字登记到已绑定端口表（bhash）：这足以拒绝第二次 bind()，但仅此而已。tcp_v4_rcv() 从不查这张表。它调用 __inet_lookup_skb()，先查连接表（ehash），再查监听表（lhash2），而只有 listen() 才会把套接字放进监听表。两处都没有，于是走到 no_tcp_socket：校验和正确，由 tcp_v4_send_reset() 回应 RST/ACK。客户端处于 SYN_SENT，收到确认了自己 SYN 的 RST（tcp_rcv_synsent_state_process、tcp_reset），connect() 便返回 ECONNREFUSED。ping 与这一切无关：icmp_echo() 在内核中针对地址作答，而地址没有端口。',
  next: [
    '在实验环境里用浏览器打开 http://192.0.2.2:8888/：Chromium 显示 ERR_CONNECTION_REFUSED。',
    '改为在服务器上丢弃 SYN（iptables -A INPUT -p tcp --dport 8888 -j DROP）：connect() 会等上几分钟。拒绝也是一种回答。',
    '不调用 listen() 也能建立连接：见 raw-listen、self-connect 和 simultaneous-open。',
  ],
  claims: {
    pingFails: {
      text: '服务器上没有程序监听时，ping 会失败。',
      because: 'ping 问的是主机，不是程序：内核的 ICMP 为该地址作答。同一台服务器在同一毫秒内拒绝了 SYN。',
    },
    boundIsOpen: {
      text: '端口绑定之后就是开放的。',
      because: '端口已被占用，SYN 却找不到套接字。开放端口的是 listen()。',
    },
  },
  scenes: {
    byHand: '手工发送回显请求和 SYN',
    program: '程序调用 connect()',
    curl: 'curl',
  },
} satisfies Translation<typeof en>;
