/** The same SYN meets an established connection, a listener, and nothing. RFC 9293 §3.10.7; tcp_v4_rcv, __inet_lookup_skb. */
import { listenWithoutAccepting } from '../../linux/port/kernel-socket.js';
import type { Experiment } from '../experiment.js';
import { observe } from '../observe.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

type Fact = keyof typeof words.facts;

interface World {
  /** Whether somebody listens on the port. */
  readonly listening: boolean;
}

export const lookupOrder: Experiment<Fact, World> = {
  id: 'lookup-order',
  ...textOf(words),
  facts: factsOf(words, {
    listener: 'S. 0:0(0) ack 1',
    established: '. 1:1(0) ack 6',
    nothing: 'R. 0:0(0) ack 1',
    owners: ['LISTEN', 'ESTABLISHED', 'none'],
  }),
  isOfNumbers: true,
  byHand: [
    { host: 'server', line: 'timeout 20 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    { host: 'client', line: 'sleep 15 | nc -q 0 -p 41000 192.0.2.2 8888 &' },
    { host: 'server', line: 'sleep 1; ss -Htan state established', prints: '192\\.0\\.2\\.1:41000' },
    {
      host: 'client',
      line: 'timeout 5 tcpdump -nli eth0 -c 2 port 41000 2>/dev/null & sleep 1; nmap -n -Pn -sS -g 41000 --max-retries 0 -p 8888 192.0.2.2 >/dev/null; wait $!',
      prints: 'Flags \\[S\\][^]*Flags \\[\\.\\]',
    },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888,8889 192.0.2.2', prints: '8888/tcp open[^]*8889/tcp closed' },
  ],
  claims: claimsOf(words, { byPort: 'wrong' }),
  world: { listening: true },
  observe: (options, { listening }) =>
    observe(options, async (bench) => {
      const { dst, dstPort } = bench.flow;
      if (listening) bench.leases.add(listenWithoutAccepting(bench.lab.server.netns, dst, dstPort));
      bench.filter('client');
      const syn = 'S 0:0(0) win 64240 <mss 1460>';
      const endpoint = bench.byHand('client');
      const owners: string[] = [];
      bench.scene(words.facts.listener);
      owners.push(bench.lookup('server'));
      endpoint.send(syn);
      const listener = await endpoint.answer();
      // With data: nobody answers a bare ACK, and the answer says that the connection is there.
      endpoint.send('P. 1:6(5) ack 1 win 64240', { payload: 'hello' });
      await endpoint.answer();
      bench.scene(words.facts.established);
      owners.push(bench.lookup('server'));
      endpoint.send(syn);
      const established = await endpoint.answer();

      bench.scene(words.facts.nothing);
      const elsewhere = { ...bench.flow, dstPort: dstPort + 1 };
      const { src, srcPort } = bench.flow;
      owners.push(bench.lookup('server', { src: dst, srcPort: dstPort + 1, dst: src, dstPort: srcPort }));
      bench.filter('client', elsewhere);
      const other = bench.byHand('client', elsewhere);
      other.send(syn);
      return { listener, established, nothing: await other.answer(), owners };
    }),
};
