/** The texts of lookup-order, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '同一个 SYN，三种回答',
  claim: '报文段先按四元组在已有连接中查找，再在监听者中查找；查到什么，就得到什么回答。',
  steps: [
    '服务器上有监听者。手工的 SYN 得到 SYN/ACK，再用带 5 字节数据的 ACK 完成握手。',
    '再发同一个 SYN，端口和序号都不变：这次它遇到的是已建立的连接。',
    '把同样的 SYN 发往无人监听的端口。',
  ],
  facts: {
    listener: 'SYN 遇到监听者',
    established: '同一 SYN 遇到已建立的连接',
    nothing: '同一 SYN 无人认领',
    owners: '每个 SYN 之前四元组的主人',
  },
  explanation:
    'tcp_v4_rcv() 调用 __inet_lookup_skb()，它分两步查找：__inet_lookup_established() 用完整的四元组查连接表（ehash），半开连接也在其中；查不到时，才由 __inet_lookup_listener() 按地址和端口查监听表（lhash2）。查到什么决定一切。监听者用 SYN/ACK 回应 SYN（tcp_v4_conn_request、tcp_conn_request）。ESTABLISHED 连接把同样的 SYN 当作走失或攻击的报文，用质询 ACK 回应：说明自己真正期待什么，状态不变（tcp_validate_incoming、tcp_send_challenge_ack；RFC 5961 §4.2）。两者都没有，就由 tcp_v4_send_reset() 回应。',
  next: [
    '半秒之内在连接上发两次 SYN：第二次得不到质询 ACK（tcp_invalid_ratelimit）。',
    '对原始套接字所发 SYN 的 SYN/ACK，在客户端也这样查找，却什么也查不到：raw-alone。',
  ],
  claims: {
    byPort: {
      text: '内核按目的端口号找到套接字。',
      because: '是按四元组。发往同一端口的同一个 SYN，先由监听者回应，有了连接之后便由连接回应。',
    },
  },
} satisfies Translation<typeof en>;
