/** A segment with a wrong checksum, to an open and to a closed port: nobody answers, and nobody is told. RFC 9293 §3.1; tcp_v4_rcv. */
import { listenWithoutAccepting } from '../../linux/port/kernel-socket.js';
import type { Experiment } from '../experiment.js';
import type { Endpoint } from '../../lab/bench/endpoint.js';
import { dropReasons } from '../../lab/bench/kernel-words.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';

type Fact = 'open' | 'openSound' | 'closed' | 'closedSound' | 'counter' | 'reasons';

interface World {
  /** What stands in the first SYN's checksum field. */
  readonly checksum: 'wrong' | 'right';
}

export const badChecksum: Experiment<Fact, World> = {
  id: 'bad-checksum',
  title: { en: 'A wrong checksum, and silence', zh: '校验和错误，一片沉默' },
  claim: {
    en: 'A segment with a wrong checksum is thrown away in silence, whether the port is open or closed: not even a RST answers it.',
    zh: '校验和错误的报文段会被悄悄丢弃，无论端口开放还是关闭：连 RST 也没有。',
  },
  steps: [
    {
      en: 'To a port with a listener: a SYN with a wrong checksum, and right behind it a sound SYN whose sequence number is 500 higher.',
      zh: '向有监听者的端口发送校验和错误的 SYN，紧接着再发一个正确的 SYN，序号大 500。',
    },
    {
      en: 'The same to a port on which nobody listens.',
      zh: '对无人监听的端口做同样的事。',
    },
    {
      en: 'Segments are answered in the order in which they come. When the second SYN has its answer and the first has none, it will get none.',
      zh: '报文段按到达的顺序得到回答。第二个 SYN 已有回答而第一个没有，那么它再也不会有了。',
    },
  ],
  facts: {
    open: {
      what: { en: 'answer of the open port to the wrong checksum', zh: '开放端口对错误校验和的回答' },
      expected: 'none',
    },
    openSound: {
      what: { en: 'to the sound SYN behind it', zh: '对其后正确的 SYN 的回答' },
      expected: 'S. 0:0(0) ack 501',
    },
    closed: {
      what: { en: 'answer of the closed port to the wrong checksum', zh: '关闭端口对错误校验和的回答' },
      expected: 'none',
    },
    closedSound: {
      what: { en: 'to the sound SYN behind it', zh: '对其后正确的 SYN 的回答' },
      expected: 'R. 0:0(0) ack 501',
    },
    counter: {
      what: { en: "what the server's TcpInCsumErrors grew by", zh: '服务器的 TcpInCsumErrors 增加了' },
      expected: 2,
    },
    reasons: {
      what: { en: "the kernel's reasons for throwing them away", zh: '内核给出的丢弃原因' },
      expected: ['TCP_CSUM', 'TCP_CSUM'],
    },
  },
  explanation: {
    en: 'The checksum covers the addresses, the ports and all numbers. If it is wrong, none of them can be believed, so there is nobody to answer: the RST might hit a stranger. tcp_v4_rcv() checks it in skb_checksum_init() (short segments) or, where no socket is found, in tcp_checksum_complete() before it would call tcp_v4_send_reset(). Either way it goes to csum_error: trace_tcp_bad_csum(), TCP_MIB_CSUMERRORS and TCP_MIB_INERRS grow, and the segment is freed with the reason TCP_CSUM. For the sender this looks like loss, and its TCP sends again.',
    zh: '校验和覆盖地址、端口和所有编号。校验和错了，这些内容都不可信，也就不知道该回答谁：RST 可能打到无关的人。tcp_v4_rcv() 在 skb_checksum_init()（短报文段）中检查；若没有找到套接字，则在调用 tcp_v4_send_reset() 之前由 tcp_checksum_complete() 检查。两种情况都走到 csum_error：trace_tcp_bad_csum()，TCP_MIB_CSUMERRORS 和 TCP_MIB_INERRS 加一，报文段以 TCP_CSUM 为由被释放。在发送方看来这就是丢包，它的 TCP 会重传。',
  },
  next: [
    {
      en: 'Capture on a machine with checksum offload: packets that its own kernel sends seem to have wrong checksums. They are put right by the network card, after the capture.',
      zh: '在启用校验和卸载的机器上抓包：本机内核发出的报文看起来校验和都不对。它们在抓包之后才由网卡补正。',
    },
    {
      en: 'A firewall that answers a wrong checksum with a RST gives itself away: no real host behind it would have done so (nmap --badsum).',
      zh: '防火墙若用 RST 回应错误的校验和，就暴露了自己：它后面真正的主机不会这样做（nmap --badsum）。',
    },
  ],
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
  claims: [
    {
      text: {
        en: 'The kernel first looks for the socket and leaves the checksum to it.',
        zh: '内核先找到套接字，再由套接字检查校验和。',
      },
      verdict: 'refined',
      because: {
        en: 'No socket is needed for it: the closed port is as silent as the open one, so the checksum was looked at before the RST was made. A long segment of which a socket is found is checked there, in tcp_v4_do_rcv().',
        zh: '检查校验和不需要套接字：关闭的端口和开放的端口同样沉默，可见在产生 RST 之前已经检查过。较长的报文段若找到了套接字，才在 tcp_v4_do_rcv() 中检查。',
      },
    },
  ],
  world: { checksum: 'wrong' },
  observe: (options, { checksum }) =>
    observe(options, async (bench) => {
      const { server } = bench.lab;
      const { dst, dstPort } = bench.flow;
      bench.leases.add(listenWithoutAccepting(server.netns, dst, dstPort));
      bench.filter('client');
      const before = checksumErrors(bench);
      const field = checksum === 'wrong' ? { checksum: WRONG } : {};

      bench.scene({ en: 'to an open port', zh: '发往开放的端口' });
      const open = await sendTwice(bench.byHand('client'), field);
      bench.scene({ en: 'to a closed port', zh: '发往关闭的端口' });
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
  hand: Endpoint,
  field: { readonly checksum?: number },
): Promise<{ first: string; second: string }> {
  hand.send('S 0:0(0) win 64240 <mss 1460>', field);
  hand.send('S 500:500(0) win 64240 <mss 1460>');
  const answers = [await hand.answer()];
  if (!answers[0]?.endsWith('ack 501')) answers.push(await hand.answer());
  return { first: answers.length === 2 ? (answers[0] ?? '') : 'none', second: answers.at(-1) ?? '' };
}

/** Of both IP versions: TCP counts them together. */
const checksumErrors = (bench: Bench): number => bench.counters('server')['TcpInCsumErrors'] ?? 0;
