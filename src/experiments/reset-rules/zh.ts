/** The texts of reset-rules, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '发给无人的九个报文段',
  claim: '没有套接字认领的报文段会得到 RST，除非它自己就是 RST；RST 带什么编号，取决于该报文段是否带 ACK 标志。',
  steps: [
    '九个报文段接连发往服务器上无人监听的端口。每个都有自己的编号，从回答就能看出它回答的是哪一个。',
    '四个不带 ACK，两个是 RST，三个带 ACK。回答按顺序到来：最后一个得到回答时仍没有回答的，就不会有了。',
  ],
  facts: {
    syn: 'SYN',
    fin: '不带 ACK 的 FIN',
    data: '不带 ACK 的 5 字节数据',
    synFinData: 'SYN、FIN 和 5 字节数据一起',
    rst: 'RST',
    rstAck: 'RST/ACK',
    ack: 'ACK',
    synAck: 'SYN/ACK',
    finAckData: '带 5 字节数据的 FIN/ACK',
    owner: '四元组归谁',
    reason: '内核给出的 RST 原因',
  },
  explanation:
    'tcp_v4_rcv() 找不到套接字，便调用 tcp_v4_send_reset()。如果 th->rst 已置位，它立即返回：用 RST 回应 RST 会没完没了。除此之外，RST 必须让对方相信。报文段带 ACK 时，对方已经说明期待的下一个序号，RST 就正好用它作自己的序号：seq = ack_seq，不带 ACK 标志。不带 ACK 时，不知道对方期待什么，RST 的序号便为 0，并用确认号证明自己见过该报文段：ack = seq + SYN + FIN + 长度。接收方相信前者，是因为序号落在窗口内；处于 SYN_SENT 时相信后者，是因为它确认了 SYN。报文段的其他内容无关紧要：SYN 与 FIN 同时出现这样无意义的标志组合，也照样计数、照样回应。',
  next: [
    '把这九个报文段发给监听者：不带 ACK 的只有 SYN 得到回答；带 ACK 的得到同样的 RST。',
    '再试一个没有任何标志、也没有数据的报文段：RST 会确认到几号？',
    '原始套接字的握手就败在第二条规则上：SYN/ACK 带有 ACK，所以 RST 的序号正好是服务器期待的（raw-alone）。',
  ],
  claims: {
    alwaysReset: {
      text: '发往没有套接字的端口、校验和正确的报文段，都会得到 RST。',
      because:
        '如果它自己就是 RST，则没有回应。而且回应有两种：报文段不带 ACK 时，得到序号为 0 的 RST/ACK；带 ACK 时，得到以其确认号为序号的 RST。',
    },
  },
} satisfies Translation<typeof en>;
