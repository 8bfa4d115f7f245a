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
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

type Fact = keyof typeof words.facts;

interface World {
  /** What the server gives to listen(). */
  readonly backlog: number;
}

export const acceptQueue: Experiment<Fact, World> = {
  id: 'accept-queue',
  ...textOf(words),
  facts: factsOf(words, {
    naive: ['3 ESTABLISHED', '5 SYN_SENT'],
    naiveDropped: 5,
    clients: ['connected', 'connected', 'connected', 'connected'],
    ends: [...Array<string>(3).fill('ESTABLISHED ESTABLISHED'), 'ESTABLISHED SYN_RECV'],
    queue: 3,
    overflows: 1,
    again: ['S. 0:0(0) ack 1', 'S. 0:0(0) ack 1'],
    healed: 'ESTABLISHED ESTABLISHED',
    abort: 'R 1:1(0)',
    abortError: 'ECONNRESET',
  }),
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
  claims: claimsOf(words, { backlogIsLength: 'refined', waitsInSynSent: 'wrong', bothConnected: 'wrong' }),
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
  bench.scene(words.scenes.eightClients);
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
  bench.scene(words.scenes.twoPhases);
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

  bench.scene(words.scenes.roomAgain);
  const unlucky = flowOf(flow, programs.at(-1));
  bench.leases.add(listener.accept() ?? { close: () => undefined });
  const sent = (): readonly string[] => segmentsOf(bench.packets(), reverseFlow(unlucky));
  if (bench.lookup('server', reverseFlow(unlucky)) === 'SYN_RECV') {
    await bench.until({ en: 'SYN/ACK to come again', zh: 'SYN/ACK 再次到来' }, () => sent().length >= 2);
    await everythingArrives(bench);
  }
  const healed = endsOf(bench, flow, programs.at(-1));
  const again = sent().slice(0, 2);

  bench.scene(words.scenes.abortOnOverflow);
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
