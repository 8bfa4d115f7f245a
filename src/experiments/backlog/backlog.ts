/** The accept queue under load: what fits, what is lost, and that a longer queue is no faster program. sk_acceptq_is_full. */
import type { Experiment, Observed } from '../experiment.js';
import { startProgram } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { until } from '../../lab/until.js';
import { listenWithoutAccepting, type PatientListener } from '../../linux/port/kernel-socket.js';
import { hasSysctl, setSysctls } from '../../linux/namespace/sysctl.js';
import { TcpFlag } from '../../wire/index.js';
import type { BulkSummary } from '../../bulk/summary.js';
import { crowd, outcomesOf } from '../crowd.js';

type Fact =
  | 'filled'
  | 'synsDropped'
  | 'waiting'
  | 'alive'
  | 'late'
  | 'believed'
  | 'acknowledged'
  | 'acksDropped'
  | 'small'
  | 'large'
  | 'keepsUp'
  | 'cut';

interface World {
  /** What the server gives to listen() where nobody accepts. */
  readonly backlog: number;
  /** How many connections the slow program accepts after each round. */
  readonly accepts: number;
}

/** As many as fit into a queue of 15, and as many beyond. */
const FIRST = 16;
const BEYOND = 48;
const BURST = FIRST + BEYOND;

const ROUNDS = 3;
const ARRIVALS = 32;
/** Places for what arrives in one round, and for half as many more. */
const SMALL_BACKLOG = 31;
const LARGE_BACKLOG = 47;

const PAYLOAD = Buffer.from('hello');

