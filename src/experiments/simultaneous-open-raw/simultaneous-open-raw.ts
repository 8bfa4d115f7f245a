/** A kernel socket that connects to a peer made by hand, and is met by its SYN. RFC 9293 §3.5; tcp_rcv_synsent_state_process. */
import { reverseFlow } from '../../wire/flow.js';
import type { Experiment } from '../experiment.js';
import { statesTraced } from '../../lab/bench/kernel-history.js';
import { startProgram } from '../../lab/bench/program.js';
import { observe } from '../observe.js';

type Fact = 'syn' | 'synAck' | 'ack' | 'outcome' | 'received' | 'acknowledged' | 'owners' | 'ownKernel' | 'states';

interface World {
  /** Whether the kernel of the hand-made side is kept from answering. */
  readonly filtered: boolean;
}

export const simultaneousOpenRaw: Experiment<Fact, World> = {
  id: 'simultaneous-open-raw',
  title: { en: 'A SYN answered by a SYN', zh: '用 SYN 回答 SYN' },
  claim: {
    en: 'A program that called connect() is content with a SYN for an answer: a hand-made peer opens simultaneously with it.',
    zh: '调用了 connect() 的程序也接受以 SYN 作答：手工的对端与它同时打开连接。',
  },
  steps: [
    {
      en: 'An ordinary program on the server connects to port 41000 of the client, on which there is no socket. A filter keeps the client’s kernel from answering RST.',
      zh: '服务器上的普通程序连接客户端的 41000 端口，那里没有套接字。过滤规则不让客户端内核回答 RST。',
    },
    {
      en: 'Its SYN is answered, by hand, with a SYN. It comes back with SYN/ACK.',
      zh: '手工用 SYN 回答它的 SYN。它再以 SYN/ACK 回应。',
    },
    { en: 'SYN/ACK by hand, and then five bytes of data.', zh: '手工发出 SYN/ACK，然后是五个字节的数据。' },
  ],
  facts: {
    syn: { what: { en: 'what the program’s kernel sends first', zh: '程序的内核首先发出' }, expected: 'S 0:0(0)' },
    synAck: { what: { en: 'its answer to our SYN', zh: '对我们的 SYN 的回答' }, expected: 'S. 0:0(0) ack 1' },
    ack: { what: { en: 'its answer to our SYN/ACK', zh: '对我们的 SYN/ACK 的回答' }, expected: '. 1:1(0) ack 1' },
    acknowledged: { what: { en: 'its answer to our data', zh: '对我们的数据的回答' }, expected: '. 1:1(0) ack 6' },
    outcome: {
      what: { en: 'what the program’s connect() says', zh: '程序的 connect() 的结果' },
      expected: 'connected',
    },
    received: { what: { en: 'what the program reads', zh: '程序读到的数据' }, expected: 'hello' },
    owners: {
      what: {
        en: 'its socket before our SYN, after it, after our SYN/ACK',
        zh: '它的套接字：我们的 SYN 之前、之后、SYN/ACK 之后',
      },
      expected: ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED'],
    },
    ownKernel: {
      what: { en: 'who owns the four-tuple on the hand-made side', zh: '手工一侧的四元组归谁' },
      expected: 'none',
    },
    states: {
      what: { en: 'states of the socket, as its kernel says', zh: '内核说出的套接字状态' },
      expected: ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED'],
    },
  },
  explanation: {
    en: 'In SYN_SENT, tcp_rcv_synsent_state_process() looks at the ACK flag first: with it, SYN/ACK completes the handshake of every day; without it, a SYN makes SYN_RECV and draws SYN/ACK (tcp_send_synack). From there on the socket waits for any acceptable ACK (tcp_rcv_state_process), our SYN/ACK carries one. Nothing here was ever in LISTEN. The hand-made side has no socket at all, and its kernel would have answered the program’s SYN with RST (tcp_v4_send_reset): that is why it is filtered.',
    zh: '在 SYN_SENT 状态，tcp_rcv_synsent_state_process() 先看 ACK 标志：有它，SYN/ACK 完成平常的握手；没有它，一个 SYN 使状态变为 SYN_RECV，并引出 SYN/ACK（tcp_send_synack）。此后套接字等待任何可接受的 ACK（tcp_rcv_state_process），我们的 SYN/ACK 就带着它。这里从来没有谁处于 LISTEN。手工一侧根本没有套接字，它的内核本会用 RST 回答程序的 SYN（tcp_v4_send_reset），所以要过滤。',
  },
  next: [
    {
      en: 'Send a plain ACK, `. 1:1(0) ack 1`, in place of our SYN/ACK: it is enough.',
      zh: '把我们的 SYN/ACK 换成单纯的 ACK `. 1:1(0) ack 1`：也够了。',
    },
    {
      en: 'Put data into our SYN: Linux acknowledges the SYN only, and the data has to come again.',
      zh: '在我们的 SYN 里带上数据：Linux 只确认 SYN，数据得重发。',
    },
  ],
  byHand: [],
  claims: [
    {
      text: { en: 'connect() must be answered with SYN/ACK.', zh: 'connect() 必须得到 SYN/ACK 的回答。' },
      verdict: 'wrong',
      because: {
        en: 'A SYN will do. It leads through SYN_RECV to ESTABLISHED, and the program notices nothing.',
        zh: '一个 SYN 也行。状态经 SYN_RECV 到 ESTABLISHED，程序毫无察觉。',
      },
    },
    {
      text: { en: 'SYN_RECV is a state of servers.', zh: 'SYN_RECV 是服务器的状态。' },
      verdict: 'refined',
      because: {
        en: 'A server’s half-open entry is in it, and so is a client whose SYN was met by another SYN.',
        zh: '服务器的半开条目处于这个状态；自己的 SYN 遇到对方 SYN 的客户端也是。',
      },
    },
  ],
  world: { filtered: true },
  observe: (options, { filtered }) =>
    observe(options, async (bench) => {
      if (filtered) bench.filter('client');
      const hand = bench.byHand('client');
      const flow = reverseFlow(bench.flow);
      const owners: string[] = [];
      const { outcome, reads } = startProgram(bench, 'server', flow);
      const syn = await hand.answer();
      const ownKernel = bench.lookup('client');
      owners.push(bench.lookup('server'));
      hand.send('S 0:0(0) win 64240 <mss 1460>');
      const synAck = await hand.answer();
      owners.push(bench.lookup('server'));
      hand.send('S. 0:0(0) ack 1 win 64240 <mss 1460>');
      const ack = await hand.answer();
      owners.push(bench.lookup('server'));
      hand.send('P. 1:6(5) ack 1 win 64240', { payload: 'hello' });
      const acknowledged = await hand.answer();
      const states = statesTraced(bench.kernelEvents(), 'server', flow);
      return {
        ...{ syn, synAck, ack, acknowledged, owners, ownKernel, states },
        outcome: await outcome,
        received: await reads('hello'.length),
      };
    }),
};
