/** Handshakes beyond the accept queue: the last ACK is dropped, one end established, the other not. tcp_v4_syn_recv_sock. */
import type { SocketRow } from '../../evidence/socket-table.js';
import { setSysctls } from '../../linux/namespace/sysctl.js';
import { listenWithoutAccepting, type PatientListener } from '../../linux/port/kernel-socket.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import type { RelayLab } from '../../lab/lab.js';
import type { Experiment, Observed } from '../experiment.js';
import { type Program, startProgram } from '../../lab/bench/program.js';
import { segmentsOf } from '../../lab/bench/segments.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observeRelayed } from '../observe.js';

type Fact =
  'naive' | 'naiveDropped' | 'clients' | 'ends' | 'queue' | 'overflows' | 'again' | 'healed' | 'abort' | 'abortError';

interface World {
  /** What the server gives to listen(). */
  readonly backlog: number;
}

export const acceptQueue: Experiment<Fact, World> = {
  id: 'accept-queue',
  title: { en: 'The ACK that finds no room', zh: '找不到位置的 ACK' },
  claim: {
    en: 'A handshake whose last ACK meets a full accept queue leaves the client connected and the server half-open.',
    zh: '握手的最后一个 ACK 若遇到满的 accept 队列，客户端就以为已连接，而服务器仍停在半开。',
  },
  steps: [
    {
      en: 'The naive try: the server listens with a backlog of 2 and never accepts; three clients connect, then five more. Their SYNs are dropped already, and no handshake gets as far as its ACK.',
      zh: '朴素的尝试：服务器以 backlog 2 监听，从不 accept；三个客户端连上，再来五个。后者的 SYN 就已被丢弃，没有哪个握手能走到 ACK。',
    },
    {
      en: 'So, in two phases: one client connects. Then three more do, and the link holds their ACKs back: their SYNs found room, for the queue was not full yet.',
      zh: '所以分两个阶段：先有一个客户端连上。再来三个，而链路扣住它们的 ACK：它们的 SYN 找到了位置，因为那时队列还没满。',
    },
    {
      en: 'The three ACKs pass. Two find room, the third does not.',
      zh: '放行三个 ACK。两个找到位置，第三个没有。',
    },
    {
      en: 'The server accepts one connection, and we wait until SYN/ACK comes again: one second after the SYN, a constant of the kernel (TCP_TIMEOUT_INIT).',
      zh: '服务器 accept 一个连接；然后等待 SYN/ACK 再次到来：SYN 之后一秒，这是内核的常量（TCP_TIMEOUT_INIT）。',
    },
    {
      en: 'Once more, with net.ipv4.tcp_abort_on_overflow=1.',
      zh: '再来一次，这回设置 net.ipv4.tcp_abort_on_overflow=1。',
    },
  ],
  facts: {
    naive: {
      what: { en: 'eight clients, as their kernel sees them', zh: '八个客户端，在它们的内核看来' },
      expected: ['3 ESTABLISHED', '5 SYN_SENT'],
    },
    naiveDropped: { what: { en: 'SYNs that the listener dropped', zh: '监听者丢弃的 SYN 数' }, expected: 5 },
    clients: {
      what: { en: 'what the four connect() say in two phases', zh: '分两个阶段时，四次 connect() 的结果' },
      expected: ['connected', 'connected', 'connected', 'connected'],
    },
    ends: {
      what: { en: 'the two ends of each of the four', zh: '四个连接各自的两端' },
      expected: [...Array<string>(3).fill('ESTABLISHED ESTABLISHED'), 'ESTABLISHED SYN_RECV'],
    },
    queue: { what: { en: 'connections that wait for accept()', zh: '等待 accept() 的连接数' }, expected: 3 },
    overflows: { what: { en: 'ACKs that found the queue full', zh: '遇到队列已满的 ACK 数' }, expected: 1 },
    again: {
      what: { en: 'what the server sends to the fourth', zh: '服务器发给第四个客户端的报文段' },
      expected: ['S. 0:0(0) ack 1', 'S. 0:0(0) ack 1'],
    },
    healed: {
      what: {
        en: 'its two ends, once there is room and SYN/ACK has come again',
        zh: '有了位置、SYN/ACK 又来过之后，它的两端',
      },
      expected: 'ESTABLISHED ESTABLISHED',
    },
    abort: {
      what: {
        en: 'the answer to such an ACK with tcp_abort_on_overflow=1',
        zh: 'tcp_abort_on_overflow=1 时对这种 ACK 的回答',
      },
      expected: 'R 1:1(0)',
    },
    abortError: { what: { en: 'what that program learns', zh: '那个程序得知' }, expected: 'ECONNRESET' },
  },
  explanation: {
    en: 'A SYN that meets a listener whose accept queue is full is dropped (tcp_conn_request, sk_acceptq_is_full: more wait than the backlog, so 3 fit into 2). An ACK meets the half-open entry instead: tcp_check_req() asks tcp_v4_syn_recv_sock() for a full socket, which refuses for the same reason and counts ListenOverflows. The ACK is forgotten, the entry stays (it is marked: acked), and its timer sends SYN/ACK again; the client, ESTABLISHED since the first one, answers each with an ACK, and the first of them that finds room completes the handshake. With tcp_abort_on_overflow=1 the refusal is a RST, with the number that the ACK asked for.',
    zh: 'SYN 若遇到 accept 队列已满的监听者，就被丢弃（tcp_conn_request、sk_acceptq_is_full：等待者多于 backlog 才算满，所以 2 能容下 3）。ACK 遇到的却是半开条目：tcp_check_req() 向 tcp_v4_syn_recv_sock() 要一个完整的套接字，后者因同样的原因拒绝，并计入 ListenOverflows。ACK 就此被忘掉，条目留下（带上 acked 标记），它的定时器重发 SYN/ACK；客户端早在第一个 SYN/ACK 时已是 ESTABLISHED，对每一个都回答 ACK，其中第一个找到位置的完成握手。若 tcp_abort_on_overflow=1，拒绝就是一个 RST，序号正是 ACK 所要的那个。',
  },
  next: [
    {
      en: 'Let the fourth client write: its data is dropped like its ACK, and sent again, and again.',
      zh: '让第四个客户端写数据：数据与 ACK 一样被丢弃，于是一次次重发。',
    },
    {
      en: 'nstat -az TcpExtListenOverflows TcpExtListenDrops on your own servers: whether this happens to them.',
      zh: '在自己的服务器上看 nstat -az TcpExtListenOverflows TcpExtListenDrops：是否也发生过。',
    },
  ],
  byHand: [
    // nc listens with a backlog of 1, so two fit; it is stopped for five seconds and accepts nobody.
    {
      host: 'server',
      line: "timeout 12 bash -c 'nc -l -k 192.0.2.2 8890 & sleep 0.3; kill -STOP $!; sleep 5; kill -CONT $!; sleep 0.5; kill $!' & sleep 0.6",
    },
    { host: 'client', line: 'timeout 5 nc -d 192.0.2.2 8890 & sleep 0.3' },
    { host: 'client', line: 'iptables -t raw -A OUTPUT -p tcp --dport 8890 --tcp-flags ALL ACK -j DROP' },
    {
      host: 'client',
      line: 'for i in 1 2; do timeout 4 nc -d 192.0.2.2 8890 & done; sleep 0.3; ss -tan',
      prints: '(ESTAB.*\\s+){3}',
    },
    { host: 'server', line: 'ss -tan', prints: 'SYN-RECV[^]*SYN-RECV' },
    { host: 'client', line: 'iptables -t raw -F OUTPUT; sleep 1.5' },
    { host: 'server', line: 'ss -tan', prints: 'LISTEN +[23] +1 .*:8890' },
    { host: 'client', line: 'ss -tan; wait', prints: '(ESTAB.*\\s+){3}' },
    { host: 'server', line: 'wait' },
  ],
  claims: [
    {
      text: {
        en: 'backlog is how many connections fit into the accept queue.',
        zh: 'backlog 就是 accept 队列能容纳的连接数。',
      },
      verdict: 'refined',
      because: {
        en: 'One more fits: it counts as full when more wait than the backlog. And somaxconn caps it.',
        zh: '还能多容纳一个：等待者多于 backlog 才算满。另外它还受 somaxconn 限制。',
      },
    },
    {
      text: {
        en: 'When the accept queue is full, the client’s last ACK is dropped, and the client waits in SYN_SENT.',
        zh: 'accept 队列满时，客户端最后的 ACK 被丢弃，客户端停在 SYN_SENT。',
      },
      verdict: 'wrong',
      because: {
        en: 'Two cases are mixed up. Where the queue is full already, the SYN is dropped: SYN_SENT. Where it fills between SYN and ACK, the ACK is dropped, and the client is ESTABLISHED.',
        zh: '这混淆了两种情形。队列已经满时，丢弃的是 SYN：SYN_SENT。在 SYN 与 ACK 之间才满的，丢弃的是 ACK，而客户端已是 ESTABLISHED。',
      },
    },
    {
      text: { en: 'A client that is connected has a connected server.', zh: '客户端已连接，服务器也就已连接。' },
      verdict: 'wrong',
      because: {
        en: 'The client is ESTABLISHED with the SYN/ACK; the server only with the ACK, if it takes it.',
        zh: '客户端收到 SYN/ACK 就是 ESTABLISHED；服务器要收到 ACK 才是，而且还得收下它。',
      },
    },
  ],
  world: { backlog: 2 },
  observe: (options, { backlog }) =>
    observeRelayed(options, async (bench) => {
      // The kernel's choice of a port; reserved ones are none.
      const flow = { ...bench.flow, srcPort: 0 };
      const naive = await allAtOnce(bench, { ...flow, dstPort: flow.dstPort + 1 }, backlog);
      return { ...naive, ...(await inTwoPhases(bench, flow, backlog)) };
    }),
};

