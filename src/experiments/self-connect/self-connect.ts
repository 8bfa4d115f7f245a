/** One kernel socket connected to itself: the same address and port on both ends. RFC 9293 §3.5; tcp_rcv_synsent_state_process. */
import { endpoint } from '../../wire/flow.js';
import type { Experiment } from '../experiment.js';
import { joiningCalls, statesTraced } from '../../lab/bench/kernel-history.js';
import { startProgram } from '../../lab/bench/program.js';
import { segmentsOf } from '../../lab/bench/segments.js';
import { observe } from '../observe.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

interface World {
  /** Whether the socket connects to the very port that it is bound to, and not to the next one. */
  readonly toItself: boolean;
}

const TEXT = 'Hello, myself~';
const ENDS = { 4: endpoint('192.0.2.1', 41000), 6: endpoint('2001:db8::1', 41000) };

const words = bilingual(en, zh)({ text: TEXT });

type Fact = keyof typeof words.facts;

export const selfConnect: Experiment<Fact, World> = {
  id: 'self-connect',
  ...textOf(words),
  facts: factsOf(words, {
    outcome: 'connected',
    segments: ['S 0:0(0)', 'S. 0:0(0) ack 1', '. 1:1(0) ack 1'],
    link: 0,
    entries: { 4: [`${ENDS[4]} ${ENDS[4]} ESTABLISHED`], 6: [`${ENDS[6]} ${ENDS[6]} ESTABLISHED`] },
    owner: 'ESTABLISHED',
    listeners: 0,
    echo: TEXT,
    states: ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED'],
    calls: ['bind', 'connect'],
  }),
  byHand: [
    {
      host: 'client',
      line: "(echo 'Hello, myself~'; sleep 1) | timeout 5 nc -N -p 41000 -s 192.0.2.1 192.0.2.1 41000 & sleep 0.4",
      prints: 'Hello, myself~',
    },
    { host: 'client', line: 'ss -tan', prints: 'ESTAB.*192\\.0\\.2\\.1:41000 +192\\.0\\.2\\.1:41000' },
    { host: 'client', line: 'wait' },
  ],
  claims: claimsOf(words, { specialCase: 'confirmed', twoSockets: 'refined' }),
  world: { toItself: true },
  observe: (options, { toItself }) =>
    observe(options, async (bench) => {
      bench.watchLoopback('client');
      const { src, srcPort } = bench.flow;
      const flow = { src, srcPort, dst: src, dstPort: toItself ? srcPort : srcPort + 1 };
      const startedAt = bench.watchCalls();
      const { outcome, socket, reads } = startProgram(bench, 'client', flow);
      const said = await outcome;
      const handshake = segmentsOf(bench.packets(), flow).slice(0, 3);
      const table = bench.sockets('client');
      const owner = bench.lookup('client', flow);
      if (said === 'connected') socket.write(TEXT);
      const echo = said === 'connected' ? await reads(TEXT.length) : '';
      return {
        outcome: said,
        segments: handshake,
        link: bench.packets().filter(({ from, to }) => to !== from).length,
        entries: table.map((row) => `${endpoint(row.src, row.srcPort)} ${endpoint(row.dst, row.dstPort)} ${row.state}`),
        owner,
        listeners: table.filter(({ state }) => state === 'LISTEN').length,
        echo,
        states: statesTraced(bench.kernelEvents(), 'client', flow),
        calls: joiningCalls(bench.systemCalls(process.pid, startedAt)),
      };
    }),
};
