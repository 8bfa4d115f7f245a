/** Two kernel sockets that connect to each other, their SYNs crossing on the way. RFC 9293 §3.5, figure 8. */
import { bindWithoutListening } from '../../linux/port/kernel-socket.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import type { RelayLab } from '../../lab/lab.js';
import type { Experiment, Observed } from '../experiment.js';
import { joiningCalls, statesTraced } from '../../lab/bench/kernel-history.js';
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
  /** Whether the server connects, too, and does not merely hold its port. */
  readonly bothConnect: boolean;
}

const HANDSHAKE = ['S 0:0(0)', 'S. 0:0(0) ack 1', '. 1:1(0) ack 1'];
const STATES = ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED'];

export const simultaneousOpen: Experiment<Fact, World> = {
  id: 'simultaneous-open',
  ...textOf(words),
  facts: factsOf(words, {
    naive: ['ECONNREFUSED', 'ECONNREFUSED'],
    naiveAnswer: 'R. 0:0(0) ack 1',
    crossing: STATES.map((state) => `${state} ${state}`),
    outcomes: ['connected', 'connected'],
    clientSegments: HANDSHAKE,
    serverSegments: HANDSHAKE,
    listeners: 0,
    data: ['hello', 'world'],
    clientStates: STATES,
    serverStates: STATES,
    calls: ['bind', 'bind', 'connect', 'connect'],
  }),
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
  claims: claimsOf(words, { synAgain: 'refined', boundIsEnough: 'wrong', twoConnections: 'wrong' }),
  world: { bothConnect: true },
  observe: (options, { bothConnect }) =>
    observeRelayed(options, async (bench) => {
      const naive = await oneAfterTheOther(bench, { ...bench.flow, dstPort: bench.flow.dstPort + 1 });
      bench.scene(words.scenes.bothAtOnce);
      return { ...naive, ...(await bothAtOnce(bench, bothConnect)) };
    }),
};

async function oneAfterTheOther(bench: Bench, flow: Flow): Promise<Pick<Observed<Fact>, 'naive' | 'naiveAnswer'>> {
  bench.scene(words.scenes.bound);
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
  const startedAt = bench.watchCalls();
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