export const backlogExperiment: Experiment<Fact, World> = {
  id: 'backlog',
  title: { en: 'A longer queue and a slow program', zh: '更长的队列与缓慢的程序' },
  claim: {
    en: 'The accept queue absorbs a burst and nothing more: where more arrive than the program accepts, a longer one overflows later and loses as many.',
    zh: 'accept 队列只能吸收一阵突发：如果到达的多于程序 accept 的，更长的队列只是晚些溢出，丢失的一样多。',
  },
  steps: [
    {
      en: `Nobody accepts, and the backlog is 15. ${FIRST} handshakes, then ${BEYOND} more. Each sends five bytes and, once they are acknowledged, resets the connection: that client has left.`,
      zh: `没有人 accept，backlog 是 15。先 ${FIRST} 个握手，再来 ${BEYOND} 个。每个都发送五个字节，得到确认后复位连接：那个客户端就此离开。`,
    },
    {
      en: 'One more client, an ordinary program. Once its SYN has been dropped the server accepts one connection; the SYN comes again after a second, a constant of the kernel (TCP_TIMEOUT_INIT).',
      zh: '再来一个客户端，是普通程序。它的 SYN 被丢弃后，服务器 accept 一个连接；一秒后 SYN 再次到来，这是内核的常量（TCP_TIMEOUT_INIT）。',
    },
    {
      en: `The same queue, empty again, and all ${BURST} at once: every SYN is there before the first ACK.`,
      zh: `同样的队列，重新清空，${BURST} 个一起来：所有的 SYN 都先于第一个 ACK 到达。`,
    },
    {
      en: `${ROUNDS} rounds. In each, ${ARRIVALS} handshakes arrive and the program then accepts half as many; once with a backlog of ${SMALL_BACKLOG}, once with ${LARGE_BACKLOG}. Then with the shorter one and a program that accepts all.`,
      zh: `共 ${ROUNDS} 轮。每轮到达 ${ARRIVALS} 个握手，之后程序 accept 其中一半的数量；backlog 先取 ${SMALL_BACKLOG}，再取 ${LARGE_BACKLOG}。最后用较短的队列，而程序全部 accept。`,
    },
    {
      en: `net.core.somaxconn=15, listen() with a backlog of 1000, and ${BURST} handshakes at once.`,
      zh: `设 net.core.somaxconn=15，以 backlog 1000 调用 listen()，再一次发起 ${BURST} 个握手。`,
    },
  ],
  facts: {
    filled: {
      what: {
        en: `nobody accepts: ${FIRST} handshakes, then ${BEYOND} more`,
        zh: `没有人 accept：${FIRST} 个握手，然后再 ${BEYOND} 个`,
      },
      expected: [`${FIRST} established`, `${BEYOND} no-answer`],
    },
    synsDropped: {
      what: { en: 'SYNs that the full queue dropped', zh: '因队列满而丢弃的 SYN 数' },
      expected: BEYOND,
    },
    waiting: { what: { en: 'connections that wait for accept()', zh: '等待 accept() 的连接数' }, expected: FIRST },
    alive: { what: { en: 'of these, such as still exist', zh: '其中仍然存在的' }, expected: 0 },
    late: {
      what: { en: 'what the client’s connect() says, once there is room', zh: '有了位置之后，客户端 connect() 的结果' },
      expected: 'connected',
    },
    believed: {
      what: {
        en: `a burst of ${BURST}: connected, as the clients see it`,
        zh: `${BURST} 个突发：在客户端看来已连接的`,
      },
      expected: BURST,
    },
    acknowledged: {
      what: { en: 'of these, such as have their data acknowledged', zh: '其中数据得到确认的' },
      expected: FIRST,
    },
    acksDropped: { what: { en: 'ACKs that found the queue full', zh: '遇到队列已满的 ACK 数' }, expected: BEYOND },
    small: {
      what: { en: `lost in each round, backlog ${SMALL_BACKLOG}`, zh: `每轮丢失数，backlog ${SMALL_BACKLOG}` },
      expected: ['0', '16', '16'],
    },
    large: {
      what: { en: `lost in each round, backlog ${LARGE_BACKLOG}`, zh: `每轮丢失数，backlog ${LARGE_BACKLOG}` },
      expected: ['0', '0', '16'],
    },
    keepsUp: {
      what: {
        en: `lost in each round, backlog ${SMALL_BACKLOG}, all accepted`,
        zh: `每轮丢失数，backlog ${SMALL_BACKLOG}，全部 accept`,
      },
      expected: ['0', '0', '0'],
    },
    cut: {
      what: { en: 'listen(1000) with somaxconn=15: a burst', zh: 'somaxconn=15 时的 listen(1000)：一阵突发' },
      expected: [`${FIRST} established`, `${BEYOND} no-answer`],
    },
  },
  explanation: {
    en: 'A connection takes a place in the accept queue when its handshake completes (inet_csk_reqsk_queue_add, sk_acceptq_added), and gives it back in accept() alone (inet_csk_accept, reqsk_queue_remove). A RST in between ends the connection (tcp_reset, tcp_done) and leaves the place taken; the program gets a socket whose client has left. While the queue is full, tcp_conn_request() drops SYNs, and tcp_v4_syn_recv_sock() refuses the ACKs of those whose SYN came before; both count ListenOverflows and ListenDrops. A SYN looks at the queue as it is now, not at the handshakes under way, so a burst is promised more places than there are. What the queue holds is what has arrived less what was accepted: if more arrive in a round than are accepted, it grows until it is full, and from then on exactly the difference is lost, whatever its length. listen() cuts its argument to somaxconn without a word (__sys_listen).',
    zh: '握手完成时，连接占用 accept 队列的一个位置（inet_csk_reqsk_queue_add、sk_acceptq_added）；只有 accept() 才归还它（inet_csk_accept、reqsk_queue_remove）。其间到来的 RST 结束连接（tcp_reset、tcp_done），位置却仍被占用；程序拿到的套接字，客户端早已离开。队列满时，tcp_conn_request() 丢弃 SYN；SYN 来得更早的，则由 tcp_v4_syn_recv_sock() 拒绝其 ACK；两者都计入 ListenOverflows 和 ListenDrops。SYN 只看队列此刻的长度，不看正在进行的握手，所以一阵突发得到的许诺多于实有的位置。队列里的就是已到达减去已 accept 的：只要每轮到达的多于 accept 的，它就增长到满为止，此后丢失的恰好是差额，与队列长度无关。listen() 会一声不响地把参数截到 somaxconn（__sys_listen）。',
  },
  next: [
    {
      en: 'nstat -az TcpExtListenOverflows TcpExtListenDrops on your own servers, and ss -ltn: Recv-Q is the queue, Send-Q its limit.',
      zh: '在自己的服务器上看 nstat -az TcpExtListenOverflows TcpExtListenDrops，以及 ss -ltn：Recv-Q 是队列，Send-Q 是它的上限。',
    },
    {
      en: 'A second listen() on the same socket changes the limit at once, upwards and downwards.',
      zh: '对同一个套接字再次调用 listen()，上限立即改变，可大可小。',
    },
    {
      en: 'What becomes of an ACK that finds no room, step by step: see accept-queue.',
      zh: '找不到位置的 ACK 后来如何，逐步来看：见 accept-queue。',
    },
  ],
  byHand: [
    // nc asks for a backlog of 1; it is stopped for seven seconds and accepts nobody.
    { host: 'server', line: 'sysctl -qw net.core.somaxconn=0' },
    {
      host: 'server',
      line: "timeout 16 bash -c 'nc -l -k 192.0.2.2 8891 & sleep 1; kill -STOP $!; sleep 7; kill -CONT $!; sleep 1; kill $!' & sleep 1.5; ss -ltn",
      prints: 'LISTEN +0 +0 +192\\.0\\.2\\.2:8891',
    },
    {
      host: 'client',
      line: 'for i in 1 2 3 4; do timeout 2 nc -d 192.0.2.2 8891 & done; sleep 0.5; ss -tan',
      prints: '(SYN-SENT[^]*){3}',
    },
    { host: 'server', line: 'nstat -az TcpExtListenDrops', prints: 'TcpExtListenDrops +[3-9]' },
    // All four have gone; the place is still taken.
    { host: 'client', line: 'wait' },
    { host: 'server', line: 'ss -tan', prints: 'LISTEN +1 +0 +192\\.0\\.2\\.2:8891' },
    { host: 'server', line: 'wait' },
  ],
  claims: [
    {
      text: {
        en: 'A server that is too slow for its clients needs a larger backlog.',
        zh: '服务器跟不上客户端，就应该加大 backlog。',
      },
      verdict: 'wrong',
      because: {
        en: 'A larger one overflows later and then loses as many in each round. It helps against bursts only.',
        zh: '更大的只是晚些溢出，之后每轮丢失的一样多。它只对突发有用。',
      },
    },
    {
      text: {
        en: 'A client that gives up frees its place in the accept queue.',
        zh: '客户端放弃之后，就让出了它在 accept 队列中的位置。',
      },
      verdict: 'wrong',
      because: {
        en: 'Only accept() frees it. Here all sixteen connections have been reset, and the queue is full all the same.',
        zh: '只有 accept() 才让出它。这里的十六个连接全都已被复位，队列却照样是满的。',
      },
    },
    {
      text: {
        en: 'listen(fd, 1000) makes a queue for 1000 connections.',
        zh: 'listen(fd, 1000) 建立一个容纳 1000 个连接的队列。',
      },
      verdict: 'refined',
      because: {
        en: 'Only up to net.core.somaxconn, to which the kernel cuts it without an error; and one more fits than that.',
        zh: '最多到 net.core.somaxconn，内核把它截到这个值，也不报错；实际还能多容纳一个。',
      },
    },
    {
      text: {
        en: 'When the queue overflows, clients are told: ECONNREFUSED.',
        zh: '队列溢出时，客户端会得知：ECONNREFUSED。',
      },
      verdict: 'wrong',
      because: {
        en: 'They hear nothing. A client whose SYN was dropped sends it again after a second, and is connected late if there is room by then.',
        zh: '它们什么也得不到。SYN 被丢弃的客户端一秒后重发，那时若有位置，只是连上得晚。',
      },
    },
  ],
  families: [4], // the engine that makes the handshakes speaks IPv4 only
  world: { backlog: 15, accepts: ARRIVALS / 2 },
  observe: (options, { backlog, accepts }) =>
    observe(options, async (bench) => {
      const { dstPort: port } = bench.flow;
      const full = await nobodyAccepts(bench, port, backlog);
      const burst = await allAtOnce(bench, port + 1, backlog);
      bench.scene({ en: 'round after round', zh: '一轮又一轮' });
      const small = await lostByRound(bench, port + 2, SMALL_BACKLOG, accepts);
      const large = await lostByRound(bench, port + 3, LARGE_BACKLOG, accepts);
      const keepsUp = await lostByRound(bench, port + 4, SMALL_BACKLOG, ARRIVALS);
      return { ...full, ...burst, small, large, keepsUp, cut: await cutToSomaxconn(bench, port + 5) };
    }),
};

