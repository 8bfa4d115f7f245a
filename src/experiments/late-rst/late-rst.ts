/** The filter removed while the peer still repeats a segment: the RST that it kept away comes late. tcp_retransmit_timer. */
import type { Socket } from 'node:net';
import { openPeer } from '../../lab/peer.js';
import { until } from '../../lab/until.js';
import type { Experiment } from '../experiment.js';
import { observe } from '../observe.js';

type Fact = 'owner' | 'first' | 'quiet' | 'again' | 'reset' | 'program' | 'after';

interface World {
  /** Whether the filter is still there when the segment comes again. */
  readonly filterStays: boolean;
}

export const lateRst: Experiment<Fact, World> = {
  id: 'late-rst',
  title: { en: 'The filter removed too early', zh: '过早移除过滤器' },
  claim: {
    en: 'A hand-made connection needs its filter for as long as the peer may still send: the first segment that comes after its removal is answered RST, and the established connection dies.',
    zh: '只要对端还可能发送报文，手工连接就离不开过滤器：移除之后到来的第一个报文段就会得到 RST，已建立的连接随之终止。',
  },
  steps: [
    {
      en: 'Behind a filter, the client makes the handshake by hand. The server program accepts and says "welcome".',
      zh: '在过滤器的保护下，客户端手工握手。服务器程序接受连接并发送“welcome”。',
    },
    {
      en: "The segment arrives. The kernel's RST stays behind the filter, and the client does not acknowledge.",
      zh: '报文段到达。内核的 RST 被过滤器拦下，客户端也不确认。',
    },
    {
      en: 'The filter is removed: the handshake is done, is it not? Some 200 ms later the server sends the segment again.',
      zh: '移除过滤器：握手不是已经完成了吗？大约 200 毫秒后，服务器重发该报文段。',
    },
    {
      en: 'The client sends a byte and looks what is left of the connection.',
      zh: '客户端发送一个字节，看看连接还剩下什么。',
    },
  ],
  facts: {
    owner: { what: { en: 'the connection on the server', zh: '服务器上的连接' }, expected: 'ESTABLISHED' },
    first: { what: { en: "the server's first data", zh: '服务器的第一份数据' }, expected: 'P. 1:8(7) ack 1' },
    quiet: { what: { en: 'RSTs on the link up to then', zh: '到此时链路上的 RST 数' }, expected: 0 },
    again: { what: { en: 'what the server repeats', zh: '服务器重发的报文段' }, expected: 'P. 1:8(7) ack 1' },
    reset: { what: { en: "the client's kernel answers", zh: '客户端内核的回应' }, expected: 'R 1:1(0)' },
    program: { what: { en: "what the server's program gets", zh: '服务器程序得到' }, expected: 'ECONNRESET' },
    after: { what: { en: 'the answer to a byte of the client', zh: '对客户端一个字节的回答' }, expected: 'R 8:8(0)' },
  },
  explanation: {
    en: "The handshake left nothing in the client's ehash, then or later: there is nothing that the kernel could take over. Each segment of the server goes through tcp_v4_rcv() anew, finds no socket, and makes tcp_v4_send_reset() answer; the filter has only kept those answers away. The server's segment was not acknowledged, so after some 200 ms the timer sends it once more (tcp_retransmit_timer). This time the RST leaves. Its number is that of the server's own acknowledgment, exactly RCV.NXT, so tcp_validate_incoming() accepts it and tcp_reset() ends the connection. The client's next byte meets the listener alone, which answers an ACK with RST. Hence the order: close the connection, wait until the peer's last segment has been acknowledged, then remove the filter.",
    zh: '手工握手从来不会在客户端的 ehash 里留下什么，内核无从接手。服务器的每个报文段都重新走一遍 tcp_v4_rcv()，找不到套接字，由 tcp_v4_send_reset() 回应；过滤器只是拦下了这些回应。服务器的报文段没有得到确认，约 200 毫秒后定时器便再发一次（tcp_retransmit_timer）。这一次 RST 出去了。它的序号取自服务器自己的确认号，正好是 RCV.NXT，于是 tcp_validate_incoming() 接受它，tcp_reset() 终止连接。客户端的下一个字节只能遇到监听者，而监听者用 RST 回应 ACK。所以顺序应当是：关闭连接，等到对端的最后一个报文段得到确认，再移除过滤器。',
  },
  next: [
    {
      en: 'Remove the filter in SYN_RECV, before the last ACK: the SYN/ACK comes again after a second, and its RST destroys the half-open entry.',
      zh: '在 SYN_RECV 时、最后的 ACK 之前移除过滤器：一秒后 SYN/ACK 重发，它引来的 RST 会毁掉半开条目。',
    },
    {
      en: 'Endpoint the connection to the kernel instead (adopt): from then on the four-tuple has an owner, and the filter may go.',
      zh: '改为把连接交给内核（adopt）：从此四元组有了主人，过滤器就可以移除了。',
    },
  ],
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    { host: 'client', line: 'iptables -t raw -I OUTPUT -p tcp -d 192.0.2.2 --tcp-flags RST RST -j DROP' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^1$' },
    { host: 'client', line: 'iptables -t raw -D OUTPUT -p tcp -d 192.0.2.2 --tcp-flags RST RST -j DROP' },
    {
      host: 'client',
      line: 'timeout 8 tcpdump -nli eth0 -c 2 tcp 2>/dev/null',
      prints: 'Flags \\[S\\.\\][^]*Flags \\[R\\]',
    },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^0$' },
  ],
  claims: [
    {
      text: {
        en: 'Once the handshake is done, the RST filter is no longer needed.',
        zh: '握手完成之后，就不再需要 RST 过滤器了。',
      },
      verdict: 'wrong',
      because: {
        en: 'The kernel knows the connection no better than before. The next segment of the peer draws the RST, and an established connection dies of it.',
        zh: '内核并不因此就认识这条连接。对端的下一个报文段就会引来 RST，已建立的连接因此终止。',
      },
    },
  ],
  world: { filterStays: false },
  observe: (options, { filterStays }) =>
    observe(options, async (bench) => {
      const welcome = (socket: Socket) => socket.write('welcome');
      const peer = bench.leases.add(await openPeer(bench.lab.server, bench.family, bench.flow.dstPort, welcome));
      const filter = bench.filter('client');
      const hand = bench.byHand('client');
      bench.scene({ en: 'behind the filter', zh: '在过滤器的保护下' });
      hand.send('S 0:0(0) win 64240 <mss 1460>');
      await hand.answer();
      hand.send('. 1:1(0) ack 1 win 64240');
      const first = await hand.answer();
      const owner = bench.lookup('server');
      const quiet = bench.kernelResets('client').length;

      bench.scene({ en: 'without it', zh: '移除之后' });
      if (!filterStays) filter.close();
      const again = await hand.answer();
      // What this meets tells whether a RST went before it.
      hand.send('P. 1:2(1) ack 8 win 64240');
      const after = await hand.answer();
      const lives = (): boolean => !after.startsWith('R');
      const onProgress = (check: () => void) => peer.onProgress(check);
      await until(
        "the server's program to be told",
        () => lives() || peer.error !== undefined,
        onProgress,
        bench.signal,
      );
      const [reset = 'none'] = bench.kernelResets('client').map((segment) => hand.sayOurs(segment));
      return { owner, first, quiet, again, reset, program: peer.error ?? 'still connected', after };
    }),
};
