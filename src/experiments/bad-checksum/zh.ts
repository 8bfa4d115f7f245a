/** The texts of bad-checksum, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '校验和错误，一片沉默',
  claim: '校验和错误的报文段会被悄悄丢弃，无论端口开放还是关闭：连 RST 也没有。',
  steps: [
    '向有监听者的端口发送校验和错误的 SYN，紧接着再发一个正确的 SYN，序号大 500。',
    '对无人监听的端口做同样的事。',
    '报文段按到达的顺序得到回答。第二个 SYN 已有回答而第一个没有，那么它再也不会有了。',
  ],
  facts: {
    open: '开放端口对错误校验和的回答',
    openSound: '对其后正确的 SYN 的回答',
    closed: '关闭端口对错误校验和的回答',
    closedSound: '对其后正确的 SYN 的回答',
    counter: '服务器的 TcpInCsumErrors 增加了',
    reasons: '内核给出的丢弃原因',
  },
  explanation:
    '校验和覆盖地址、端口和所有编号。校验和错了，这些内容都不可信，也就不知道该回答谁：RST 可能打到无关的人。tcp_v4_rcv() 在 skb_checksum_init()（短报文段）中检查；若没有找到套接字，则在调用 tcp_v4_send_reset() 之前由 tcp_checksum_complete() 检查。两种情况都走到 csum_error：trace_tcp_bad_csum()，TCP_MIB_CSUMERRORS 和 TCP_MIB_INERRS 加一，报文段以 TCP_CSUM 为由被释放。在发送方看来这就是丢包，它的 TCP 会重传。',
  next: [
    '在启用校验和卸载的机器上抓包：本机内核发出的报文看起来校验和都不对。它们在抓包之后才由网卡补正。',
    '防火墙若用 RST 回应错误的校验和，就暴露了自己：它后面真正的主机不会这样做（nmap --badsum）。',
  ],
  claims: {
    socketFirst: {
      text: '内核先找到套接字，再由套接字检查校验和。',
      because:
        '检查校验和不需要套接字：关闭的端口和开放的端口同样沉默，可见在产生 RST 之前已经检查过。较长的报文段若找到了套接字，才在 tcp_v4_do_rcv() 中检查。',
    },
  },
  scenes: {
    open: '发往开放的端口',
    closed: '发往关闭的端口',
  },
} satisfies Translation<typeof en>;
