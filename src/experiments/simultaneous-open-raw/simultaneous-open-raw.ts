/** A kernel socket that connects to a peer made by hand, and is met by its SYN. RFC 9293 §3.5; tcp_rcv_synsent_state_process. */
import { reverseFlow } from '../../wire/flow.js';
import type { Experiment } from '../experiment.js';
import { statesTraced } from '../../lab/bench/kernel-history.js';
import { startProgram } from '../../lab/bench/program.js';
import { observe } from '../observe.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

type Fact = keyof typeof words.facts;

interface World {
  /** Whether the kernel of the hand-made side is kept from answering. */
  readonly filtered: boolean;
}

export const simultaneousOpenRaw: Experiment<Fact, World> = {
  id: 'simultaneous-open-raw',
  ...textOf(words),
  facts: factsOf(words, {
    syn: 'S 0:0(0)',
    synAck: 'S. 0:0(0) ack 1',
    ack: '. 1:1(0) ack 1',
    acknowledged: '. 1:1(0) ack 6',
    outcome: 'connected',
    received: 'hello',
    owners: ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED'],
    ownKernel: 'none',
    states: ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED'],
  }),
  byHand: [],
  claims: claimsOf(words, { synAckNeeded: 'wrong', stateOfServers: 'refined' }),
  world: { filtered: true },
  observe: (options, { filtered }) =>
    observe(options, async (bench) => {
      if (filtered) bench.filter('client');
      const endpoint = bench.byHand('client');
      const flow = reverseFlow(bench.flow);
      const owners: string[] = [];
      const { outcome, reads } = startProgram(bench, 'server', flow);
      const syn = await endpoint.answer();
      const ownKernel = bench.lookup('client');
      owners.push(bench.lookup('server'));
      endpoint.send('S 0:0(0) win 64240 <mss 1460>');
      const synAck = await endpoint.answer();
      owners.push(bench.lookup('server'));
      endpoint.send('S. 0:0(0) ack 1 win 64240 <mss 1460>');
      const ack = await endpoint.answer();
      owners.push(bench.lookup('server'));
      endpoint.send('P. 1:6(5) ack 1 win 64240', { payload: 'hello' });
      const acknowledged = await endpoint.answer();
      const states = statesTraced(bench.kernelEvents(), 'server', flow);
      return {
        ...{ syn, synAck, ack, acknowledged, owners, ownKernel, states },
        outcome: await outcome,
        received: await reads('hello'.length),
      };
    }),
};
