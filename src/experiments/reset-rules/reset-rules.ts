/** Nine segments to a closed port: which RST answers each, and when none. RFC 9293 §3.10.7.1; tcp_v4_send_reset. */
import type { Text } from '../../error.js';
import { TcpFlag, type TcpSegment } from '../../wire/index.js';
import { listenWithoutAccepting } from '../../linux/port/kernel-socket.js';
import type { ExpectedFact, Experiment } from '../experiment.js';
import { type Endpoint, ISS } from '../../lab/bench/endpoint.js';
import { resetReasons } from '../../lab/bench/kernel-words.js';
import { observe } from '../observe.js';

type SegmentName = 'syn' | 'fin' | 'data' | 'synFinData' | 'rst' | 'rstAck' | 'ack' | 'synAck' | 'finAckData';

interface Case {
  readonly sent: string;
  readonly what: Text;
  /** `none`: no RST. */
  readonly answer: string;
}

/** The n-th from 0 begins at sequence number 100 n and acknowledges 1000 n, so that each answer tells what it answers. */
const CASES: Readonly<Record<SegmentName, Case>> = {
  syn: { sent: 'S 0:0(0)', what: { en: 'SYN', zh: 'SYN' }, answer: 'R. 0:0(0) ack 1' },
  fin: { sent: 'F 100:100(0)', what: { en: 'FIN without ACK', zh: '不带 ACK 的 FIN' }, answer: 'R. 0:0(0) ack 101' },
  data: {
    sent: '- 200:205(5)',
    what: { en: 'five bytes without ACK', zh: '不带 ACK 的 5 字节数据' },
    answer: 'R. 0:0(0) ack 205',
  },
  synFinData: {
    sent: 'FS 300:305(5)',
    what: { en: 'SYN, FIN and five bytes at once', zh: 'SYN、FIN 和 5 字节数据一起' },
    answer: 'R. 0:0(0) ack 307',
  },
  rst: { sent: 'R 400:400(0)', what: { en: 'RST', zh: 'RST' }, answer: 'none' },
  rstAck: { sent: 'R. 500:500(0) ack 5000', what: { en: 'RST/ACK', zh: 'RST/ACK' }, answer: 'none' },
  ack: { sent: '. 600:600(0) ack 6000', what: { en: 'ACK', zh: 'ACK' }, answer: 'R 6000:6000(0)' },
  synAck: { sent: 'S. 700:700(0) ack 7000', what: { en: 'SYN/ACK', zh: 'SYN/ACK' }, answer: 'R 7000:7000(0)' },
  finAckData: {
    sent: 'FP. 800:805(5) ack 8000',
    what: { en: 'FIN/ACK with five bytes', zh: '带 5 字节数据的 FIN/ACK' },
    answer: 'R 8000:8000(0)',
  },
};

const NAMES = Object.keys(CASES) as readonly SegmentName[];

interface World {
  /** Whether somebody listens on the port. */
  readonly listening: boolean;
}