const listen = ({ lab, leases }: Bench<RelayLab>, { dst, dstPort }: Flow, backlog: number): PatientListener =>
  leases.add(listenWithoutAccepting(lab.server.netns, dst, dstPort, backlog));

async function allAtOnce(
  bench: Bench<RelayLab>,
  flow: Flow,
  backlog: number,
): Promise<Pick<Observed<Fact>, 'naive' | 'naiveDropped'>> {
  bench.scene({ en: 'eight clients connect', zh: '八个客户端连接' });
  listen(bench, flow, backlog);
  for (let i = 0; i < 3; i++) await startProgram(bench, 'client', flow).outcome;
  const late = Array.from({ length: 5 }, () => startProgram(bench, 'client', flow));
  await everythingArrives(bench);
  const states = bench.sockets('client').flatMap((row) => (row.dstPort === flow.dstPort ? [row.state] : []));
  for (const { socket } of late) socket.destroy();
  return {
    naive: [...new Set(states)].sort().map((state) => `${states.filter((other) => other === state).length} ${state}`),
    naiveDropped: bench.counters('server')['TcpExtListenDrops'] ?? 0,
  };
}

async function inTwoPhases(
  bench: Bench<RelayLab>,
  flow: Flow,
  backlog: number,
): Promise<Omit<Observed<Fact>, 'naive' | 'naiveDropped'>> {
  bench.scene({ en: 'first the SYNs, then the ACKs', zh: '先是 SYN，再是 ACK' });
  const listener = listen(bench, flow, backlog);
  const overflowsBefore = overflows(bench);
  const first = startProgram(bench, 'client', flow);
  await first.outcome;
  // Connected by the SYN/ACK: its own ACK is to be in the queue before any is held.
  await everythingArrives(bench);
  const programs = [first, ...(await lastAcksTogether(bench, flow, 3))];
  const seen = {
    clients: await Promise.all(programs.map(({ outcome }) => outcome)),
    ends: programs.map((program) => endsOf(bench, flow, program)),
    queue: bench.sockets('server').find(isListener(flow))?.receiveQueue ?? 0,
    overflows: overflows(bench) - overflowsBefore,
  };

  bench.scene({ en: 'there is room again', zh: '又有了位置' });
  const unlucky = flowOf(flow, programs.at(-1));
  bench.leases.add(listener.accept() ?? { close: () => undefined });
  const sent = (): readonly string[] => segmentsOf(bench.packets(), reverseFlow(unlucky));
  if (bench.lookup('server', reverseFlow(unlucky)) === 'SYN_RECV') {
    await bench.until('SYN/ACK to come again', () => sent().length >= 2);
    await everythingArrives(bench);
  }
  const healed = endsOf(bench, flow, programs.at(-1));
  const again = sent().slice(0, 2);

  bench.scene({ en: 'tcp_abort_on_overflow=1', zh: 'tcp_abort_on_overflow=1' });
  setSysctls(bench.lab.server.netns, { 'net.ipv4.tcp_abort_on_overflow': 1 });
  bench.leases.add(listener.accept() ?? { close: () => undefined });
  const last = (await lastAcksTogether(bench, flow, 2)).at(-1);
  const answers = segmentsOf(bench.packets(), reverseFlow(flowOf(flow, last)));
  const isReset = bench.lookup('client', flowOf(flow, last)) === 'none';
  if (isReset) await last?.reads(1);
  return { ...seen, again, healed, abort: answers[1] ?? 'none', abortError: last?.error() ?? 'none' };
}