/** listen(1000) where no more than 15 may wait; undefined where that cannot be set. */
async function cutToSomaxconn(bench: Bench, port: number): Promise<readonly string[] | undefined> {
  const { netns } = bench.lab.server;
  if (!netns.run(() => hasSysctl(SOMAXCONN))) {
    bench.lacks(NO_SOMAXCONN);
    return undefined;
  }
  bench.scene({ en: 'somaxconn', zh: 'somaxconn 的限制' });
  setSysctls(netns, { [SOMAXCONN]: 15 });
  listen(bench, port, 1000);
  const cut = outcomesOf(await arrive(bench, port, BURST));
  bench.sockets('server');
  return cut;
}

const SOMAXCONN = 'net.core.somaxconn';

const NO_SOMAXCONN = {
  en: `what ${SOMAXCONN} does (this kernel does not show it to root of a user namespace)`,
  zh: `${SOMAXCONN} 的作用（此内核不向用户命名空间的 root 提供它）`,
};

const listen = ({ lab, leases, flow }: Bench, port: number, backlog: number): PatientListener =>
  leases.add(listenWithoutAccepting(lab.server.netns, flow.dst, port, backlog));

/** So many at once. Those who count as established had their data acknowledged: they are in the queue. */
const arrive = (bench: Bench, port: number, count: number): Promise<BulkSummary> =>
  crowd(bench, {
    ...{ count, port, window: count, listener: false },
    ...{ payload: PAYLOAD, retries: 0, dropped: () => dropped(bench) },
  });

