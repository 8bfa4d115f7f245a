/** Two kernel sockets that connect to each other, their SYNs crossing on the way. RFC 9293 §3.5, figure 8. */
import { monotonicNow } from '../../linux/libc/clock.js';
import { bindWithoutListening } from '../../linux/port/kernel-socket.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import type { RelayLab } from '../../lab/lab.js';
import type { Experiment, Observed } from '../experiment.js';
import { joiningCalls, statesTraced } from '../../lab/bench/kernel-history.js';
import { type Program, startProgram } from '../../lab/bench/program.js';
import { segmentsOf } from '../../lab/bench/segments.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observeRelayed } from '../observe.js';

type Fact =
  | 'naive'
  | 'naiveAnswer'
  | 'crossing'
  | 'outcomes'
  | 'clientSegments'
  | 'serverSegments'
  | 'listeners'
  | 'data'
  | 'clientStates'
  | 'serverStates'
  | 'calls';

interface World {
  /** Whether the server connects, too, and does not merely hold its port. */
  readonly bothConnect: boolean;
}

const HANDSHAKE = ['S 0:0(0)', 'S. 0:0(0) ack 1', '. 1:1(0) ack 1'];
const STATES = ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED'];

export const simultaneousOpen: Experiment<Fact, World> = {
  id: 'simultaneous-open',
  title: { en: 'Two that call each other', zh: '互相呼叫的两端' },
  claim: {
    en: 'Two sockets that connect to each other at the same time become one connection, and neither of them listens.',
    zh: '两个套接字同时连接对方，就成为一个连接，而双方都不监听。',
  },
  steps: [
    {
      en: 'The naive try: the server only binds its port, and the client connects. Then the server connects to the client’s port.',
      zh: '朴素的尝试：服务器只绑定端口，客户端去连接；然后服务器再连接客户端的端口。',
    },
    {
      en: 'Now each connects from its own port to the other’s. The link holds both SYNs until both are out, and then lets them pass: so they cross, every time.',
      zh: '现在双方各从自己的端口连接对方的端口。链路先扣住两个 SYN，等双方都已发出再放行：所以它们每次都会交错。',
    },
    {
      en: 'The two SYN/ACKs are held, too, while both socket tables are asked; then they pass.',
      zh: '两个 SYN/ACK 也先扣住，趁机查询双方的套接字表，然后放行。',
    },
    { en: 'The client writes “hello”, the server “world”.', zh: '客户端写入“hello”，服务器写入“world”。' },
  ],
  facts: {
    naive: {
      what: { en: 'one after the other: what the two connect() say', zh: '先后连接：两次 connect() 的结果' },
      expected: ['ECONNREFUSED', 'ECONNREFUSED'],
    },
    naiveAnswer: {
      what: { en: 'the answer of a port that is merely bound', zh: '只绑定的端口的回答' },
      expected: 'R. 0:0(0) ack 1',
    },
    crossing: {
      what: {
        en: 'states, client and server: SYNs under way, SYN/ACKs under way, after',
        zh: '状态（客户端 服务器）：SYN 在途、SYN/ACK 在途、之后',
      },
      expected: STATES.map((state) => `${state} ${state}`),
    },
    outcomes: {
      what: { en: 'what the two connect() say', zh: '两次 connect() 的结果' },
      expected: ['connected', 'connected'],
    },
    clientSegments: { what: { en: 'segments of the client', zh: '客户端的报文段' }, expected: HANDSHAKE },
    serverSegments: { what: { en: 'segments of the server', zh: '服务器的报文段' }, expected: HANDSHAKE },
    listeners: { what: { en: 'listeners on both hosts', zh: '两台主机上的监听者数' }, expected: 0 },
    data: { what: { en: 'what server and client read', zh: '服务器和客户端读到的数据' }, expected: ['hello', 'world'] },
    clientStates: {
      what: { en: 'states of the client’s socket, as its kernel says', zh: '客户端内核说出的套接字状态' },
      expected: STATES,
    },
    serverStates: {
      what: { en: 'states of the server’s socket, as its kernel says', zh: '服务器内核说出的套接字状态' },
      expected: STATES,
    },
    calls: {
      what: { en: 'system calls of the two programs', zh: '两个程序的系统调用' },
      expected: ['bind', 'bind', 'connect', 'connect'],
    },
  },
  explanation: {
    en: 'bind() keeps a port from others, and enters nothing into the tables that tcp_v4_rcv() looks into; so a SYN to it finds no socket, and RST is the answer. connect() enters the socket into ehash, with the whole four-tuple, in SYN_SENT. The SYN of the other side has just this four-tuple, the other way round, and finds it. tcp_rcv_synsent_state_process() takes a SYN without ACK for what it is: the state becomes SYN_RECV (on the full socket, not in a half-open entry, and so the kernel’s trace shows it), and SYN/ACK leaves, with the same initial number. The other side’s SYN/ACK acknowledges our SYN: ESTABLISHED. Four segments, says RFC 9293. Linux sends one ACK more on each side: the SYN in the SYN/ACK was there already, and a duplicate is acknowledged (before Linux 6.11: by a challenge ACK, and only this ACK brings the other side to ESTABLISHED).',
    zh: 'bind() 只是占住端口，并不在 tcp_v4_rcv() 要查的表里放任何东西；所以发到它的 SYN 找不到套接字，得到 RST。connect() 则以 SYN_SENT 状态、带着完整的四元组把套接字放进 ehash。对方的 SYN 的四元组恰好与它相反，于是找到它。tcp_rcv_synsent_state_process() 对不带 ACK 的 SYN 照章办理：状态变为 SYN_RECV（在完整的套接字上，而不是半开条目，所以内核跟踪能看见），并发出 SYN/ACK，初始序号不变。对方的 SYN/ACK 确认了我们的 SYN：ESTABLISHED。按 RFC 9293 是四个报文段。Linux 每边多发一个 ACK：SYN/ACK 里的 SYN 早已收到，重复的就要再确认（Linux 6.11 之前是质询 ACK，而且对方要靠它才进入 ESTABLISHED）。',
  },
  next: [
    {
      en: 'TCP hole punching is this: two hosts behind NATs connect to each other’s public address at the same time, each SYN opening its own NAT for the other’s.',
      zh: 'TCP 打洞就是这样：NAT 后面的两台主机同时连接对方的公网地址，各自的 SYN 为对方的 SYN 打开自己的 NAT。',
    },
    {
      en: 'Without the hold, try it by two shells: on a link of microseconds one SYN is always there before the other side’s connect().',
      zh: '不扣住 SYN，用两个终端试试：在只有微秒级延迟的链路上，总有一个 SYN 先于对方的 connect() 到达。',
    },
  ],
  byHand: [
    // Both SYNs are lost on arrival. When they are sent again, after a second, they meet sockets in SYN_SENT.
    { host: 'server', line: 'iptables -A INPUT -p tcp --syn -j DROP' },
    { host: 'client', line: 'iptables -A INPUT -p tcp --syn -j DROP' },
    {
      host: 'server',
      line: '(sleep 3; echo world; sleep 1) | timeout 8 nc -N -p 8888 -s 192.0.2.2 192.0.2.1 41002 & sleep 0.2; ss -tan',
      prints: 'SYN-SENT',
    },
    {
      host: 'client',
      line: '(sleep 3; echo hello; sleep 1) | timeout 8 nc -N -p 41002 -s 192.0.2.1 192.0.2.2 8888 & sleep 0.2; ss -tan',
      prints: 'SYN-SENT',
    },
    { host: 'server', line: 'iptables -F INPUT' },
    {
      host: 'client',
      line: 'iptables -F INPUT; sleep 1.5; ss -tan',
      prints: 'ESTAB.*192\\.0\\.2\\.1:41002 +192\\.0\\.2\\.2:8888',
    },
    { host: 'client', line: 'wait', prints: 'world' },
    { host: 'server', line: 'wait' },
  ],
  claims: [
    {
      text: {
        en: 'In simultaneous open each side, having received a SYN, sends its SYN again.',
        zh: '同时打开时，每一方收到 SYN 后会再发一次自己的 SYN。',
      },
      verdict: 'refined',
      because: {
        en: 'It sends SYN/ACK: SYN again, indeed, with the same initial number, and with the ACK of the other’s. RFC 9293 figure 8 shows the same.',
        zh: '它发的是 SYN/ACK：确实又是 SYN，初始序号不变，但带着对对方 SYN 的确认。RFC 9293 图 8 也是如此。',
      },
    },
    {
      text: {
        en: 'For simultaneous open it is enough that the other side has bound its port.',
        zh: '要同时打开，对方绑定了端口就够了。',
      },
      verdict: 'wrong',
      because: {
        en: 'A merely bound port answers RST. Both sockets must be in SYN_SENT when the SYNs arrive.',
        zh: '只绑定的端口回答 RST。SYN 到达时，双方的套接字都必须处于 SYN_SENT。',
      },
    },
    {
      text: {
        en: 'Simultaneous open yields two connections.',
        zh: '同时打开会产生两个连接。',
      },
      verdict: 'wrong',
      because: {
        en: 'One connection: both SYNs belong to the same four-tuple, and each host has one entry for it.',
        zh: '只有一个连接：两个 SYN 属于同一个四元组，每台主机上只有一项。',
      },
    },
  ],
  world: { bothConnect: true },
  observe: (options, { bothConnect }) =>
    observeRelayed(options, async (bench) => {
      const naive = await oneAfterTheOther(bench, { ...bench.flow, dstPort: bench.flow.dstPort + 1 });
      bench.scene({ en: 'both at once', zh: '双方同时' });
      return { ...naive, ...(await bothAtOnce(bench, bothConnect)) };
    }),
};

