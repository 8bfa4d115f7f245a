/** A socket that is bound and does not listen: the SYN is refused, and ping is answered. RFC 9293 §3.10.7.1; tcp_v4_rcv. */
import { bindWithoutListening } from '../../linux/port/kernel-socket.js';
import { setSysctls } from '../../linux/namespace/sysctl.js';
import { hasAnsweredEcho, sendEchoRequest } from '../../lab/bench/echo.js';
import type { Experiment } from '../experiment.js';
import { RESET_PATH, resetPath, resetReasons } from '../../lab/bench/kernel-words.js';
import { callResult, connectResult } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { linesOfSs, notInstalled, runTool } from '../../lab/bench/tool.js';

type Fact = 'secondBind' | 'listed' | 'owner' | 'ping' | 'answer' | 'program' | 'curl' | 'reason' | 'path';

interface World {
  /** Whether the server's program calls listen() after bind(). */
  readonly listening: boolean;
  /** Whether the server answers ICMP echo requests. */
  readonly answersEcho: boolean;
}

export const noListen: Experiment<Fact, World> = {
  id: 'no-listen',
  title: { en: 'Bound, and nobody listens', zh: '只绑定，没有监听' },
  claim: {
    en: 'bind() reserves a port, but only listen() lets the kernel find the socket for a SYN; without it the kernel refuses, while ping is answered all the same.',
    zh: 'bind() 只占住端口；调用 listen() 之后，内核才能为 SYN 找到套接字。没有 listen() 时内核会拒绝连接，而 ping 照样有回应。',
  },
  steps: [
    {
      en: 'On the server a program binds port 8888 and does not call listen(). Another bind() to the same port shows that it is taken.',
      zh: '服务器上的程序绑定端口 8888，但不调用 listen()。再次 bind() 同一端口，可以看到它已被占用。',
    },
    {
      en: 'The client sends an ICMP echo request, as ping does, and then a SYN.',
      zh: '客户端先像 ping 那样发送 ICMP 回显请求，再发送 SYN。',
    },
    {
      en: 'An ordinary program on the client calls connect(); so does curl.',
      zh: '客户端上的普通程序调用 connect()；curl 也是如此。',
    },
  ],
  facts: {
    secondBind: {
      what: { en: 'another bind() to the port', zh: '再次 bind() 该端口' },
      expected: 'EADDRINUSE',
    },
    listed: { what: { en: 'sockets on the port that ss shows', zh: 'ss 显示的该端口套接字数' }, expected: 0 },
    owner: { what: { en: 'who would get the SYN', zh: 'SYN 会交给谁' }, expected: 'none' },
    ping: { what: { en: 'the echo request is answered', zh: '回显请求得到应答' }, expected: true },
    answer: { what: { en: 'the answer to the SYN', zh: 'SYN 得到的回答' }, expected: 'R. 0:0(0) ack 1' },
    program: { what: { en: 'what connect() gives a program', zh: '程序的 connect() 得到' }, expected: 'ECONNREFUSED' },
    curl: {
      what: { en: "curl's exit status (7: could not connect)", zh: 'curl 的退出码（7：连接失败）' },
      expected: 7,
    },
    reason: { what: { en: "the kernel's reason for the RST", zh: '内核给出的 RST 原因' }, expected: ['NO_SOCKET'] },
    path: { what: { en: 'where in the kernel the RST was made', zh: 'RST 在内核的何处产生' }, expected: RESET_PATH },
  },
  explanation: {
    en: 'bind() enters the socket into the table of bound ports (bhash): enough to refuse a second bind(), and nothing more. tcp_v4_rcv() never looks there. It asks __inet_lookup_skb(), which searches the connections (ehash) and then the listeners (lhash2), and only listen() enters a socket into the latter. Nothing is found, so it goes to no_tcp_socket: the checksum is right, and tcp_v4_send_reset() answers RST/ACK. The client finds its SYN acknowledged by a RST in SYN_SENT (tcp_rcv_synsent_state_process, tcp_reset), and connect() returns ECONNREFUSED. Ping never comes near any of this: icmp_echo() answers in the kernel, for the address, and an address has no ports.',
    zh: 'bind() 把套接字登记到已绑定端口表（bhash）：这足以拒绝第二次 bind()，但仅此而已。tcp_v4_rcv() 从不查这张表。它调用 __inet_lookup_skb()，先查连接表（ehash），再查监听表（lhash2），而只有 listen() 才会把套接字放进监听表。两处都没有，于是走到 no_tcp_socket：校验和正确，由 tcp_v4_send_reset() 回应 RST/ACK。客户端处于 SYN_SENT，收到确认了自己 SYN 的 RST（tcp_rcv_synsent_state_process、tcp_reset），connect() 便返回 ECONNREFUSED。ping 与这一切无关：icmp_echo() 在内核中针对地址作答，而地址没有端口。',
  },
  next: [
    {
      en: 'Open http://192.0.2.2:8888/ in a browser inside the lab: Chromium says ERR_CONNECTION_REFUSED.',
      zh: '在实验环境里用浏览器打开 http://192.0.2.2:8888/：Chromium 显示 ERR_CONNECTION_REFUSED。',
    },
    {
      en: 'Drop the SYN on the server instead (iptables -A INPUT -p tcp --dport 8888 -j DROP): connect() now waits for minutes. A refusal is an answer.',
      zh: '改为在服务器上丢弃 SYN（iptables -A INPUT -p tcp --dport 8888 -j DROP）：connect() 会等上几分钟。拒绝也是一种回答。',
    },
    {
      en: 'Connections can be made without listen(): see raw-listen, self-connect and simultaneous-open.',
      zh: '不调用 listen() 也能建立连接：见 raw-listen、self-connect 和 simultaneous-open。',
    },
  ],
  byHand: [
    {
      host: 'server',
      line: `timeout 20 perl -MSocket -e 'socket S, AF_INET, SOCK_STREAM, 0; bind S, pack_sockaddr_in(8888, inet_aton "192.0.2.2"); $| = 1; print "bound\\n"; sleep 20' & sleep 1`,
      prints: 'bound',
    },
    { host: 'server', line: 'timeout 3 nc -l 192.0.2.2 8888', prints: 'Address already in use' },
    { host: 'server', line: 'ss -Htan sport = :8888 | wc -l', prints: '^0$' },
    { host: 'client', line: 'ping -c 1 192.0.2.2', prints: '1 received' },
    { host: 'client', line: 'nc -v -w 2 192.0.2.2 8888', prints: 'Connection refused' },
    { host: 'client', line: 'curl -sS http://192.0.2.2:8888/', prints: 'curl: \\(7\\)' },
  ],
  claims: [
    {
      text: { en: 'When nobody listens on a server, ping fails.', zh: '服务器上没有程序监听时，ping 会失败。' },
      verdict: 'wrong',
      because: {
        en: "Ping asks the host, not a program: the kernel's ICMP answers for the address. The same server refused a SYN in the same millisecond.",
        zh: 'ping 问的是主机，不是程序：内核的 ICMP 为该地址作答。同一台服务器在同一毫秒内拒绝了 SYN。',
      },
    },
    {
      text: { en: 'A port that is bound is open.', zh: '端口绑定之后就是开放的。' },
      verdict: 'wrong',
      because: {
        en: 'The port is taken, and yet the SYN finds no socket. What opens a port is listen().',
        zh: '端口已被占用，SYN 却找不到套接字。开放端口的是 listen()。',
      },
    },
  ],
  world: { listening: false, answersEcho: true },
  observe: (options, { listening, answersEcho }) =>
    observe(options, async (bench) => {
      const { client, server } = bench.lab;
      const { dst, dstPort } = bench.flow;
      if (!answersEcho) setSysctls(server.netns, IGNORE_ECHO);
      const bind = () => bindWithoutListening(server.netns, dst, dstPort);
      if (listening) await server.listen(bench.family, dstPort, (socket) => socket.end());
      else bench.leases.add(bind());
      const secondBind = callResult(() => {
        bind().close();
      });
      const listed = await linesOfSs(bench, 'server', '-tan', 'sport', '=', `:${dstPort}`);

      bench.scene({ en: 'an echo request and a SYN by hand', zh: '手工发送回显请求和 SYN' });
      const owner = bench.lookup('server');
      const hand = bench.byHand('client');
      sendEchoRequest(hand);
      hand.send('S 0:0(0) win 64240 <mss 1460>');
      const answer = await hand.answer();
      // The echo request went first: with the SYN answered, its own answer has passed, or there is none.
      const ping = hasAnsweredEcho(bench, 'server');

      bench.scene({ en: 'a program calls connect()', zh: '程序调用 connect()' });
      const socket = client.connect({ ...bench.flow, srcPort: 0 });
      bench.leases.defer(() => socket.destroy());
      const program = await connectResult(socket);
      bench.scene({ en: 'curl', zh: 'curl' });
      const curl = await curlStatus(bench);
      return {
        ...{ secondBind, listed: listed?.length, owner, ping, answer, program, curl },
        reason: resetReasons(bench, 'server'),
        path: resetPath(bench, 'server'),
      };
    }),
};

const IGNORE_ECHO = { 'net.ipv4.icmp_echo_ignore_all': 1, 'net.ipv6.icmp.echo_ignore_all': 1 };

async function curlStatus(bench: Bench): Promise<number | undefined> {
  const { dst, dstPort } = bench.flow;
  const url = `http://${dst.includes(':') ? `[${dst}]` : dst}:${dstPort}/`;
  const argv = ['curl', '-q', '-sS', '--noproxy', '*', '--max-time', '5', url] as const; // -q: no ~/.curlrc
  const result = await runTool(bench.lab.client, argv, bench.signal);
  if (result === undefined) bench.lacks(notInstalled('curl'));
  return result?.status ?? undefined;
}
