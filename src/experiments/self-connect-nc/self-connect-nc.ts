/** The self-connection with the real nc, and a second run beside the TIME_WAIT that the first one leaves. nc(1), tcp_twsk_unique. */
import { once } from 'node:events';
import type { Flow } from '../../wire/flow.js';
import { type Child, hasOpenBsdNc, startChild, tryProgram } from '../../lab/bench/child.js';
import type { Experiment, Observed } from '../experiment.js';
import { startProgram } from '../../lab/bench/program.js';
import { segmentsOf } from '../../lab/bench/segments.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

type Fact = keyof typeof words.facts;

interface World {
  /** Whether nc connects to the very port that it is bound to, and not to the next one. */
  readonly toItself: boolean;
}

const LINE = 'Hello, myself~\n';
const NOTHING = { segments: undefined, owner: undefined, echo: undefined, calls: undefined };
const NOTHING_AFTERWARDS = { left: undefined, again: undefined };

export const selfConnectNc: Experiment<Fact, World> = {
  id: 'self-connect-nc',
  ...textOf(words),
  facts: factsOf(words, {
    segments: ['S 0:0(0)', 'S. 0:0(0) ack 1', '. 1:1(0) ack 1'],
    owner: 'ESTABLISHED',
    echo: LINE,
    calls: ['bind', 'connect'],
    left: 'TIME_WAIT',
    again: 'bind failed: Address already in use',
    reusing: ['connected', 'TIME_WAIT', 'connected'],
  }),
  byHand: [
    {
      host: 'client',
      line: "(echo 'Hello, myself~'; sleep 0.3) | timeout 5 strace -f -e trace=network nc -N -p 41001 -s 192.0.2.1 192.0.2.1 41001 2>&1 | grep -v nscd",
      prints: 'Hello, myself~',
    },
    { host: 'client', line: 'ss -tan', prints: 'TIME-WAIT.*192\\.0\\.2\\.1:41001 +192\\.0\\.2\\.1:41001' },
    {
      host: 'client',
      line: 'timeout 5 nc -N -p 41001 -s 192.0.2.1 192.0.2.1 41001 </dev/null 2>&1',
      prints: 'bind failed: Address already in use',
    },
  ],
  claims: claimsOf(words, { twoMinutes: 'refined' }),
  world: { toItself: true },
  observe: (options, { toItself }) =>
    observe(options, async (bench) => {
      bench.watchLoopback('client');
      const { src, srcPort } = bench.flow;
      const flow = { src, srcPort, dst: src, dstPort: toItself ? srcPort : srcPort + 1 };
      bench.scene(words.scenes.nc);
      const byNc = await withNc(bench, flow);
      bench.scene(words.scenes.program);
      return {
        ...byNc,
        reusing: await twice(bench, { ...flow, srcPort: flow.srcPort + 1, dstPort: flow.dstPort + 1 }),
      };
    }),
};

async function withNc(bench: Bench, flow: Flow): Promise<Omit<Observed<Fact>, 'reusing'>> {
  if (!hasOpenBsdNc()) {
    bench.lacks(words.missing.nc);
    return { ...NOTHING, ...NOTHING_AFTERWARDS };
  }
  const { src, srcPort, dst, dstPort } = flow;
  const nc = ['nc', '-N', '-p', String(srcPort), '-s', src, dst, String(dstPort)] as const;
  // Tried, for there are systems that have strace and forbid it to trace.
  const hasStrace = tryProgram(['strace', '-qq', '-e', 'trace=none', 'true']) !== undefined;
  const startedAt = bench.watchCalls();
  const child = startChild(bench, 'client', hasStrace ? [...STRACE, ...nc] : nc);
  child.write(LINE);
  await child.until({ en: 'nc to print', zh: 'nc 的输出' }, () => child.stdout().includes('\n'));
  const during = {
    segments: segmentsOf(bench.packets(), flow).slice(0, 3),
    owner: bench.lookup('client', flow),
    echo: child.stdout(),
  };
  await child.ends();
  const calls = hasStrace ? callsWritten(child) : callsTraced(bench, child, startedAt);
  const left = bench.lookup('client', flow);
  const second = startChild(bench, 'client', nc);
  await second.ends();
  return { ...during, calls, left, again: second.stderr().trim().replace(/^nc: /, '') };
}

const STRACE = ['strace', '-qq', '-f', '-e', 'trace=bind,connect,listen,accept,accept4', '-e', 'signal=none'] as const;

/** What strace has written to stderr; the C library's own connections to name services are over AF_UNIX. */
const callsWritten = (child: Child): readonly string[] =>
  sortedOnce(child.stderr().match(/^(bind|connect)(?=\(.*AF_INET)|^(listen|accept4?)(?=\()/gm) ?? []);

const callsTraced = (bench: Bench, { pid }: Child, startedAt: number): readonly string[] | undefined => {
  const calls = bench.systemCalls(pid, startedAt)?.map(({ name }) => name);
  if (calls !== undefined) return sortedOnce(calls.filter((name) => name !== 'socket'));
  bench.lacks(words.missing.strace);
  return undefined;
};

const sortedOnce = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();

/** Connects to itself, closes, and does so again at once; `startProgram` sets SO_REUSEADDR. */
async function twice(bench: Bench, flow: Flow): Promise<readonly string[]> {
  const first = startProgram(bench, 'client', flow);
  const outcome = await first.outcome;
  if (outcome !== 'connected') return [outcome];
  first.socket.end();
  await once(first.socket, 'close');
  const left = bench.lookup('client', flow);
  return [outcome, left, await startProgram(bench, 'client', flow).outcome];
}
