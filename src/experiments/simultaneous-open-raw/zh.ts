/** The texts of simultaneous-open-raw, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '用 SYN 回答 SYN',
  claim: '调用了 connect() 的程序也接受以 SYN 作答：手工的对端与它同时打开连接。',
  steps: [
    '服务器上的普通程序连接客户端的 41000 端口，那里没有套接字。过滤规则不让客户端内核回答 RST。',
    '手工用 SYN 回答它的 SYN。它再以 SYN/ACK 回应。',
    '手工发出 SYN/ACK，然后是五个字节的数据。',
  ],
  facts: {
    syn: '程序的内核首先发出',
    synAck: '对我们的 SYN 的回答',
    ack: '对我们的 SYN/ACK 的回答',
    acknowledged: '对我们的数据的回答',
    outcome: '程序的 connect() 的结果',
    received: '程序读到的数据',
    owners: '它的套接字：我们的 SYN 之前、之后、SYN/ACK 之后',
    ownKernel: '手工一侧的四元组归谁',
    states: '内核说出的套接字状态',
  },
  explanation:
    '在 SYN_SENT 状态，tcp_rcv_synsent_state_process() 先看 ACK 标志：有它，SYN/ACK 完成平常的握手；没有它，一个 SYN 使状态变为 SYN_RECV，并引出 SYN/ACK（tcp_send_synack）。此后套接字等待任何可接受的 ACK（tcp_rcv_state_process），我们的 SYN/ACK 就带着它。这里从来没有谁处于 LISTEN。手工一侧根本没有套接字，它的内核本会用 RST 回答程序的 SYN（tcp_v4_send_reset），所以要过滤。',
  next: [
    '把我们的 SYN/ACK 换成单纯的 ACK `. 1:1(0) ack 1`：也够了。',
    '在我们的 SYN 里带上数据：Linux 只确认 SYN，数据得重发。',
  ],
  claims: {
    synAckNeeded: {
      text: 'connect() 必须得到 SYN/ACK 的回答。',
      because: '一个 SYN 也行。状态经 SYN_RECV 到 ESTABLISHED，程序毫无察觉。',
    },
    stateOfServers: {
      text: 'SYN_RECV 是服务器的状态。',
      because: '服务器的半开条目处于这个状态；自己的 SYN 遇到对方 SYN 的客户端也是。',
    },
  },
} satisfies Translation<typeof en>;