const dropped = (bench: Bench): number => bench.counters('server')['TcpExtListenDrops'] ?? 0;

async function nobodyAccepts(
  bench: Bench,
  port: number,
  backlog: number,
): Promise<Pick<Observed<Fact>, 'filled' | 'synsDropped' | 'waiting' | 'alive' | 'late'>> {
  bench.scene({ en: 'nobody accepts', zh: '没有人 accept' });
  const listener = listen(bench, port, backlog);
  const first = await arrive(bench, port, FIRST);
  const beyond = await arrive(bench, port, BEYOND);
  const synsDropped = dropped(bench);
  const table = bench.sockets('server');
  const seen = {
    filled: [...outcomesOf(first), ...outcomesOf(beyond)],
    synsDropped,
    waiting: table.find(({ state }) => state === 'LISTEN')?.receiveQueue ?? 0,
    alive: table.filter(({ state }) => state !== 'LISTEN').length,
  };

  bench.scene({ en: 'one client more, and then some room', zh: '再来一个客户端，然后有了位置' });
  const client = startProgram(bench, 'client', { ...bench.flow, srcPort: 0, dstPort: port });
  const isAnswered = (): boolean =>
    bench.packets().some(({ from, segment }) => from === 'server' && (segment.flags & TcpFlag.SYN) !== 0);
  await bench.until('the SYN to be dropped, or answered', () => dropped(bench) > synsDropped || isAnswered());
  bench.leases.add(listener.accept() ?? { close: () => undefined });
  const onConnect = (check: () => void) => {
    client.socket.on('connect', check);
    return () => client.socket.off('connect', check);
  };
  await until('the client to be connected', () => client.port() !== undefined, onConnect, bench.signal);
  return { ...seen, late: await client.outcome };
}

async function allAtOnce(
  bench: Bench,
  port: number,
  backlog: number,
): Promise<Pick<Observed<Fact>, 'believed' | 'acknowledged' | 'acksDropped'>> {
  bench.scene({ en: 'a burst', zh: '一阵突发' });
  listen(bench, port, backlog);
  const before = dropped(bench);
  const { latency, outcomes } = await arrive(bench, port, BURST);
  // The time to the SYN/ACK is known of each that had one.
  return { believed: latency.total, acknowledged: outcomes.established, acksDropped: dropped(bench) - before };
}

/** How many of a round's arrivals are not in the queue after it. */
async function lostByRound(bench: Bench, port: number, backlog: number, accepts: number): Promise<readonly string[]> {
  const listener = listen(bench, port, backlog);
  const queue = (): number => {
    const rows = bench.lab.server.sockets(bench.family);
    return rows.find(({ state, srcPort }) => state === 'LISTEN' && srcPort === port)?.receiveQueue ?? 0;
  };
  const lost: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = queue();
    await arrive(bench, port, ARRIVALS);
    lost.push(String(before + ARRIVALS - queue()));
    for (let i = 0; i < accepts; i++) listener.accept()?.close();
  }
  return lost;
}
