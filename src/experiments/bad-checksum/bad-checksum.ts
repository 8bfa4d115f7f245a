/** A segment with a wrong checksum, to an open and to a closed port: nobody answers, and nobody is told. RFC 9293 §3.1; tcp_v4_rcv. */
import { listenWithoutAccepting } from '../../linux/port/kernel-socket.js';
import type { Experiment } from '../experiment.js';
import type { Endpoint } from '../../lab/bench/endpoint.js';
import { dropReasons } from '../../lab/bench/kernel-words.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

type Fact = keyof typeof words.facts;

interface World {
  /** What stands in the first SYN's checksum field. */
  readonly checksum: 'wrong' | 'right';
}

export const badChecksum: Experiment<Fact, World> = {
  id: 'bad-checksum',
  ...textOf(words),
  facts: factsOf(words, {
    open: 'none',
    openSound: 'S. 0:0(0) ack 501',
    closed: 'none',
    closedSound: 'R. 0:0(0) ack 501',
    counter: 2,
    reasons: ['TCP_CSUM', 'TCP_CSUM'],
  }),
  byHand: [
    { host: 'server', line: 'timeout 10 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    {
      host: 'client',
      line: 'nmap -n -Pn -sS --badsum --max-retries 0 --host-timeout 5s -p 8888,8889 192.0.2.2',
      prints: '8888/tcp filtered[^]*8889/tcp filtered',
    },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888,8889 192.0.2.2', prints: '8888/tcp open[^]*8889/tcp closed' },
    { host: 'server', line: 'nstat -asz TcpInCsumErrors', prints: 'TcpInCsumErrors +[1-9]' },
  ],
  claims: claimsOf(words, { socketFirst: 'refined' }),
  world: { checksum: 'wrong' },
  observe: (options, { checksum }) =>
    observe(options, async (bench) => {
      const { server } = bench.lab;
      const { dst, dstPort } = bench.flow;
      bench.leases.add(listenWithoutAccepting(server.netns, dst, dstPort));
      bench.filter('client');
      const before = checksumErrors(bench);
      const field = checksum === 'wrong' ? { checksum: WRONG } : {};

      bench.scene(words.scenes.open);
      const open = await sendTwice(bench.byHand('client'), field);
      bench.scene(words.scenes.closed);
      const closed = await sendTwice(bench.byHand('client', { ...bench.flow, dstPort: dstPort + 1 }), field);
      return {
        ...{ open: open.first, openSound: open.second, closed: closed.first, closedSound: closed.second },
        counter: checksumErrors(bench) - before,
        reasons: dropReasons(bench, 'server')?.filter((reason) => reason === 'TCP_CSUM'),
      };
    }),
};

/** The ones' complement of no segment that is sent here. */
const WRONG = 0xbad0;

/** A SYN with this checksum, then a sound one: what each was answered. */
async function sendTwice(
  endpoint: Endpoint,
  field: { readonly checksum?: number },
): Promise<{ first: string; second: string }> {
  endpoint.send('S 0:0(0) win 64240 <mss 1460>', field);
  endpoint.send('S 500:500(0) win 64240 <mss 1460>');
  const answers = [await endpoint.answer()];
  if (!answers[0]?.endsWith('ack 501')) answers.push(await endpoint.answer());
  return { first: answers.length === 2 ? (answers[0] ?? '') : 'none', second: answers.at(-1) ?? '' };
}

/** Of both IP versions: TCP counts them together. */
const checksumErrors = (bench: Bench): number => bench.counters('server')['TcpInCsumErrors'] ?? 0;
