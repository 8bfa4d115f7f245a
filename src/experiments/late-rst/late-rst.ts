/** The filter removed while the peer still repeats a segment: the RST that it kept away comes late. tcp_retransmit_timer. */
import type { Socket } from 'node:net';
import { openPeer } from '../../lab/peer.js';
import { until } from '../../lab/until.js';
import type { Experiment } from '../experiment.js';
import { observe } from '../observe.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

type Fact = keyof typeof words.facts;

interface World {
  /** Whether the filter is still there when the segment comes again. */
  readonly filterStays: boolean;
  /** It goes when the segment has come again once: to remove it may take longer than the 200 ms until then. */
  readonly filterGoesLate: boolean;
}

export const lateRst: Experiment<Fact, World> = {
  id: 'late-rst',
  ...textOf(words),
  facts: factsOf(words, {
    owner: 'ESTABLISHED',
    first: 'P. 1:8(7) ack 1',
    quiet: 0,
    again: 'P. 1:8(7) ack 1',
    reset: 'R 1:1(0)',
    program: 'ECONNRESET',
    after: 'R 8:8(0)',
  }),
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    { host: 'client', line: 'iptables -t raw -I OUTPUT -p tcp -d 192.0.2.2 --tcp-flags RST RST -j DROP' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^1$' },
    { host: 'client', line: 'iptables -t raw -D OUTPUT -p tcp -d 192.0.2.2 --tcp-flags RST RST -j DROP' },
    {
      host: 'client',
      line: 'timeout 8 tcpdump -nli eth0 -c 2 tcp 2>/dev/null',
      prints: 'Flags \\[S\\.\\][^]*Flags \\[R\\]',
    },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^0$' },
  ],
  claims: claimsOf(words, { filterNoLongerNeeded: 'wrong' }),
  world: { filterStays: false, filterGoesLate: false },
  observe: (options, { filterStays, filterGoesLate }) =>
    observe(options, async (bench) => {
      const welcome = (socket: Socket) => socket.write('welcome');
      const peer = bench.leases.add(await openPeer(bench.lab.server, bench.family, bench.flow.dstPort, welcome));
      const filter = bench.filter('client');
      const endpoint = bench.byHand('client');
      bench.scene(words.scenes.filtered);
      endpoint.send('S 0:0(0) win 64240 <mss 1460>');
      await endpoint.answer();
      endpoint.send('. 1:1(0) ack 1 win 64240');
      const first = await endpoint.answer();
      const owner = bench.lookup('server');
      const quiet = bench.kernelResets('client').length;

      bench.scene(words.scenes.unfiltered);
      const onArrival = (check: () => void) => endpoint.onArrival(check);
      if (filterGoesLate)
        await until(
          { en: 'the segment again', zh: '该报文段再次到来' },
          () => endpoint.hasNext,
          onArrival,
          bench.signal,
        );
      if (!filterStays) filter.close();
      const again = await endpoint.answer();
      // One that came before the filter was gone has drawn none: then the next one does.
      const isReset = (): boolean => bench.kernelResets('client').length > quiet;
      const onFrame = (check: () => void) => bench.onFrame(check);
      if (!filterStays)
        await until({ en: "the RST of the client's kernel", zh: '客户端内核的 RST' }, isReset, onFrame, bench.signal);
      // What this meets tells whether a RST went before it.
      endpoint.send('P. 1:2(1) ack 8 win 64240');
      let after = await endpoint.answer();
      while (after === again) after = await endpoint.answer();
      const lives = (): boolean => !after.startsWith('R');
      const onProgress = (check: () => void) => peer.onProgress(check);
      await until(
        { en: "the server's program to be told", zh: '服务器程序得知结果' },
        () => lives() || peer.error !== undefined,
        onProgress,
        bench.signal,
      );
      const [reset = 'none'] = bench.kernelResets('client').map((segment) => endpoint.sayOurs(segment));
      return { owner, first, quiet, again, reset, program: peer.error ?? 'still connected', after };
    }),
};
