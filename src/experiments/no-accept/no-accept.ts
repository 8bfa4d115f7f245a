/** Connected, and data acknowledged, before anybody calls accept(). tcp_check_req, inet_csk_complete_hashdance. */
import { bindWithoutListening, listenWithoutAccepting } from '../../linux/port/kernel-socket.js';
import type { Experiment } from '../experiment.js';
import { joiningCalls } from '../../lab/bench/kernel-history.js';
import { startProgram } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

interface World {
  /** Whether the server calls listen(), and does not merely bind its port. */
  readonly listening: boolean;
}

const DATA = 'hello';

const words = bilingual(en, zh)({ data: DATA });

type Fact = keyof typeof words.facts;

export const noAccept: Experiment<Fact, World> = {
  id: 'no-accept',
  ...textOf(words),
  facts: factsOf(words, {
    outcome: 'connected',
    owners: ['ESTABLISHED', 'ESTABLISHED'],
    acknowledged: DATA.length,
    queue: 1,
    unread: DATA.length,
    calls: ['bind', 'listen', 'bind', 'connect'],
    accepted: 'at once',
    received: DATA,
  }),
  byHand: [
    // Stopped for two seconds, as by Ctrl-Z, before anybody connects.
    {
      host: 'server',
      line: "timeout 9 bash -c 'nc -l 192.0.2.2 8889 & sleep 0.3; kill -STOP $!; sleep 2; kill -CONT $!; wait' & sleep 0.6",
    },
    { host: 'client', line: '(echo hello; sleep 1) | timeout 5 nc 192.0.2.2 8889 & sleep 0.4' },
    { host: 'server', line: 'ss -tan', prints: 'ESTAB +6 +0 +192\\.0\\.2\\.2:8889' },
    { host: 'server', line: 'wait', prints: 'hello' },
    { host: 'client', line: 'wait' },
  ],
  claims: claimsOf(words, { inAccept: 'wrong', acknowledgedIsReceived: 'wrong' }),
  world: { listening: true },
  observe: (options, { listening }) =>
    observe(options, async (bench) => {
      const { dst, dstPort } = bench.flow;
      const { netns } = bench.lab.server;
      const startedAt = bench.watchCalls();
      const listener = listening ? bench.leases.add(listenWithoutAccepting(netns, dst, dstPort)) : undefined;
      if (listener === undefined) bench.leases.add(bindWithoutListening(netns, dst, dstPort));
      const { outcome, socket } = startProgram(bench, 'client', bench.flow);
      const said = await outcome;
      if (said === 'connected') {
        socket.write(DATA);
        await bench.until(
          { en: 'the data to be acknowledged', zh: '数据得到确认' },
          () => acknowledged(bench) >= DATA.length,
        );
      }
      const table = bench.sockets('server');
      const connection = table.find(({ state }) => state === 'ESTABLISHED');
      const before = {
        outcome: said,
        owners: [bench.lookup('client'), bench.lookup('server')],
        acknowledged: acknowledged(bench),
        queue: table.find(({ state }) => state === 'LISTEN')?.receiveQueue ?? 0,
        unread: connection?.receiveQueue ?? 0,
        calls: joiningCalls(bench.systemCalls(process.pid, startedAt)),
      };
      const accepted = listener?.accept();
      if (accepted !== undefined) bench.leases.add(accepted);
      return { ...before, accepted: accepted === undefined ? 'nothing' : 'at once', received: accepted?.read() ?? '' };
    }),
};

/** How many bytes of the client's the server has acknowledged, its SYN not counted. */
function acknowledged(bench: Bench): number {
  const packets = bench.packets();
  const iss = packets.find(({ from }) => from === 'client')?.segment.seq ?? 0;
  const last = packets.findLast(({ from }) => from === 'server');
  return last === undefined ? 0 : (last.segment.ack - iss - 1) >>> 0;
}
