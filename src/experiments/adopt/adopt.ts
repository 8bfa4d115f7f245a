/** The connection is handed to the kernel once it stands: the four-tuple has an owner, and no rule is left. tcp(7): TCP_REPAIR. */
import { handshakeExperiment } from '../handshake-experiment.js';

export const adoptExperiment = handshakeExperiment({
  remedy: 'adopt',
  role: 'client',
  owner: 'ESTABLISHED',
  drops: 'resets',
  id: 'adopt',
  title: { en: 'The kernel adopts the connection', zh: '由内核接管连接' },
  claim: {
    en: 'A connection made by hand can be handed to the kernel: with its four-tuple in the table there is nothing left to filter.',
    zh: '手工建立的连接可以交给内核：四元组进了连接表，就没有什么需要过滤了。',
  },
  steps: [
    {
      en: 'Behind a filter the handshake is made by hand, as in raw-filtered.',
      zh: '在过滤器的保护下手工握手，与 raw-filtered 相同。',
    },
    {
      en: 'A kernel socket is put into repair mode, given both addresses, both sequence numbers, the window and the negotiated options, and switched back on. Nothing is sent.',
      zh: '让一个内核套接字进入修复模式，把双方的地址、序号、窗口和协商好的选项交给它，再恢复正常。这个过程不发送任何报文。',
    },
    {
      en: 'The filter is removed. "hello" and the close are now the kernel\'s own.',
      zh: '移除过滤器。“hello”和关闭从此由内核自己完成。',
    },
  ],
  explanation: {
    en: 'With TCP_REPAIR set, connect() sends no SYN: tcp_v4_connect() enters the socket into ehash (inet_hash_connect) and tcp_finish_connect() makes it ESTABLISHED at once. TCP_QUEUE_SEQ, TCP_REPAIR_OPTIONS and TCP_REPAIR_WINDOW say what the handshake has agreed upon. From then on __inet_lookup_skb() finds an owner for every segment of the server, and tcp_v4_send_reset() is not called any more. This is the cure at the root: the other remedies keep an answer away that the kernel is right to give, this one makes the answer unnecessary. It needs CAP_NET_ADMIN.',
    zh: '设置 TCP_REPAIR 后，connect() 不发送 SYN：tcp_v4_connect() 把套接字登记到 ehash（inet_hash_connect），tcp_finish_connect() 随即使它进入 ESTABLISHED。TCP_QUEUE_SEQ、TCP_REPAIR_OPTIONS 和 TCP_REPAIR_WINDOW 告诉它握手时商定的内容。此后 __inet_lookup_skb() 为服务器的每个报文段都能找到主人，不会再调用 tcp_v4_send_reset()。这是治本的办法：其他办法只是拦住内核理应给出的回应，这个办法使回应不再必要。它需要 CAP_NET_ADMIN。',
  },
  next: [
    {
      en: 'Look at ss on both hosts: the connection is ESTAB on either side, and no rule is in force.',
      zh: '在两台主机上运行 ss：两边的连接都是 ESTAB，而且没有任何规则生效。',
    },
    {
      en: 'The way back exists too: CRIU takes a connection out of one kernel and puts it into another by the same calls.',
      zh: '反方向也可以：CRIU 用同样的调用，把连接从一个内核取出，放进另一个内核。',
    },
  ],
  byHand: [],
  claims: [
    {
      text: {
        en: 'Only a socket that has sent the SYN itself can own a connection.',
        zh: '只有自己发送过 SYN 的套接字，才能拥有连接。',
      },
      verdict: 'wrong',
      because: {
        en: 'TCP_REPAIR enters a four-tuple and its numbers into the table without a packet. The kernel carries on as if it had made the handshake.',
        zh: 'TCP_REPAIR 不发任何报文就能把四元组和编号登记到表里。内核接着工作，就像握手是它自己做的一样。',
      },
    },
  ],
});
