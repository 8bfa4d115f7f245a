/** With SYN cookies the server keeps nothing that a RST could destroy: the raw handshake succeeds without a filter. cookie_v4_check. */
import type { Socket } from 'node:net';
import { setSysctls } from '../../linux/namespace/sysctl.js';
import { openPeer } from '../../lab/peer.js';
import { onAnyOf, until } from '../../lab/until.js';
import type { Experiment } from '../experiment.js';
import { observe } from '../observe.js';

type Fact = 'afterReset' | 'kernelReset' | 'accepted' | 'owner' | 'received' | 'program';

interface World {
  /** net.ipv4.tcp_syncookies on the server: 2 always, 1 only when the queue of half-open connections overflows. */
  readonly syncookies: 1 | 2;
}

export const cookiesAlone: Experiment<Fact, World> = {
  id: 'cookies-alone',
  title: { en: 'Nothing stored, nothing to destroy', zh: '没有存储，就无从破坏' },
  claim: {
    en: "The kernel's RST ends a raw handshake by destroying the server's half-open entry; where SYN cookies do without that entry, the handshake succeeds without any filter.",
    zh: '内核的 RST 之所以让原始套接字的握手失败，是因为它毁掉了服务器的半开条目；SYN cookie 不需要这个条目，于是没有过滤器也能握手成功。',
  },
  steps: [
    {
      en: 'The server answers every SYN with a cookie (tcp_syncookies=2). The client makes the handshake by hand; no filter is installed.',
      zh: '服务器用 cookie 回应每一个 SYN（tcp_syncookies=2）。客户端手工握手，不安装过滤器。',
    },
    {
      en: "The SYN/ACK arrives, and the client's kernel answers RST. Who owns the four-tuple on the server now?",
      zh: 'SYN/ACK 到达，客户端的内核回应 RST。此时服务器上四元组归谁？',
    },
    { en: 'The ACK by hand. Does accept() return?', zh: '手工发送 ACK。accept() 会返回吗？' },
    {
      en: 'The client sends "hello". The server acknowledges it, and that segment meets the client\'s kernel again. The program reads, and wants to answer.',
      zh: '客户端发送“hello”。服务器予以确认，这个报文段又一次遇到客户端的内核。服务器程序读到数据，想要回答。',
    },
  ],
  facts: {
    kernelReset: {
      what: { en: "the client's kernel answers the SYN/ACK", zh: '客户端内核对 SYN/ACK 的回应' },
      expected: 'R 1:1(0)',
    },
    afterReset: {
      what: { en: 'who owns the four-tuple on the server after that RST', zh: '该 RST 之后服务器上四元组归谁' },
      expected: 'LISTEN',
    },
    accepted: { what: { en: 'accept() returns after the ACK', zh: 'ACK 之后 accept() 返回' }, expected: true },
    owner: { what: { en: 'and the four-tuple is now', zh: '此时四元组的状态' }, expected: 'ESTABLISHED' },
    received: { what: { en: "what the server's program reads", zh: '服务器程序读到' }, expected: 'hello' },
    program: { what: { en: 'what it gets when it answers', zh: '它回答时得到' }, expected: 'ECONNRESET' },
  },
  explanation: {
    en: 'tcp_conn_request() normally puts a request socket into ehash. The RST of the client finds it there, and tcp_check_req() drops it: the late ACK then meets the bare listener and is reset. With tcp_syncookies=2 nothing is put anywhere; what the server has to remember is written into its initial sequence number (cookie_v4_init_sequence). The RST meets the listener, which ignores it. When the ACK comes, cookie_v4_check() computes the cookie again from its numbers and the four-tuple, and tcp_get_cookie_sock() makes the full socket at once. From here on there is something to destroy: the ACK for "hello" finds no socket on the client, its RST has exactly the number that the server expects, and tcp_reset() gives the program ECONNRESET.',
    zh: 'tcp_conn_request() 通常会把一个请求套接字放进 ehash。客户端的 RST 在那里找到它，tcp_check_req() 便将它删除：迟到的 ACK 只能遇到监听者，被复位。tcp_syncookies=2 时什么也不存，服务器要记住的内容都写在它的初始序号里（cookie_v4_init_sequence）。RST 遇到的是监听者，不予理会。ACK 到来时，cookie_v4_check() 根据编号和四元组重新算出 cookie，tcp_get_cookie_sock() 随即建立完整的套接字。从这时起才有东西可毁：对“hello”的确认在客户端找不到套接字，内核的 RST 正好带着服务器期待的序号，tcp_reset() 让程序得到 ECONNRESET。',
  },
  next: [
    {
      en: 'compare --remedy none on a lab with tcp_syncookies=1: the same packets up to the RST, and then the end.',
      zh: '在 tcp_syncookies=1 的实验环境里运行 compare --remedy none：到 RST 为止报文相同，然后就结束了。',
    },
    {
      en: 'Cookies hold only what fits into 32 bits: look at the options of the SYN/ACK when the SYN carries no timestamps.',
      zh: 'cookie 只装得下 32 位的内容：SYN 不带时间戳时，看看 SYN/ACK 还有哪些选项。',
    },
  ],
  byHand: [
    {
      host: 'server',
      line: 'sysctl -qw net.ipv4.tcp_syncookies=2; timeout 10 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1',
    },
    { host: 'client', line: 'iptables -t raw -I OUTPUT -p tcp -d 192.0.2.2 --tcp-flags RST RST -j DROP' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^0$' },
    { host: 'server', line: 'nstat -asz TcpExtSyncookiesSent', prints: 'TcpExtSyncookiesSent +[1-9]' },
    { host: 'server', line: 'sysctl -qw net.ipv4.tcp_syncookies=1' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^1$' },
  ],
  claims: [
    {
      text: {
        en: 'A server must store a connection before it can come about.',
        zh: '服务器必须先存储连接，连接才能建立。',
      },
      verdict: 'wrong',
      because: {
        en: 'With SYN cookies it stores nothing until the last ACK: the look-up between SYN/ACK and ACK finds the listener alone, and the connection comes about all the same.',
        zh: '使用 SYN cookie 时，在最后的 ACK 之前它什么也不存：SYN/ACK 与 ACK 之间的查找只找到监听者，连接照样建立。',
      },
    },
  ],
  world: { syncookies: 2 },
  observe: (options, { syncookies }) =>
    observe(options, async (bench) => {
      const { server } = bench.lab;
      setSysctls(server.netns, { 'net.ipv4.tcp_syncookies': syncookies });
      // The program answers what it reads; a connection that was reset meanwhile says so at the latest then.
      const echo = (socket: Socket) => socket.on('data', (chunk) => socket.write(chunk));
      const peer = bench.leases.add(await openPeer(server, bench.family, bench.flow.dstPort, echo));
      const hand = bench.byHand('client');

      bench.scene({ en: 'a handshake without a filter', zh: '没有过滤器的握手' });
      hand.send('S 0:0(0) win 64240 <mss 1460>');
      await hand.answer();
      await bench.until("the kernel's RST", () => bench.kernelResets('client').length > 0);
      const kernelReset = bench.kernelResets('client').map((segment) => hand.sayOurs(segment))[0];
      const afterReset = bench.lookup('server');
      hand.send('. 1:1(0) ack 1 win 64240');
      const onStep = onAnyOf(
        (check) => peer.onProgress(check),
        (check) => hand.onArrival(check),
      );
      await until('accept() or a RST', () => peer.accepted || hand.hasNext, onStep, bench.signal);
      const { accepted } = peer;
      const owner = bench.lookup('server');
      const handshake = { kernelReset, afterReset, accepted, owner };
      if (!accepted) return { ...handshake, received: '', program: 'never connected' };

      bench.scene({ en: 'the first data', zh: '第一份数据' });
      hand.send('P. 1:6(5) ack 1 win 64240', { payload: 'hello' });
      await until('the connection to be reset', () => peer.error !== undefined, onStep, bench.signal);
      return { ...handshake, received: peer.received, program: peer.error };
    }),
};
