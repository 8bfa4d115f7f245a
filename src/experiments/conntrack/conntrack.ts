/** A full connection tracking table: who gets nothing, who goes on, and what makes room. nf_conntrack_alloc, early_drop. */
import type { ObservedPacket } from '../../evidence/packet.js';
import type { Experiment, Observed } from '../experiment.js';
import { callResult, startProgram } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { sendDatagram } from '../../linux/port/kernel-socket.js';
import type { Flow } from '../../wire/flow.js';
import type { BulkSummary } from '../../bulk/summary.js';
import { crowd, outcomesOf } from '../crowd.js';
import { TrackedServer } from './tracked-server.js';
import { claimsOf, factsOf, textOf } from '../texts.js';
import { NEWCOMERS, UNTRACKED_PORT, words } from './words.js';

type Fact = keyof typeof words.facts;

interface World {
  /** How many places are left free when the table is filled. */
  readonly spare: number;
  /** How many entries are made at most: where the limit is higher, the table is left as it is. */
  readonly most: number;
}

const NEWCOMERS_PORT = 8889;
const DISCARD_PORT = 9;
const TEN_MINUTES = 600;

export const conntrackExperiment: Experiment<Fact, World> = {
  id: 'conntrack',
  ...textOf(words),
  facts: factsOf(words, {
    full: true,
    alive: 0,
    newcomers: [`${NEWCOMERS} no-answer`],
    dropped: NEWCOMERS,
    evicted: 0,
    newcomer: 'SYN_SENT',
    old: 'hello',
    own: 'EPERM',
    untracked: [`${NEWCOMERS} established`],
    untrackedFull: true,
    lives: ['days', 'minutes'],
    room: ['1 established', '9 no-answer'],
  }),
  byHand: [
    { host: 'server', line: 'sysctl net.netfilter.nf_conntrack_max', prints: 'nf_conntrack_max = [0-9]+' },
    { host: 'server', line: 'iptables -A INPUT -m conntrack --ctstate INVALID -j DROP' },
    {
      host: 'server',
      line: 'for chain in PREROUTING OUTPUT; do iptables -t raw -A $chain -p tcp ! --tcp-flags FIN,RST NONE -j CT --notrack; done',
    },
    { host: 'server', line: 'timeout 15 nc -l -k 192.0.2.2 8892 >/dev/null & sleep 1' },
    { host: 'client', line: 'for i in 1 2 3; do echo hello | timeout 5 nc -N 192.0.2.2 8892; done' },
    { host: 'server', line: 'conntrack -L -p tcp', prints: '43[12][0-9]{3} ESTABLISHED .*dport=8892.*ASSURED' },
    { host: 'server', line: 'ss -Htn state established; conntrack -C', prints: '^3$' },
    {
      host: 'server',
      line: 'iptables -t raw -A PREROUTING -p tcp --dport 8892 -j CT --notrack; iptables -t raw -A OUTPUT -p tcp --sport 8892 -j CT --notrack',
    },
    { host: 'client', line: 'for i in 1 2 3; do echo hello | timeout 5 nc -N 192.0.2.2 8892; done' },
    { host: 'server', line: 'conntrack -C', prints: '^3$' },
  ],
  claims: claimsOf(words, {
    establishedBreak: 'wrong',
    closedIsGone: 'refined',
    lowerTimeoutEmpties: 'wrong',
    oldestMakeWay: 'wrong',
  }),
  families: [4], // the engine that makes the handshakes speaks IPv4 only
  alone: true,
  // Twice what a kernel takes for a limit by itself: some 150 MB of entries, and as many seconds as anybody waits.
  world: { spare: 0, most: 524_288 },
  observe: (options, { spare, most }) =>
    observe(options, async (bench) => {
      bench.scene(words.scenes.before);
      const tracked = new TrackedServer(bench);
      const old = await connectOld(bench);
      const alive = await tracked.fill(spare, most);
      /** What is so because the table is full; left out where it could not be filled. */
      const ofFull = <Value>(value: Value): Value | undefined => (alive === undefined ? undefined : value);
      const full = ofFull(tracked.isFull);
      const { newcomers, dropped, evicted } = await many(bench, tracked);

      bench.scene(words.scenes.oneMore);
      const { newcomer, echoed } = await oneMore(bench, old);
      const own = callResult(() => {
        sendDatagram(bench.lab.server.netns, bench.flow.src, DISCARD_PORT);
      });

      tracked.doNotTrack(UNTRACKED_PORT);
      const untracked = outcomesOf(await arrive(bench, tracked, UNTRACKED_PORT, NEWCOMERS));
      const untrackedFull = ofFull(tracked.isFull);
      bench.scene(words.scenes.lowerTimeout);
      const { lives, room } = await whatMakesRoom(bench, tracked, old);
      return {
        ...{ alive, full, newcomers: ofFull(newcomers), dropped: ofFull(dropped), evicted: ofFull(evicted) },
        ...{ newcomer: ofFull(newcomer), old: echoed, own: ofFull(own) },
        ...{ untracked, untrackedFull, lives: ofFull(lives), room: ofFull(room) },
      };
    }),
};

