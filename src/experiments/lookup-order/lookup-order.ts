/** The same SYN meets an established connection, a listener, and nothing. RFC 9293 §3.10.7; tcp_v4_rcv, __inet_lookup_skb. */
import { listenWithoutAccepting } from '../../linux/port/kernel-socket.js';
import type { Experiment } from '../experiment.js';
import { observe } from '../observe.js';

type Fact = 'listener' | 'established' | 'nothing' | 'owners';

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
      en: 'A listener waits on the server. A SYN made by hand gets SYN/ACK; an ACK with five bytes completes the handshake.',
      zh: '服务器上有监听者。手工的 SYN 得到 SYN/ACK，再用带 5 字节数据的 ACK 完成握手。',
    },
    {
      en: 'The same SYN again, the same ports and the same number: it now meets the connection.',
      zh: '再发同一个 SYN，端口和序号都不变：这次它遇到的是已建立的连接。',
    },
    {
      en: 'The same SYN to a port on which nobody listens.',
      zh: '把同样的 SYN 发往无人监听的端口。',
    },
  ],
  facts: {
    listener: { what: { en: 'SYN to a listener', zh: 'SYN 遇到监听者' }, expected: 'S. 0:0(0) ack 1' },
    established: {
      what: { en: 'the same SYN on the connection', zh: '同一 SYN 遇到已建立的连接' },
      expected: '. 1:1(0) ack 6',
    },
    nothing: { what: { en: 'the same SYN to nobody', zh: '同一 SYN 无人认领' }, expected: 'R. 0:0(0) ack 1' },
    owners: {
      what: { en: 'who owned the four-tuple before each SYN', zh: '每个 SYN 之前四元组的主人' },
      expected: ['LISTEN', 'ESTABLISHED', 'none'],
    },
  },
  explanation: {
    en: 'tcp_v4_rcv() asks __inet_lookup_skb(), which looks twice: __inet_lookup_established() searches the connections (ehash) by the whole four-tuple, half-open ones included; only if none is found, __inet_lookup_listener() searches the listeners (lhash2) by address and port. What is found decides. A listener answers a SYN with SYN/ACK (tcp_v4_conn_request, tcp_conn_request). A connection in ESTABLISHED takes the same SYN for a stray or an attack and answers with a challenge ACK, which says what it really expects and changes nothing (tcp_validate_incoming, tcp_send_challenge_ack; RFC 5961 §4.2). Where neither is found, tcp_v4_send_reset() answers.',
    zh: 'tcp_v4_rcv() 调用 __inet_lookup_skb()，它分两步查找：__inet_lookup_established() 用完整的四元组查连接表（ehash），半开连接也在其中；查不到时，才由 __inet_lookup_listener() 按地址和端口查监听表（lhash2）。查到什么决定一切。监听者用 SYN/ACK 回应 SYN（tcp_v4_conn_request、tcp_conn_request）。ESTABLISHED 连接把同样的 SYN 当作走失或攻击的报文，用质询 ACK 回应：说明自己真正期待什么，状态不变（tcp_validate_incoming、tcp_send_challenge_ack；RFC 5961 §4.2）。两者都没有，就由 tcp_v4_send_reset() 回应。',
  },
  isOfNumbers: true,
  next: [
    {
      en: 'Send the SYN twice on the connection within half a second: the second one gets no challenge ACK (tcp_invalid_ratelimit).',
      zh: '半秒之内在连接上发两次 SYN：第二次得不到质询 ACK（tcp_invalid_ratelimit）。',
    },
    {
      en: 'The SYN/ACK that answers a SYN from a raw socket is looked up just so on the client, and finds nothing: raw-alone.',
      zh: '对原始套接字所发 SYN 的 SYN/ACK，在客户端也这样查找，却什么也查不到：raw-alone。',
    },
  ],
  byHand: [
    { host: 'server', line: 'timeout 20 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    { host: 'client', line: 'sleep 15 | nc -q 0 -p 41000 192.0.2.2 8888 &' },
    { host: 'server', line: 'sleep 1; ss -Htan state established', prints: '192\\.0\\.2\\.1:41000' },
    {
      host: 'client',
      line: 'timeout 5 tcpdump -nli eth0 -c 2 port 41000 2>/dev/null & sleep 1; nmap -n -Pn -sS -g 41000 --max-retries 0 -p 8888 192.0.2.2 >/dev/null; wait $!',
      prints: 'Flags \\[S\\][^]*Flags \\[\\.\\]',
    },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888,8889 192.0.2.2', prints: '8888/tcp open[^]*8889/tcp closed' },
  ],
  claims: [
    {
      text: { en: 'The kernel finds the socket by the destination port.', zh: '内核按目的端口号找到套接字。' },
      verdict: 'wrong',
      because: {
        en: 'By the four-tuple. The same SYN to the same port is answered by the listener once, and by the connection as soon as there is one.',
        zh: '是按四元组。发往同一端口的同一个 SYN，先由监听者回应，有了连接之后便由连接回应。',
      },
    },
  ],
  world: { listening: true },
  observe: (options, { listening }) =>
    observe(options, async (bench) => {
      const { dst, dstPort } = bench.flow;
      if (listening) bench.leases.add(listenWithoutAccepting(bench.lab.server.netns, dst, dstPort));
      bench.filter('client');
      const syn = 'S 0:0(0) win 64240 <mss 1460>';
      const hand = bench.byHand('client');
      const owners: string[] = [];
      bench.scene({ en: 'SYN to a listener', zh: 'SYN 遇到监听者' });
      owners.push(bench.lookup('server'));
      hand.send(syn);
      const listener = await hand.answer();
      // With data: nobody answers a bare ACK, and the answer says that the connection is there.
      hand.send('P. 1:6(5) ack 1 win 64240', { payload: 'hello' });
      await hand.answer();
      bench.scene({ en: 'the same SYN on the connection', zh: '同一 SYN 遇到已建立的连接' });
      owners.push(bench.lookup('server'));
      hand.send(syn);
      const established = await hand.answer();

      bench.scene({ en: 'the same SYN to nobody', zh: '同一 SYN 无人认领' });
      const elsewhere = { ...bench.flow, dstPort: dstPort + 1 };
      const { src, srcPort } = bench.flow;
      owners.push(bench.lookup('server', { src: dst, srcPort: dstPort + 1, dst: src, dstPort: srcPort }));
      bench.filter('client', elsewhere);
      const other = bench.byHand('client', elsewhere);
      other.send(syn);
      return { listener, established, nothing: await other.answer(), owners };
    }),
};