export const resetRules: Experiment<SegmentName | 'owner' | 'reason', World> = {
  id: 'reset-rules',
  title: { en: 'Nine segments to nobody', zh: '发给无人的九个报文段' },
  claim: {
    en: 'A segment that no socket owns is answered by RST, unless it is a RST itself; whether its ACK flag is set decides which numbers the RST carries.',
    zh: '没有套接字认领的报文段会得到 RST，除非它自己就是 RST；RST 带什么编号，取决于该报文段是否带 ACK 标志。',
  },
  steps: [
    {
      en: 'Nine segments go to a port of the server on which nobody listens, right behind each other. Each has numbers of its own, so that an answer tells which one it answers.',
      zh: '九个报文段接连发往服务器上无人监听的端口。每个都有自己的编号，从回答就能看出它回答的是哪一个。',
    },
    {
      en: 'Four without ACK, two RSTs, three with ACK. When the last one has its answer, what has none by then gets none: answers come in order.',
      zh: '四个不带 ACK，两个是 RST，三个带 ACK。回答按顺序到来：最后一个得到回答时仍没有回答的，就不会有了。',
    },
  ],
  facts: {
    ...(Object.fromEntries(
      NAMES.map((name) => [name, { what: CASES[name].what, expected: CASES[name].answer }]),
    ) as Record<SegmentName, ExpectedFact>),
    owner: { what: { en: 'who owned the four-tuple', zh: '四元组归谁' }, expected: 'none' },
    reason: { what: { en: "the kernel's reason for every RST", zh: '内核给出的 RST 原因' }, expected: ['NO_SOCKET'] },
  },
  explanation: {
    en: 'tcp_v4_rcv() finds no socket and calls tcp_v4_send_reset(). That returns at once if th->rst is set: a RST answered by a RST would go to and fro for ever. Otherwise the RST must be believable to whoever sent the segment. With ACK set, the other side has said which number it expects next, and the RST takes exactly that for its own: seq = ack_seq, and no ACK flag. Without ACK nothing is known of what it expects; the RST then has seq 0 and proves by its acknowledgment that it has seen the segment: ack = seq + SYN + FIN + length. A receiver believes the first by its place in the window, the second, in SYN_SENT, because it acknowledges the SYN. Nothing else of the segment matters: a senseless set of flags such as SYN with FIN is counted and answered like any other.',
    zh: 'tcp_v4_rcv() 找不到套接字，便调用 tcp_v4_send_reset()。如果 th->rst 已置位，它立即返回：用 RST 回应 RST 会没完没了。除此之外，RST 必须让对方相信。报文段带 ACK 时，对方已经说明期待的下一个序号，RST 就正好用它作自己的序号：seq = ack_seq，不带 ACK 标志。不带 ACK 时，不知道对方期待什么，RST 的序号便为 0，并用确认号证明自己见过该报文段：ack = seq + SYN + FIN + 长度。接收方相信前者，是因为序号落在窗口内；处于 SYN_SENT 时相信后者，是因为它确认了 SYN。报文段的其他内容无关紧要：SYN 与 FIN 同时出现这样无意义的标志组合，也照样计数、照样回应。',
  },
  isOfNumbers: true,
  next: [
    {
      en: 'Send the same nine to a listener: of those without ACK, only a SYN is answered; those with ACK get the same RST.',
      zh: '把这九个报文段发给监听者：不带 ACK 的只有 SYN 得到回答；带 ACK 的得到同样的 RST。',
    },
    {
      en: 'A segment without any flag and without data: what will the RST acknowledge?',
      zh: '再试一个没有任何标志、也没有数据的报文段：RST 会确认到几号？',
    },
    {
      en: 'A raw handshake fails by the second rule: the SYN/ACK has ACK set, so the RST carries just the number that the server expects (raw-alone).',
      zh: '原始套接字的握手就败在第二条规则上：SYN/ACK 带有 ACK，所以 RST 的序号正好是服务器期待的（raw-alone）。',
    },
  ],
  byHand: [
    {
      host: 'client',
      line: 'timeout 4 tcpdump -Snli eth0 -c 8 tcp port 8888 2>/dev/null & sleep 1; for flags in syn fin rst ack synack; do nmap -n -Pn -sS --scanflags $flags --max-retries 0 -p 8888 192.0.2.2 >/dev/null; done; wait $!',
      prints: 'Flags \\[R\\.\\], seq 0, ack',
    },
  ],
  claims: [
    {
      text: {
        en: 'A segment with a right checksum to a port without a socket is answered by RST.',
        zh: '发往没有套接字的端口、校验和正确的报文段，都会得到 RST。',
      },
      verdict: 'refined',
      because: {
        en: 'Not if it is a RST itself. And there are two kinds of answer: without ACK in the segment, RST/ACK with sequence number 0; with ACK, a RST that takes the acknowledgment for its sequence number.',
        zh: '如果它自己就是 RST，则没有回应。而且回应有两种：报文段不带 ACK 时，得到序号为 0 的 RST/ACK；带 ACK 时，得到以其确认号为序号的 RST。',
      },
    },
  ],
  world: { listening: false },
  observe: (options, { listening }) =>
    observe(options, async (bench) => {
      const { dst, dstPort } = bench.flow;
      if (listening) bench.leases.add(listenWithoutAccepting(bench.lab.server.netns, dst, dstPort));
      const owner = bench.lookup('server');
      const hand = bench.byHand('client');
      for (const name of NAMES) hand.send(CASES[name].sent);
      return { ...(await answersTo(hand)), owner, reason: resetReasons(bench, 'server') };
    }),
};

/** What each was answered, once the last one is. */
async function answersTo(hand: Endpoint): Promise<Record<SegmentName, string>> {
  const answers = Object.fromEntries(NAMES.map((name) => [name, 'none'])) as Record<SegmentName, string>;
  for (;;) {
    const segment = await hand.next();
    const name = answered(segment);
    if (name !== undefined) answers[name] = hand.say(segment);
    if (name === NAMES.at(-1)) return answers;
  }
}

/** Which segment it answers, by its numbers. */
const answered = ({ flags, seq, ack }: TcpSegment): SegmentName | undefined =>
  NAMES[(flags & TcpFlag.ACK) === 0 ? Math.floor(seq / 1000) : Math.floor((ack - ISS) / 100)];
