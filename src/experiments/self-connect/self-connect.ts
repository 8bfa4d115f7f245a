/** One kernel socket connected to itself: the same address and port on both ends. RFC 9293 §3.5; tcp_rcv_synsent_state_process. */
import { monotonicNow } from '../../linux/libc/clock.js';
import { endpoint } from '../../wire/flow.js';
import type { Experiment } from '../experiment.js';
import { joiningCalls, statesTraced } from '../../lab/bench/kernel-history.js';
import { startProgram } from '../../lab/bench/program.js';
import { segmentsOf } from '../../lab/bench/segments.js';
import { observe } from '../observe.js';

type Fact = 'outcome' | 'segments' | 'link' | 'entries' | 'owner' | 'listeners' | 'echo' | 'states' | 'calls';

interface World {
  /** Whether the socket connects to the very port that it is bound to, and not to the next one. */
  readonly toItself: boolean;
}

const TEXT = 'Hello, myself~';
const ENDS = { 4: endpoint('192.0.2.1', 41000), 6: endpoint('2001:db8::1', 41000) };

export const selfConnect: Experiment<Fact, World> = {
  id: 'self-connect',
  title: { en: 'A socket connected to itself', zh: '与自己相连的套接字' },
  claim: {
    en: 'One socket can be both ends of a connection: it connects to its own address and port, and nobody listens.',
    zh: '一个套接字可以同时是连接的两端：它连接自己的地址和端口，而没有任何人在监听。',
  },
  steps: [
    {
      en: 'A program on the client makes one socket, binds it to the host’s address and port 41000, and connects it to that same address and port.',
      zh: '客户端上的程序创建一个套接字，绑定到本机地址的 41000 端口，再让它连接这同一个地址和端口。',
    },
    { en: `It writes “${TEXT}” and reads.`, zh: `它写入“${TEXT}”，然后读取。` },
    {
      en: 'The loopback and the link are captured, the socket table is read, and the system calls are looked through for listen().',
      zh: '同时在环回接口和链路上抓包，读取套接字表，并在系统调用里寻找 listen()。',
    },
  ],
  facts: {
    outcome: { what: { en: 'what connect() says', zh: 'connect() 的结果' }, expected: 'connected' },
    segments: {
      what: { en: 'the handshake on the loopback', zh: '环回接口上的握手' },
      expected: ['S 0:0(0)', 'S. 0:0(0) ack 1', '. 1:1(0) ack 1'],
    },
    link: { what: { en: 'packets on the link to the server', zh: '通往服务器的链路上的报文数' }, expected: 0 },
    entries: {
      what: { en: 'the host’s whole socket table', zh: '主机的整个套接字表' },
      expected: { 4: [`${ENDS[4]} ${ENDS[4]} ESTABLISHED`], 6: [`${ENDS[6]} ${ENDS[6]} ESTABLISHED`] },
    },
    owner: {
      what: { en: 'who owns the four-tuple with equal ends', zh: '两端相同的四元组归谁' },
      expected: 'ESTABLISHED',
    },
    listeners: { what: { en: 'listeners on the host', zh: '主机上的监听者数' }, expected: 0 },
    echo: { what: { en: 'what the socket reads back', zh: '套接字读回的内容' }, expected: TEXT },
    states: {
      what: { en: 'states of the one socket, as the kernel says', zh: '内核说出的这一个套接字的状态' },
      expected: ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED'],
    },
    calls: { what: { en: 'the program’s system calls', zh: '程序的系统调用' }, expected: ['bind', 'connect'] },
  },
  explanation: {
    en: 'tcp_v4_connect() enters the socket into the table of connections (ehash), in SYN_SENT, before its SYN leaves. The route to an address of one’s own leads over lo, so the SYN comes straight back to tcp_v4_rcv(), and __inet_lookup_established() finds for it the very socket that sent it: swapping two equal ends changes nothing. A SYN in SYN_SENT is simultaneous open (tcp_rcv_synsent_state_process): the socket goes to SYN_RECV and sends SYN/ACK, to itself again, and that one acknowledges its own SYN: ESTABLISHED. The third packet says once more what is known: the SYN in the SYN/ACK was there already, so it is acknowledged as a duplicate (before Linux 6.11: by a challenge ACK). What is written goes to the receive queue of the socket that wrote it.',
    zh: 'tcp_v4_connect() 在 SYN 发出之前，就以 SYN_SENT 状态把套接字放进了连接表（ehash）。到自己地址的路由走 lo，所以 SYN 立刻回到 tcp_v4_rcv()，而 __inet_lookup_established() 为它找到的正是发出它的那个套接字：两端相同，互换之后还是一样。在 SYN_SENT 收到 SYN 就是同时打开（tcp_rcv_synsent_state_process）：套接字进入 SYN_RECV，发出 SYN/ACK，又发给自己；这个 SYN/ACK 确认了它自己的 SYN，于是 ESTABLISHED。第三个报文没有说出新东西：SYN/ACK 里的 SYN 早已收到，所以当作重复再确认一次（Linux 6.11 之前是一个质询 ACK）。写入的数据进入写它的那个套接字自己的接收队列。',
  },
  next: [
    {
      en: 'Close it and look at the table: FIN_WAIT1, CLOSING, TIME_WAIT: it closes with itself simultaneously, too.',
      zh: '关闭它，再看套接字表：FIN_WAIT1、CLOSING、TIME_WAIT：关闭时它与自己也是同时关闭。',
    },
    {
      en: 'Write more than the receive queue and the send queue hold, without reading: the program waits for itself for ever.',
      zh: '只写不读，直到写满发送队列和接收队列：程序将永远等待自己。',
    },
  ],
  byHand: [
    {
      host: 'client',
      line: "(echo 'Hello, myself~'; sleep 1) | timeout 5 nc -N -p 41000 -s 192.0.2.1 192.0.2.1 41000 & sleep 0.4",
      prints: 'Hello, myself~',
    },
    { host: 'client', line: 'ss -tan', prints: 'ESTAB.*192\\.0\\.2\\.1:41000 +192\\.0\\.2\\.1:41000' },
    { host: 'client', line: 'wait' },
  ],
  claims: [
    {
      text: { en: 'Self-connect is a special case of simultaneous open.', zh: '自连接是同时打开的特例。' },
      verdict: 'confirmed',
      because: {
        en: 'In SYN_SENT the socket receives a SYN, its own, goes to SYN_RECV, and answers SYN/ACK: the states and the segments of simultaneous open, each once instead of twice.',
        zh: '套接字在 SYN_SENT 收到一个 SYN（它自己的），进入 SYN_RECV，回答 SYN/ACK：正是同时打开的状态和报文，只是各出现一次而不是两次。',
      },
    },
    {
      text: { en: 'A connection has two sockets.', zh: '一个连接有两个套接字。' },
      verdict: 'refined',
      because: {
        en: 'It has two ends. Where both are the same address and port, one socket is both, and the table has one entry.',
        zh: '它有两端。两端的地址和端口都相同时，一个套接字就是两端，表中只有一项。',
      },
    },
  ],
  world: { toItself: true },
  observe: (options, { toItself }) =>
    observe(options, async (bench) => {
      bench.watchLoopback('client');
      const { src, srcPort } = bench.flow;
      const flow = { src, srcPort, dst: src, dstPort: toItself ? srcPort : srcPort + 1 };
      const startedAt = monotonicNow();
      const { outcome, socket, reads } = startProgram(bench, 'client', flow);
      const said = await outcome;
      const handshake = segmentsOf(bench.packets(), flow).slice(0, 3);
      const table = bench.sockets('client');
      const owner = bench.lookup('client', flow);
      if (said === 'connected') socket.write(TEXT);
      const echo = said === 'connected' ? await reads(TEXT.length) : '';
      return {
        outcome: said,
        segments: handshake,
        link: bench.packets().filter(({ from, to }) => to !== from).length,
        entries: table.map((row) => `${endpoint(row.src, row.srcPort)} ${endpoint(row.dst, row.dstPort)} ${row.state}`),
        owner,
        listeners: table.filter(({ state }) => state === 'LISTEN').length,
        echo,
        states: statesTraced(bench.kernelEvents(), 'client', flow),
        calls: joiningCalls(bench.systemCalls(process.pid, startedAt)),
      };
    }),
};
