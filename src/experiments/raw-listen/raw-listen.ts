/** An ordinary client reaches a port on which nothing listens: its SYN is answered by hand. RFC 9293 §3.10.7.2. */
import type { Socket } from 'node:net';
import { once } from 'node:events';
import type { Experiment } from '../experiment.js';
import type { Endpoint } from '../../lab/bench/endpoint.js';
import { resetReasons } from '../../lab/bench/kernel-words.js';
import { connectResult } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { linesOfSs } from '../../lab/bench/tool.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

type Fact = keyof typeof words.facts;

interface World {
  /** Whether the filter is installed for the second try. */
  readonly filter: boolean;
}

export const rawListen: Experiment<Fact, World> = {
  id: 'raw-listen',
  ...textOf(words),
  facts: factsOf(words, {
    unfiltered: 'ECONNREFUSED',
    late: 'R 1:1(0)',
    listeners: 0,
    owner: 'none',
    filtered: 'connected',
    received: 'P. 1:6(5) ack 1',
    replied: 'hello',
    reasons: ['NO_SOCKET'],
  }),
  byHand: [
    { host: 'client', line: 'nc -v -w 2 192.0.2.2 8888', prints: 'Connection refused' },
    { host: 'server', line: 'iptables -t raw -I OUTPUT -p tcp --sport 8888 --tcp-flags RST RST -j DROP' },
    { host: 'client', line: 'nc -v -w 2 192.0.2.2 8888', prints: 'timed out' },
    { host: 'server', line: 'iptables -t raw -L OUTPUT -nvx', prints: '[1-9]\\d* +[1-9]\\d* DROP' },
    { host: 'server', line: 'ss -Htln | wc -l', prints: '^0$' },
  ],
  claims: claimsOf(words, { listenNeeded: 'wrong' }),
  world: { filter: true },
  observe: (options, { filter }) =>
    observe(options, async (bench) => {
      bench.scene(words.scenes.unfiltered);
      const first = await answeredByHand(bench);
      const late = await first.endpoint.answer();

      bench.scene(words.scenes.filtered);
      if (filter) bench.filter('server');
      const { endpoint, socket, result: filtered } = await answeredByHand(bench);
      const listeners = (await linesOfSs(bench, 'server', '-tln'))?.length;
      const owner = bench.lookup('server');
      const observed = { unfiltered: first.result, late, listeners, owner, filtered };
      const spoken = filtered === 'connected' ? await converse(endpoint, socket) : { received: '', replied: '' };
      return { ...observed, ...spoken, reasons: resetReasons(bench, 'server') };
    }),
};

/** A program connects, and its SYN is answered by hand. */
async function answeredByHand(bench: Bench): Promise<{ endpoint: Endpoint; socket: Socket; result: string }> {
  const endpoint = bench.byHand('server');
  const socket = bench.lab.client.connect(bench.flow);
  bench.leases.defer(() => socket.destroy());
  const result = connectResult(socket);
  await endpoint.next();
  endpoint.send('S. 0:0(0) ack 1 win 64240 <mss 1460>');
  return { endpoint, socket, result: await result };
}

/** "hello" to the hand-made side and back, then an orderly close. */
async function converse(endpoint: Endpoint, socket: Socket): Promise<{ received: string; replied: string }> {
  await endpoint.next(); // the ACK of the handshake
  socket.write('hello');
  const data = await endpoint.next();
  endpoint.send('P. 1:6(5) ack 6 win 64240', { payload: data.payload });
  const [replied] = (await once(socket, 'data')) as [Buffer];
  socket.end();
  await endpoint.expect('F. 6:6(0) ack 6', { skip: true });
  endpoint.send('F. 6:6(0) ack 7 win 64240');
  await endpoint.next();
  return { received: endpoint.say(data), replied: replied.toString() };
}