/** So many clients connect; their last ACKs are held until all are out, and then pass together. */
async function lastAcksTogether(bench: Bench<RelayLab>, flow: Flow, count: number): Promise<readonly Program[]> {
  const { relay } = bench.lab;
  relay.hold({ direction: 'client-to-server', tcp: { flags: '.', dstPort: flow.dstPort } });
  const programs = Array.from({ length: count }, () => startProgram(bench, 'client', flow));
  await Promise.all(programs.map(({ outcome }) => outcome));
  await relay.untilHeld(count, bench.signal);
  relay.release();
  await everythingArrives(bench);
  return programs;
}

/** Returns when all that was sent before has been dealt with: a SYN to nobody, sent after it, has its answer. */
async function everythingArrives(bench: Bench<RelayLab>): Promise<void> {
  await startProgram(bench, 'client', { ...bench.flow, srcPort: 0, dstPort: bench.flow.dstPort - 1 }).outcome;
}

const overflows = (bench: Bench<RelayLab>): number => bench.counters('server')['TcpExtListenOverflows'] ?? 0;

const isListener =
  ({ dstPort }: Flow) =>
  ({ state, srcPort }: SocketRow): boolean =>
    state === 'LISTEN' && srcPort === dstPort;

/** With the port that the kernel has chosen for it. */
const flowOf = (flow: Flow, program: Program | undefined): Flow => ({ ...flow, srcPort: program?.port() ?? 0 });

/** The states of a connection in the client and in the server. */
function endsOf(bench: Bench<RelayLab>, flow: Flow, program: Program | undefined): string {
  const own = flowOf(flow, program);
  return `${bench.lookup('client', own)} ${bench.lookup('server', reverseFlow(own))}`;
}
