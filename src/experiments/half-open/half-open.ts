/** SYNs that are never acknowledged: half-open entries, their SYN/ACK retransmitted, and SYN cookies. RFC 4987; tcp_conn_request. */
import { DEFAULT_MARK } from '../../filter/plan.js';
import { listenWithoutAccepting } from '../../linux/port/kernel-socket.js';
import type { Owner } from '../../evidence/lookup.js';
import type { ObservedPacket } from '../../evidence/packet.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import { emitPacket, TcpFlag, type TcpInit } from '../../wire/index.js';
import type { Experiment } from '../experiment.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

interface World {
  /** What the server gives to listen(). */
  readonly backlog: number;
}

const SYNS = 20;
const ISS = 1000;
const SYN: TcpInit = { flags: 'S', seq: ISS, window: 64_240, options: [{ kind: 'mss', mss: 1460 }] };

const words = bilingual(en, zh)({ syns: SYNS });

type Fact = keyof typeof words.facts;

export const halfOpen: Experiment<Fact, World> = {
  id: 'half-open',
  ...textOf(words),
  facts: factsOf(words, {
    answered: SYNS,
    halfOpen: 5,
    cookies: 15,
    queue: 0,
    owners: ['SYN_RECV', 'LISTEN'],
    again: ['1', '2', '3', '4', '5'],
    byCookie: 'ESTABLISHED',
  }),
  byHand: [
    { host: 'client', line: 'iptables -t raw -A OUTPUT -p tcp --dport 8887 --tcp-flags ACK ACK -j DROP' },
    { host: 'server', line: 'timeout 6 nc -l -k 192.0.2.2 8887 & sleep 0.3; ss -tlnH', prints: '192\\.0\\.2\\.2:8887' },
    { host: 'client', line: 'for i in 1 2 3; do timeout 4 nc 192.0.2.2 8887 </dev/null & done; sleep 0.3' },
    { host: 'server', line: 'ss -tan state syn-recv', prints: '192\\.0\\.2\\.2:8887 +192\\.0\\.2\\.1' },
    { host: 'server', line: 'sleep 1.5; ss -tano state syn-recv', prints: 'timer:\\(on,[0-9.a-z]+,[1-9]\\)' },
    { host: 'client', line: 'wait; iptables -t raw -F OUTPUT' },
  ],
  claims: claimsOf(words, { listenerKeepsSyns: 'outdated', fullDrops: 'refined', maxSynBacklog: 'outdated' }),
  world: { backlog: 4 },
  observe: (options, { backlog }) =>
    observe(options, async (bench) => {
      const { src, dst, dstPort } = bench.flow;
      bench.leases.add(listenWithoutAccepting(bench.lab.server.netns, dst, dstPort, backlog));
      bench.filter('client', { src, dst, dstPort });
      const flowOf = (i: number): Flow => ({ ...bench.flow, srcPort: bench.flow.srcPort + i });
      const [first, last] = [flowOf(0), flowOf(SYNS - 1)];
      const send = sender(bench);
      bench.scene(words.scenes.syns);
      for (let i = 0; i < SYNS; i++) send(flowOf(i), SYN);
      await bench.until(
        { en: 'every SYN to be answered', zh: '每个 SYN 都得到应答' },
        () => answers(bench).length >= SYNS,
      );
      const answered = new Set(answers(bench).map(portOf)).size;
      const table = bench.sockets('server');
      const count = table.filter(({ state }) => state === 'SYN_RECV').length;
      const queue = table.find(({ state }) => state === 'LISTEN')?.receiveQueue ?? -1;
      const cookies = bench.counters('server')['TcpExtSyncookiesSent'] ?? 0;
      const owners = [first, last].map((flow) => bench.lookup('server', reverseFlow(flow)));

      bench.scene(words.scenes.again);
      await bench.until(
        { en: 'the SYN/ACKs to come again', zh: '这些 SYN/ACK 再次到来' },
        () => answers(bench).length >= SYNS + count,
      );
      const again = answers(bench)
        .slice(SYNS)
        .map((answer) => String(portOf(answer) - bench.flow.srcPort + 1));

      bench.scene(words.scenes.lastAck);
      const byCookie = await acknowledge(bench, last, send);
      return { answered, halfOpen: count, cookies, queue, owners, again: [...new Set(again)].sort(), byCookie };
    }),
};

type Send = (flow: Flow, tcp: TcpInit) => void;

/** Sends by hand from any port of the client. */
function sender(bench: Bench): Send {
  const { src, dst, dstPort } = bench.flow;
  const options = { local: src, remote: dst, remotePort: dstPort, mark: DEFAULT_MARK };
  const port = bench.leases.add(bench.lab.client.openPort('libc', options));
  return ({ srcPort }, tcp) => {
    port.send(emitPacket({ ip: { version: bench.family, src, dst }, tcp: { srcPort, dstPort, ...tcp } }));
  };
}

const answers = (bench: Bench): readonly ObservedPacket[] =>
  bench.packets().filter(({ from, segment }) => from === 'server' && (segment.flags & TcpFlag.SYN) !== 0);

/** Of the client. */
const portOf = ({ segment }: ObservedPacket): number => segment.dstPort;

/** Acknowledges what the server answered, with five bytes of data so that this draws an answer, too. */
async function acknowledge(bench: Bench, flow: Flow, send: Send): Promise<Owner> {
  const synAck = answers(bench).find((answer) => portOf(answer) === flow.srcPort);
  const ack = ((synAck?.segment.seq ?? 0) + 1) >>> 0;
  send(flow, { flags: 'P.', seq: ISS + 1, ack, window: 64_240, payload: Buffer.from('hello') });
  const isAnswer = ({ from, segment }: ObservedPacket): boolean =>
    from === 'server' && segment.dstPort === flow.srcPort && (segment.flags & TcpFlag.SYN) === 0;
  await bench.until({ en: 'the data to be answered', zh: '数据得到应答' }, () => bench.packets().some(isAnswer));
  return bench.lookup('server', reverseFlow(flow));
}
