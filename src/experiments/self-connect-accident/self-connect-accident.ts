/** A program that keeps calling a closed local port connects to itself one day. __inet_hash_connect, ip_local_port_range. */
import type { Socket } from 'node:net';
import { bindWithoutListening, connectInside, listenInside } from '../../linux/port/kernel-socket.js';
import { setSysctls } from '../../linux/namespace/sysctl.js';
import type { Experiment } from '../experiment.js';
import { callResult, type Program, runOn } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

interface World {
  /** Whether a server listens on the port after all. */
  readonly serverThere: boolean;
  /** Between which ports the kernel chooses. */
  readonly range: readonly [low: number, high: number];
}

interface Calls {
  readonly outcomes: readonly string[];
  /** The one that got through. */
  readonly program: Program | undefined;
}

const LOCALHOST = { 4: '127.0.0.1', 6: '::1' } as const;
/** Of five ports that connect() chooses from, one is missed a hundred times in a row once in five thousand million runs. */
const MOST_TRIES = 100;
const TEXT = 'Are you there?';

const words = bilingual(en, zh)({ mostTries: MOST_TRIES });

type Fact = keyof typeof words.facts;

export const selfConnectAccident: Experiment<Fact, World> = {
  id: 'self-connect-accident',
  ...textOf(words),
  facts: factsOf(words, {
    even: 'connected',
    equalEnds: true,
    owner: 'ESTABLISHED',
    echo: TEXT,
    serverStarts: 'EADDRINUSE',
    odd: ['ECONNREFUSED'],
    outside: ['ECONNREFUSED'],
  }),
  byHand: [
    { host: 'client', line: "sysctl -w net.ipv4.ip_local_port_range='44600 44610'" },
    {
      host: 'client',
      line: 'for i in $(seq 60); do (sleep 0.2; echo "try $i"; sleep 0.2) | timeout 2 nc -N 127.0.0.1 44600 && break; done',
      prints: 'try [0-9]+',
    },
    { host: 'client', line: 'ss -tan', prints: '127\\.0\\.0\\.1:44600 +127\\.0\\.0\\.1:44600' },
  ],
  claims: claimsOf(words, { serverIsThere: 'wrong', portsAtRandom: 'refined' }),
  world: { serverThere: false, range: [44_600, 44_610] },
  observe: (options, { serverThere, range }) =>
    observe(options, async (bench) => {
      setSysctls(bench.lab.client.netns, { 'net.ipv4.ip_local_port_range': range.join(' ') });
      const loopback = bench.watchLoopback('client');
      const address = LOCALHOST[bench.family];
      const [even, odd, outside] = [44_600, 44_601, 44_612];
      if (serverThere) bench.leases.add(await listenInside(bench.lab.client.netns, address, even, hangUp));

      bench.scene(words.scenes.even);
      const { outcomes, program } = await keepCalling(bench, even);
      const ends = { src: address, srcPort: even, dst: address, dstPort: even };
      const seen = {
        even: outcomes.at(-1) ?? 'nothing',
        equalEnds: program !== undefined && hasEqualEnds(program),
        owner: bench.lookup('client', ends),
        serverStarts: callResult(() => {
          bindWithoutListening(bench.lab.client.netns, address, even).close();
        }),
        echo: program === undefined ? '' : await echoOf(program),
      };
      // What follows is the same refusal a hundred times.
      loopback.close();
      bench.scene(words.scenes.odd);
      const refused = await keepCalling(bench, odd);
      bench.scene(words.scenes.outside);
      const never = await keepCalling(bench, outside);
      return { ...seen, odd: [...new Set(refused.outcomes)], outside: [...new Set(never.outcomes)] };
    }),
};

/** A server that has nothing to say. */
const hangUp = (socket: Socket): void => {
  socket.end().resume();
};

/** Calls until somebody answers, at most `MOST_TRIES` times, from a port of the kernel's choice. */
async function keepCalling(bench: Bench, port: number): Promise<Calls> {
  const { netns } = bench.lab.client;
  const outcomes: string[] = [];
  while (outcomes.length < MOST_TRIES) {
    const program = runOn(bench, connectInside(netns, { remote: LOCALHOST[bench.family], remotePort: port }));
    const outcome = await program.outcome;
    outcomes.push(outcome);
    if (outcome === 'connected') return { outcomes, program };
  }
  return { outcomes, program: undefined };
}

/** getsockname() and getpeername(). */
const hasEqualEnds = ({ socket: { localAddress, localPort, remoteAddress, remotePort } }: Program): boolean =>
  localAddress === remoteAddress && localPort === remotePort;

async function echoOf({ socket, reads }: Program): Promise<string> {
  socket.write(TEXT);
  return reads(TEXT.length);
}
