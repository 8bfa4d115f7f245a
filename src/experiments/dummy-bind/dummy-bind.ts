/** Three sockets that hold the source port, and none of them owns the four-tuple: the RST comes all the same. __inet_lookup_skb. */
import { bindWithoutListening, listenWithoutAccepting } from '../../linux/port/kernel-socket.js';
import { openPeer } from '../../lab/peer.js';
import type { Experiment } from '../experiment.js';
import { resetReasons } from '../../lab/bench/kernel-words.js';
import { connectResult } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

/** What the client's own socket does with the port. */
type Dummy = keyof typeof words.scenes;

const NAMES = Object.keys(words.scenes) as readonly Dummy[];

interface World {
  /** Whether a filter keeps the RSTs from leaving after all. */
  readonly filtered: boolean;
}

export const dummyBind: Experiment<keyof typeof words.facts, World> = {
  id: 'dummy-bind',
  ...textOf(words),
  facts: factsOf(words, {
    bound: 'R 1:1(0)',
    listening: 'R 1:1(0)',
    connectedElsewhere: 'R 1:1(0)',
    owners: ['none', 'LISTEN', 'none'],
    resets: ['R 1:1(0)', 'R 1:1(0)', 'R 1:1(0)'],
    reasons: ['NO_SOCKET', 'TCP_FLAGS'],
  }),
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    {
      host: 'client',
      line: `timeout 15 perl -MSocket -e 'socket S, AF_INET, SOCK_STREAM, 0; bind S, pack_sockaddr_in(41000, inet_aton "192.0.2.1"); sleep 15' &`,
    },
    {
      host: 'client',
      line: 'timeout 5 tcpdump -nli eth0 -c 3 tcp 2>/dev/null & sleep 1; nmap -n -Pn -sS -g 41000 -p 8888 192.0.2.2; wait $!',
      prints: 'Flags \\[S\\.\\][^]*\\.41000 > 192\\.0\\.2\\.2\\.8888: Flags \\[R\\]',
    },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^0$' },
  ],
  claims: claimsOf(words, { boundKeepsRstAway: 'wrong' }),
  world: { filtered: false },
  observe: (options, { filtered }) =>
    observe(options, async (bench) => {
      const { server } = bench.lab;
      bench.leases.add(await openPeer(server, bench.family, bench.flow.dstPort));
      bench.leases.add(await openPeer(server, bench.family, bench.flow.dstPort + 1));
      if (filtered) bench.filter('client');
      const owners: string[] = [];
      const resets: string[] = [];
      const answers: Partial<Record<Dummy, string>> = {};
      for (const name of NAMES) {
        bench.scene(words.scenes[name]);
        const dummy = await open[name](bench);
        const before = bench.kernelResets('client').length;
        const endpoint = bench.byHand('client');
        endpoint.send('S 0:0(0) win 64240 <mss 1460>');
        await endpoint.answer();
        owners.push(bench.lookup('client'));
        // Were its half-open entry gone, the server would answer the late ACK by RST.
        endpoint.send('P. 1:6(5) ack 1 win 64240', { payload: 'hello' });
        const answer = await endpoint.answer();
        answers[name] = answer;
        // A connection that has survived would meet the next SYN.
        if (!answer.startsWith('R')) endpoint.send('R 6:6(0)');
        const [reset] = bench.kernelResets('client').slice(before);
        resets.push(reset === undefined ? 'none' : endpoint.sayOurs(reset));
        dummy.close();
      }
      const { bound = '', connectedElsewhere = '', listening = '' } = answers;
      return {
        bound,
        connectedElsewhere,
        listening,
        owners,
        resets,
        reasons: resetReasons(bench, 'client', bench.flow.dstPort),
      };
    }),
};

interface OpenDummy {
  /** Frees the port. */
  close(): void;
}

const open: Readonly<Record<Dummy, (bench: Bench) => OpenDummy | Promise<OpenDummy>>> = {
  bound: ({ lab, flow }) => bindWithoutListening(lab.client.netns, flow.src, flow.srcPort),
  listening: ({ lab, flow }) => listenWithoutAccepting(lab.client.netns, flow.src, flow.srcPort),
  async connectedElsewhere({ lab, flow, leases }) {
    const socket = lab.client.connect({ ...flow, dstPort: flow.dstPort + 1 });
    leases.defer(() => socket.destroy());
    await connectResult(socket);
    return { close: () => undefined }; // the last one: it stays until the lab is taken down
  },
};