async function oneAfterTheOther(bench: Bench, flow: Flow): Promise<Pick<Observed<Fact>, 'naive' | 'naiveAnswer'>> {
  bench.scene({ en: 'the server has only bound its port', zh: '服务器只绑定了端口' });
  const bound = bindWithoutListening(bench.lab.server.netns, flow.dst, flow.dstPort);
  const first = await startProgram(bench, 'client', flow).outcome;
  bound.close();
  const second = await startProgram(bench, 'server', reverseFlow(flow)).outcome;
  return { naive: [first, second], naiveAnswer: segmentsOf(bench.packets(), reverseFlow(flow))[0] ?? 'none' };
}

async function bothAtOnce(
  bench: Bench<RelayLab>,
  bothConnect: boolean,
): Promise<Omit<Observed<Fact>, 'naive' | 'naiveAnswer'>> {
  const { flow, signal } = bench;
  const { relay, server } = bench.lab;
  const startedAt = monotonicNow();
  const states: string[] = [];
  const ask = (): void => {
    states.push(`${bench.lookup('client')} ${bench.lookup('server')}`);
  };
  relay.hold({ tcp: { flags: 'S' } });
  const programs = [startProgram(bench, 'client', flow)];
  if (bothConnect) programs.push(startProgram(bench, 'server', reverseFlow(flow)));
  else bench.leases.add(bindWithoutListening(server.netns, flow.dst, flow.dstPort));
  await relay.untilHeld(programs.length, signal);
  ask();
  const crossing = bothConnect ? relay.hold({ tcp: { flags: 'S.' } }) : undefined;
  for (const frame of relay.held) relay.pass(frame);
  if (crossing !== undefined) {
    await relay.untilHeld(2, signal);
    ask();
  }
  relay.release();
  const outcomes = await Promise.all(programs.map(({ outcome }) => outcome));
  ask();
  const calls = joiningCalls(bench.systemCalls(process.pid, startedAt));
  const data = await exchange(programs);
  const [events, packets] = [bench.kernelEvents(), bench.packets()];
  const listeners = [...bench.sockets('client'), ...bench.sockets('server')].filter(({ state }) => state === 'LISTEN');
  return {
    crossing: states,
    outcomes,
    clientSegments: segmentsOf(packets, flow).slice(0, 3),
    serverSegments: segmentsOf(packets, reverseFlow(flow)).slice(0, 3),
    listeners: listeners.length,
    data,
    clientStates: statesTraced(events, 'client', flow),
    serverStates: statesTraced(events, 'server', reverseFlow(flow)),
    calls,
  };
}

/** The client says hello, the server world; what the other of each has read. */
async function exchange([client, server]: readonly Program[]): Promise<readonly string[]> {
  if (client === undefined || server === undefined) return [];
  client.socket.write('hello');
  server.socket.write('world');
  return Promise.all([server.reads('hello'.length), client.reads('world'.length)]);
}
