/** Nine segments to a closed port: which RST answers each, and when none. RFC 9293 §3.10.7.1; tcp_v4_send_reset. */
import { TcpFlag, type TcpSegment } from '../../wire/index.js';
import { listenWithoutAccepting } from '../../linux/port/kernel-socket.js';
import type { Experiment } from '../experiment.js';
import { type Endpoint, ISS } from '../../lab/bench/endpoint.js';
import { resetReasons } from '../../lab/bench/kernel-words.js';
import { observe } from '../observe.js';
import { bilingual, claimsOf, factsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

type SegmentName = Exclude<keyof typeof words.facts, 'owner' | 'reason'>;

interface Case {
  readonly sent: string;
  /** `none`: no RST. */
  readonly answer: string;
}

/** The n-th from 0 begins at sequence number 100 n and acknowledges 1000 n, so that each answer tells what it answers. */
const CASES: Readonly<Record<SegmentName, Case>> = {
  syn: { sent: 'S 0:0(0)', answer: 'R. 0:0(0) ack 1' },
  fin: { sent: 'F 100:100(0)', answer: 'R. 0:0(0) ack 101' },
  data: { sent: '- 200:205(5)', answer: 'R. 0:0(0) ack 205' },
  synFinData: { sent: 'FS 300:305(5)', answer: 'R. 0:0(0) ack 307' },
  rst: { sent: 'R 400:400(0)', answer: 'none' },
  rstAck: { sent: 'R. 500:500(0) ack 5000', answer: 'none' },
  ack: { sent: '. 600:600(0) ack 6000', answer: 'R 6000:6000(0)' },
  synAck: { sent: 'S. 700:700(0) ack 7000', answer: 'R 7000:7000(0)' },
  finAckData: { sent: 'FP. 800:805(5) ack 8000', answer: 'R 8000:8000(0)' },
};

const NAMES = Object.keys(CASES) as readonly SegmentName[];

interface World {
  /** Whether somebody listens on the port. */
  readonly listening: boolean;
}

export const resetRules: Experiment<keyof typeof words.facts, World> = {
  id: 'reset-rules',
  ...textOf(words),
  facts: factsOf(words, {
    ...(Object.fromEntries(NAMES.map((name) => [name, CASES[name].answer])) as Record<SegmentName, string>),
    owner: 'none',
    reason: ['NO_SOCKET'],
  }),
  isOfNumbers: true,
  byHand: [
    {
      host: 'client',
      line: 'timeout 4 tcpdump -Snli eth0 -c 8 tcp port 8888 2>/dev/null & sleep 1; for flags in syn fin rst ack synack; do nmap -n -Pn -sS --scanflags $flags --max-retries 0 -p 8888 192.0.2.2 >/dev/null; done; wait $!',
      prints: 'Flags \\[R\\.\\], seq 0, ack',
    },
  ],
  claims: claimsOf(words, { alwaysReset: 'refined' }),
  world: { listening: false },
  observe: (options, { listening }) =>
    observe(options, async (bench) => {
      const { dst, dstPort } = bench.flow;
      if (listening) bench.leases.add(listenWithoutAccepting(bench.lab.server.netns, dst, dstPort));
      const owner = bench.lookup('server');
      const endpoint = bench.byHand('client');
      for (const name of NAMES) endpoint.send(CASES[name].sent);
      return { ...(await answersTo(endpoint)), owner, reason: resetReasons(bench, 'server') };
    }),
};

/** What each was answered, once the last one is. */
async function answersTo(endpoint: Endpoint): Promise<Record<SegmentName, string>> {
  const answers = Object.fromEntries(NAMES.map((name) => [name, 'none'])) as Record<SegmentName, string>;
  for (;;) {
    const segment = await endpoint.next();
    const name = answered(segment);
    if (name !== undefined) answers[name] = endpoint.say(segment);
    if (name === NAMES.at(-1)) return answers;
  }
}

/** Which segment it answers, by its numbers. */
const answered = ({ flags, seq, ack }: TcpSegment): SegmentName | undefined =>
  NAMES[(flags & TcpFlag.ACK) === 0 ? Math.floor(seq / 1000) : Math.floor((ack - ISS) / 100)];
