/** An ordinary client reaches a port on which nothing listens: its SYN is answered by hand. RFC 9293 §3.10.7.2. */
import type { Socket } from 'node:net';
import { once } from 'node:events';
import type { Experiment } from '../experiment.js';
import type { Endpoint } from '../../lab/bench/endpoint.js';
import { resetReasons } from '../../lab/bench/kernel-words.js';
import { connectResult } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { linesOfSs } from '../../lab/bench/tool.js';

type Fact = 'unfiltered' | 'late' | 'listeners' | 'owner' | 'filtered' | 'received' | 'replied' | 'reasons';

interface World {
  /** Whether the filter is installed for the second try. */
  readonly filter: boolean;
}

export const rawListen: Experiment<Fact, World> = {
  id: 'raw-listen',
  title: { en: 'Connected to a port on which nothing listens', zh: '连接到没有监听的端口' },
  claim: {
    en: "An ordinary program connects to a port on which no socket listens, if somebody answers its SYN by hand and a filter keeps the kernel's RST away.",
    zh: '只要有人手工回应 SYN，并用过滤器拦住内核的 RST，普通程序就能连接到没有套接字监听的端口。',
  },
  steps: [
    {
      en: 'Nothing listens on the server. A raw socket waits for SYNs to port 8888; no filter. A program on the client calls connect(); the SYN is answered SYN/ACK by hand.',
      zh: '服务器上没有任何监听。一个原始套接字等待发往端口 8888 的 SYN，没有过滤器。客户端程序调用 connect()，手工用 SYN/ACK 回应它的 SYN。',
    },
    {
      en: 'The same with a filter on the server.',
      zh: '在服务器上装好过滤器，再做一次。',
    },
    {
      en: 'The program sends "hello" and gets it back; both sides close.',
      zh: '程序发送“hello”并收到回送；双方关闭连接。',
    },
  ],
  facts: {
    unfiltered: {
      what: { en: 'connect() without a filter', zh: '没有过滤器时的 connect()' },
      expected: 'ECONNREFUSED',
    },
    late: { what: { en: 'what the late SYN/ACK gets', zh: '迟到的 SYN/ACK 得到' }, expected: 'R 1:1(0)' },
    listeners: { what: { en: 'listeners that ss shows on the server', zh: 'ss 显示的服务器监听者数' }, expected: 0 },
    owner: { what: { en: 'who owns the four-tuple there', zh: '服务器上四元组归谁' }, expected: 'none' },
    filtered: { what: { en: 'connect() with the filter', zh: '有过滤器时的 connect()' }, expected: 'connected' },
    received: { what: { en: 'what arrives by hand', zh: '手工一侧收到' }, expected: 'P. 1:6(5) ack 1' },
    replied: { what: { en: 'what the program gets back', zh: '程序收到的回送' }, expected: 'hello' },
    reasons: {
      what: { en: "the server's kernel on its RSTs", zh: '服务器内核给出的 RST 原因' },
      expected: ['NO_SOCKET'],
    },
  },
  explanation: {
    en: 'The kernel gives every TCP segment to the raw sockets first (raw_local_deliver), and then to tcp_v4_rcv() as if there were none. That finds no socket for the SYN and answers RST/ACK within microseconds, before any program has been woken: connect() returns ECONNREFUSED, and the SYN/ACK by hand comes to a socket that is gone. With the RST dropped on its way out, the only answer is ours. To the client it makes no difference who wrote a segment: tcp_rcv_synsent_state_process() checks that its SYN is acknowledged, and the connection is ESTABLISHED. On the server there is no socket before, during or after; what listen() does for other programs is done here by a program that reads and writes packets.',
    zh: '内核收到 TCP 报文段时，先交给原始套接字（raw_local_deliver），再照常交给 tcp_v4_rcv()，就像没有原始套接字一样。后者为 SYN 找不到套接字，在几微秒内回应 RST/ACK，比唤醒任何程序都早：connect() 返回 ECONNREFUSED，手工的 SYN/ACK 到达时套接字已经不在了。RST 在出去的路上被丢弃之后，唯一的回答就是我们的。对客户端来说，报文段由谁写的没有区别：tcp_rcv_synsent_state_process() 只检查自己的 SYN 是否得到确认，然后进入 ESTABLISHED。服务器上自始至终没有套接字；listen() 为别的程序所做的事，这里由一个收发报文的程序完成。',
  },
  next: [
    {
      en: 'rawshake listen 8080 --http DIR: a browser shows a page from a port on which nothing listens.',
      zh: 'rawshake listen 8080 --http DIR：浏览器显示来自无监听端口的网页。',
    },
    {
      en: 'A scanner finds the port open. What would a scanner have to do to notice?',
      zh: '扫描器会认为端口开放。它要怎样才能察觉？',
    },
  ],
  byHand: [
    { host: 'client', line: 'nc -v -w 2 192.0.2.2 8888', prints: 'Connection refused' },
    { host: 'server', line: 'iptables -t raw -I OUTPUT -p tcp --sport 8888 --tcp-flags RST RST -j DROP' },
    { host: 'client', line: 'nc -v -w 2 192.0.2.2 8888', prints: 'timed out' },
    { host: 'server', line: 'iptables -t raw -L OUTPUT -nvx', prints: '[1-9]\\d* +[1-9]\\d* DROP' },
    { host: 'server', line: 'ss -Htln | wc -l', prints: '^0$' },
  ],
  claims: [
    {
      text: {
        en: 'Without listen() no TCP connection can come about.',
        zh: '没有 listen()，就不可能建立 TCP 连接。',
      },
      verdict: 'wrong',
      because: {
        en: 'Here a kernel client is connected while ss shows no listener on the server, and data goes to and fro. (Two kernel sockets can do without listen() too: see simultaneous-open and self-connect.)',
        zh: '这里 ss 显示服务器上没有监听者，而内核客户端已连接，数据来回传送。（两个内核套接字之间也可以不用 listen()：见 simultaneous-open 和 self-connect。）',
      },
    },
  ],
  world: { filter: true },
  observe: (options, { filter }) =>
    observe(options, async (bench) => {
      bench.scene({ en: 'without a filter', zh: '没有过滤器' });
      const first = await answeredByHand(bench);
      const late = await first.hand.answer();

      bench.scene({ en: 'with the filter', zh: '有过滤器' });
      if (filter) bench.filter('server');
      const { hand, socket, result: filtered } = await answeredByHand(bench);
      const listeners = (await linesOfSs(bench, 'server', '-tln'))?.length;
      const owner = bench.lookup('server');
      const observed = { unfiltered: first.result, late, listeners, owner, filtered };
      const spoken = filtered === 'connected' ? await converse(hand, socket) : { received: '', replied: '' };
      return { ...observed, ...spoken, reasons: resetReasons(bench, 'server') };
    }),
};

/** A program connects, and its SYN is answered by hand. */
async function answeredByHand(bench: Bench): Promise<{ hand: Endpoint; socket: Socket; result: string }> {
  const hand = bench.byHand('server');
  const socket = bench.lab.client.connect(bench.flow);
  bench.leases.defer(() => socket.destroy());
  const result = connectResult(socket);
  await hand.next();
  hand.send('S. 0:0(0) ack 1 win 64240 <mss 1460>');
  return { hand, socket, result: await result };
}

/** "hello" to the hand-made side and back, then an orderly close. */
async function converse(hand: Endpoint, socket: Socket): Promise<{ received: string; replied: string }> {
  await hand.next(); // the ACK of the handshake
  socket.write('hello');
  const data = await hand.next();
  hand.send('P. 1:6(5) ack 6 win 64240', { payload: data.payload });
  const [replied] = (await once(socket, 'data')) as [Buffer];
  socket.end();
  await hand.expect('F. 6:6(0) ack 6', { skip: true });
  hand.send('F. 6:6(0) ack 7 win 64240');
  await hand.next();
  return { received: hand.say(data), replied: replied.toString() };
}
