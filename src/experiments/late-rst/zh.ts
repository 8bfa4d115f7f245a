/** The texts of late-rst, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '过早移除过滤器',
  claim:
    '只要对端还可能发送报文，手工连接就离不开过滤器：移除之后到来的第一个报文段就会得到 RST，已建立的连接随之终止。',
  steps: [
    '在过滤器的保护下，客户端手工握手。服务器程序接受连接并发送“welcome”。',
    '报文段到达。内核的 RST 被过滤器拦下，客户端也不确认。',
    '移除过滤器：握手不是已经完成了吗？大约 200 毫秒后，服务器重发该报文段。',
    '客户端发送一个字节，看看连接还剩下什么。',
  ],
  facts: {
    owner: '服务器上的连接',
    first: '服务器的第一份数据',
    quiet: '到此时链路上的 RST 数',
    again: '服务器重发的报文段',
    reset: '客户端内核的回应',
    program: '服务器程序得到',
    after: '对客户端一个字节的回答',
  },
  explanation:
    '手工握手从来不会在客户端的 ehash 里留下什么，内核无从接手。服务器的每个报文段都重新走一遍 tcp_v4_rcv()，找不到套接字，由 tcp_v4_send_reset() 回应；过滤器只是拦下了这些回应。服务器的报文段没有得到确认，约 200 毫秒后定时器便再发一次（tcp_retransmit_timer）。这一次 RST 出去了。它的序号取自服务器自己的确认号，正好是 RCV.NXT，于是 tcp_validate_incoming() 接受它，tcp_reset() 终止连接。客户端的下一个字节只能遇到监听者，而监听者用 RST 回应 ACK。所以顺序应当是：关闭连接，等到对端的最后一个报文段得到确认，再移除过滤器。',
  next: [
    '在 SYN_RECV 时、最后的 ACK 之前移除过滤器：一秒后 SYN/ACK 重发，它引来的 RST 会毁掉半开条目。',
    '改为把连接交给内核（adopt）：从此四元组有了主人，过滤器就可以移除了。',
  ],
  claims: {
    filterNoLongerNeeded: {
      text: '握手完成之后，就不再需要 RST 过滤器了。',
      because: '内核并不因此就认识这条连接。对端的下一个报文段就会引来 RST，已建立的连接因此终止。',
    },
  },
  scenes: {
    filtered: '在过滤器的保护下',
    unfiltered: '移除之后',
  },
} satisfies Translation<typeof en>;