/** Sends, and gives what comes back. */
type Talk = (text: string) => Promise<string>;

/** A client of a server that sends back what it reads. */
async function connectOld(bench: Bench): Promise<Talk> {
  await bench.lab.server.listen(4, bench.flow.dstPort, (socket) => {
    bench.leases.defer(() => {
      socket.destroy();
    });
    socket.on('error', () => undefined).pipe(socket);
  });
  const { socket, outcome, reads } = startProgram(bench, 'client', bench.flow);
  await outcome;
  let length = 0;
  return async (text) => {
    socket.write(text);
    const before = length;
    length += text.length;
    return (await reads(length)).slice(before);
  };
}

/** So many at once, with a listener for them. */
const arrive = (bench: Bench, tracked: TrackedServer, port: number, count: number): Promise<BulkSummary> =>
  crowd(bench, { count, port, window: count, retries: 0, dropped: () => tracked.state.dropped ?? 0 });

async function many(
  bench: Bench,
  tracked: TrackedServer,
): Promise<Pick<Observed<Fact>, 'newcomers' | 'dropped' | 'evicted'>> {
  const before = tracked.state;
  const newcomers = outcomesOf(await arrive(bench, tracked, NEWCOMERS_PORT, NEWCOMERS));
  const { dropped, evicted } = tracked.state;
  if (dropped === undefined || evicted === undefined) {
    bench.lacks(words.missing.drops);
    return { newcomers, dropped: undefined, evicted: undefined };
  }
  return { newcomers, dropped: dropped - (before.dropped ?? 0), evicted };
}

/** A client that connects, and what the old one is sent back after that. */
async function oneMore(bench: Bench, old: Talk): Promise<{ readonly newcomer: string; readonly echoed: string }> {
  const flow: Flow = { ...bench.flow, srcPort: bench.flow.srcPort + 1 };
  const { socket } = startProgram(bench, 'client', flow);
  const isIts = ({ segment }: ObservedPacket): boolean => segment.srcPort === flow.srcPort;
  await bench.until({ en: 'its SYN', zh: '它的 SYN' }, () => bench.packets().some(isIts));
  // Sent after the SYN and answered, so the SYN has had its chance.
  const echoed = await old('hello');
  const newcomer = bench.lookup('client', flow);
  socket.destroy();
  return { newcomer, echoed };
}

async function whatMakesRoom(
  bench: Bench,
  tracked: TrackedServer,
  old: Talk,
): Promise<Pick<Observed<Fact>, 'lives' | 'room'>> {
  if (!tracked.hasTimeout) {
    bench.lacks(words.missing.timeout);
    return { lives: undefined, room: undefined };
  }
  tracked.setTimeout(TEN_MINUTES);
  await old('still here');
  const closed = tracked.firstFilled;
  const seconds = tracked.secondsLeft([closed, bench.flow]);
  if (seconds === undefined) return { lives: undefined, room: undefined };
  tracked.forget(closed);
  return { lives: seconds.map(lifeOf), room: outcomesOf(await arrive(bench, tracked, NEWCOMERS_PORT, 10)) };
}

/** What an entry has left to live; undefined: there is none. */
const lifeOf = (seconds: number | undefined): string =>
  seconds === undefined ? 'none' : seconds > TEN_MINUTES ? 'days' : 'minutes';
