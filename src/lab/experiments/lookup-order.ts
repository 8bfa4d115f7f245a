/** The same SYN meets an established connection, a listener, and nothing. RFC 9293 §3.10.7; tcp_v4_rcv, __inet_lookup_skb. */
import { listenWithoutAccepting } from '../../linux/kernel-socket.js';
import type { Experiment } from './experiment.js';
import { inLab } from './stage.js';

type Fact = 'established' | 'listener' | 'nothing' | 'owners';

interface World {
  /** Whether somebody listens on the port. */
  readonly listening: boolean;
}

export const lookupOrder: Experiment<Fact, World> = {
  id: 'lookup-order',
  title: {
    en: 'The same SYN, three answers',
    zh: '同一个 SYN，三种回答',
  },
  claim: {
    en: 'A segment is looked up by its four-tuple among connections first, then among listeners; what it meets decides the answer.',
    zh: '报文段先按四元组在已有连接中查找，再在监听者中查找；查到什么，就得到什么回答。',
  },
  steps: [
    {
      en: 'A listener waits on the server. A SYN made by hand gets SYN/ACK; the ACK completes the handshake.',
      zh: '服务器上有监听者。手工的 SYN 得到 SYN/ACK，再用 ACK 完成握手。',
    },
    { en: 'The same SYN again: it now meets the connection.', zh: '再发同一个 SYN：这次它遇到的是已建立的连接。' },
    { en: 'The same SYN to a port on which nobody listens.', zh: '把同样的 SYN 发往无人监听的端口。' },
  ],
  facts: {
    listener: { what: { en: 'SYN to a listener', zh: 'SYN 遇到监听者' }, expected: 'S. 0:0(0) ack 1' },
    established: {
      what: { en: 'the same SYN on the connection', zh: '同一 SYN 遇到已建立的连接' },
      expected: '. 1:1(0) ack 1',
    },
    nothing: { what: { en: 'the same SYN to nobody', zh: '同一 SYN 无人认领' }, expected: 'R. 0:0(0) ack 1' },
    owners: {
      what: { en: 'who owned the four-tuple before each SYN', zh: '每个 SYN 之前四元组的主人' },
      expected: ['LISTEN', 'ESTABLISHED', 'none'],
    },
  },
  explanation: {
    en: 'tcp_v4_rcv() asks __inet_lookup_skb(): first the table of connections (ehash) by the whole four-tuple, half-open ones included, then the listeners by address and port. A connection in ESTABLISHED answers a SYN with a challenge ACK (tcp_validate_incoming, RFC 5961 §4.2), a listener with SYN/ACK (tcp_conn_request). Where neither is found, tcp_v4_send_reset() answers.',
    zh: 'tcp_v4_rcv() 调用 __inet_lookup_skb()：先用完整的四元组查连接表（ehash，半开连接也在其中），再按地址和端口查监听者。ESTABLISHED 连接用质询 ACK 回应 SYN（tcp_validate_incoming，RFC 5961 §4.2），监听者用 SYN/ACK 回应（tcp_conn_request）；两者都没有，就由 tcp_v4_send_reset() 回应。',
  },
  next: [
    {
      en: 'Send the SYN twice on the connection within half a second: the second one gets no challenge ACK.',
      zh: '半秒之内在连接上发两次 SYN：第二次得不到质询 ACK。',
    },
  ],
  byHand: [],
  claims: [
    {
      text: { en: 'The kernel finds the socket by the destination port.', zh: '内核按目的端口号找到套接字。' },
      verdict: 'wrong',
      because: {
        en: 'It looks for the four-tuple first. The same SYN to the same port is answered differently once a connection has it.',
        zh: '它先查四元组。同一端口上的同一个 SYN，有了连接之后得到的回答就不同了。',
      },
    },
  ],
  world: { listening: true },
  observe: (options, { listening }) =>
    inLab(options, async (stage) => {
      const { dst, dstPort } = stage.flow;
      if (listening) stage.leases.add(listenWithoutAccepting(stage.lab.server.netns, dst, dstPort));
      stage.filter('client');
      const syn = 'S 0:0(0) win 64240 <mss 1460>';
      const hand = stage.byHand('client');
      const owners: string[] = [];
      stage.scene({ en: 'SYN to a listener', zh: 'SYN 遇到监听者' });
      owners.push(stage.lookup('server'));
      hand.send(syn);
      const listener = await hand.answer();
      hand.send('. 1:1(0) ack 1 win 64240');
      // An ACK is answered by nobody: the table tells when it has arrived.
      stage.scene({ en: 'the same SYN on the connection', zh: '同一 SYN 遇到已建立的连接' });
      owners.push(stage.lookup('server'));
      hand.send(syn);
      const established = await hand.answer();

      stage.scene({ en: 'the same SYN to nobody', zh: '同一 SYN 无人认领' });
      const elsewhere = { ...stage.flow, dstPort: dstPort + 1 };
      const { src, srcPort } = stage.flow;
      owners.push(stage.lookup('server', { src: dst, srcPort: dstPort + 1, dst: src, dstPort: srcPort }));
      stage.filter('client', elsewhere);
      const other = stage.byHand('client', elsewhere);
      other.send(syn);
      return { listener, established, nothing: await other.answer(), owners };
    }),
};
