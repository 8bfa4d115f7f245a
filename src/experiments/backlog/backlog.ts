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
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

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
const SOMAXCONN = 'net.core.somaxconn';

const words = bilingual(
  en,
  zh,
)({
  first: FIRST,
  beyond: BEYOND,
  burst: BURST,
  rounds: ROUNDS,
  arrivals: ARRIVALS,
  small: SMALL_BACKLOG,
  large: LARGE_BACKLOG,
  somaxconn: SOMAXCONN,
});

type Fact = keyof typeof words.facts;

export const backlogExperiment: Experiment<Fact, World> = {
  id: 'backlog',
  ...textOf(words),
  facts: factsOf(words, {
    filled: [`${FIRST} established`, `${BEYOND} no-answer`],
    synsDropped: BEYOND,
    waiting: FIRST,
    alive: 0,
    late: 'connected',
    believed: BURST,
    acknowledged: FIRST,
    acksDropped: BEYOND,
    small: ['0', '16', '16'],
    large: ['0', '0', '16'],
    keepsUp: ['0', '0', '0'],
    cut: [`${FIRST} established`, `${BEYOND} no-answer`],
  }),
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
  claims: claimsOf(words, {
    largerHelps: 'wrong',
    leavingFrees: 'wrong',
    thousandFit: 'refined',
    clientsAreTold: 'wrong',
  }),
  families: [4], // the engine that makes the handshakes speaks IPv4 only
  world: { backlog: 15, accepts: ARRIVALS / 2 },
  observe: (options, { backlog, accepts }) =>
    observe(options, async (bench) => {
      const { dstPort: port } = bench.flow;
      const full = await nobodyAccepts(bench, port, backlog);
      const burst = await allAtOnce(bench, port + 1, backlog);
      bench.scene(words.scenes.rounds);
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
    bench.lacks(words.missing.somaxconn);
    return undefined;
  }
  bench.scene(words.scenes.somaxconn);
  setSysctls(netns, { [SOMAXCONN]: 15 });
  listen(bench, port, 1000);
  const cut = outcomesOf(await arrive(bench, port, BURST));
  bench.sockets('server');
  return cut;
}

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
  bench.scene(words.scenes.nobodyAccepts);
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

  bench.scene(words.scenes.oneMore);
  const client = startProgram(bench, 'client', { ...bench.flow, srcPort: 0, dstPort: port });
  const isAnswered = (): boolean =>
    bench.packets().some(({ from, segment }) => from === 'server' && (segment.flags & TcpFlag.SYN) !== 0);
  await bench.until(
    { en: 'the SYN to be dropped, or answered', zh: 'SYN 被丢弃或得到应答' },
    () => dropped(bench) > synsDropped || isAnswered(),
  );
  bench.leases.add(listener.accept() ?? { close: () => undefined });
  const onConnect = (check: () => void) => {
    client.socket.on('connect', check);
    return () => client.socket.off('connect', check);
  };
  await until(
    { en: 'the client to be connected', zh: '客户端连上' },
    () => client.port() !== undefined,
    onConnect,
    bench.signal,
  );
  return { ...seen, late: await client.outcome };
}

async function allAtOnce(
  bench: Bench,
  port: number,
  backlog: number,
): Promise<Pick<Observed<Fact>, 'believed' | 'acknowledged' | 'acksDropped'>> {
  bench.scene(words.scenes.burst);
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
