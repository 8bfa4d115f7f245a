/** SYNs that are never acknowledged: half-open entries, their SYN/ACK retransmitted, and SYN cookies. RFC 4987; tcp_conn_request. */
import { DEFAULT_MARK } from '../../filter/plan.js';
import { listenWithoutAccepting } from '../../linux/port/kernel-socket.js';
import type { Owner } from '../../evidence/lookup.js';
import type { ObservedPacket } from '../../evidence/packet.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import { emitPacket, TcpFlag, type TcpInit } from '../../wire/index.js';
import type { Experiment } from '../experiment.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';

type Fact = 'answered' | 'halfOpen' | 'cookies' | 'owners' | 'again' | 'byCookie' | 'queue';

interface World {
  /** What the server gives to listen(). */
  readonly backlog: number;
}

const SYNS = 20;
const ISS = 1000;
const SYN: TcpInit = { flags: 'S', seq: ISS, window: 64_240, options: [{ kind: 'mss', mss: 1460 }] };

export const halfOpen: Experiment<Fact, World> = {
  id: 'half-open',
  title: { en: 'Twenty SYNs and no ACK', zh: '二十个 SYN，没有一个 ACK' },
  claim: {
    en: 'A SYN without its ACK leaves a half-open entry in the table of connections; listen() limits how many, and beyond that SYN cookies answer without any entry.',
    zh: '没有 ACK 的 SYN 在连接表里留下一个半开条目；listen() 限制它们的数量，超出之后由 SYN cookie 作答，不留任何条目。',
  },
  steps: [
    {
      en: 'The server listens with a backlog of 4. A filter keeps the client’s kernel silent.',
      zh: '服务器以 backlog 4 监听。过滤规则让客户端内核保持沉默。',
    },
    {
      en: `${SYNS} SYNs by hand, from ${SYNS} ports. All are answered; nothing is acknowledged.`,
      zh: `从 ${SYNS} 个端口手工发出 ${SYNS} 个 SYN。全部得到回答，但一个也不确认。`,
    },
    {
      en: 'The server’s socket table and counters are read. Then we wait until SYN/ACKs come again: one second, a constant of the kernel (TCP_TIMEOUT_INIT).',
      zh: '读取服务器的套接字表和计数器。然后等待 SYN/ACK 再次到来：一秒，这是内核的常量（TCP_TIMEOUT_INIT）。',
    },
    {
      en: 'The ACK for the last SYN, of which the server has kept nothing.',
      zh: '补上最后一个 SYN 的 ACK；服务器没有为那个 SYN 保存任何东西。',
    },
  ],
  facts: {
    answered: { what: { en: 'SYNs answered with SYN/ACK', zh: '得到 SYN/ACK 的 SYN 数' }, expected: SYNS },
    halfOpen: { what: { en: 'entries in SYN_RECV', zh: 'SYN_RECV 条目数' }, expected: 5 },
    cookies: { what: { en: 'SYN cookies sent', zh: '发出的 SYN cookie 数' }, expected: 15 },
    queue: { what: { en: 'connections that wait for accept()', zh: '等待 accept() 的连接数' }, expected: 0 },
    owners: {
      what: { en: 'who owns the first and the last four-tuple', zh: '第一个和最后一个四元组归谁' },
      expected: ['SYN_RECV', 'LISTEN'],
    },
    again: {
      what: { en: 'SYNs whose SYN/ACK comes again', zh: 'SYN/ACK 再次到来的 SYN' },
      expected: ['1', '2', '3', '4', '5'],
    },
    byCookie: {
      what: { en: 'who owns the last four-tuple after its ACK', zh: '最后一个四元组在 ACK 之后归谁' },
      expected: 'ESTABLISHED',
    },
  },
  explanation: {
    en: 'A SYN that meets a listener comes to tcp_conn_request(). It makes a request socket and enters it into ehash (inet_csk_reqsk_queue_hash_add), where ss shows it as SYN-RECV and the look-up of the next segment finds it. The listener only counts: once more entries are out than its backlog (inet_csk_reqsk_queue_is_full: 5 > 4), a SYN gets a cookie instead, a sequence number from which the ACK alone can restore the connection (cookie_v4_init_sequence, cookie_v4_check). Of such a SYN nothing is kept; so nothing is there that a timer could retransmit. For the others reqsk_timer_handler() sends SYN/ACK again after 1, 2, 4 … seconds, up to tcp_synack_retries times.',
    zh: '遇到监听者的 SYN 进入 tcp_conn_request()。它创建请求套接字，并放进 ehash（inet_csk_reqsk_queue_hash_add）；ss 把它显示为 SYN-RECV，下一个报文段也在那里找到它。监听者只是计数：条目多于 backlog 时（inet_csk_reqsk_queue_is_full：5 > 4），SYN 得到的是 cookie，即一个序号，单凭之后的 ACK 就能恢复连接（cookie_v4_init_sequence、cookie_v4_check）。这样的 SYN 什么也不留下，也就没有可供定时器重传的东西。其余的由 reqsk_timer_handler() 在 1、2、4……秒后重发 SYN/ACK，最多 tcp_synack_retries 次。',
  },
  next: [
    {
      en: 'With net.ipv4.tcp_syncookies=0 the fifteen SYNs draw nothing at all.',
      zh: '设 net.ipv4.tcp_syncookies=0，那十五个 SYN 就得不到任何回答。',
    },
    {
      en: 'With tcp_syncookies=2 there is no half-open entry at all: see cookies-alone.',
      zh: '设 tcp_syncookies=2，就根本没有半开条目：见 cookies-alone。',
    },
  ],
  byHand: [
    { host: 'client', line: 'iptables -t raw -A OUTPUT -p tcp --dport 8887 --tcp-flags ACK ACK -j DROP' },
    { host: 'server', line: 'timeout 6 nc -l -k 192.0.2.2 8887 & sleep 0.3; ss -tlnH', prints: '192\\.0\\.2\\.2:8887' },
    { host: 'client', line: 'for i in 1 2 3; do timeout 4 nc 192.0.2.2 8887 </dev/null & done; sleep 0.3' },
    { host: 'server', line: 'ss -tan state syn-recv', prints: '192\\.0\\.2\\.2:8887 +192\\.0\\.2\\.1' },
    { host: 'server', line: 'sleep 1.5; ss -tano state syn-recv', prints: 'timer:\\(on,[0-9.a-z]+,[1-9]\\)' },
    { host: 'client', line: 'wait; iptables -t raw -F OUTPUT' },
  ],
  claims: [
    {
      text: {
        en: 'listen() creates the half-open queue, in which the listener keeps the SYNs.',
        zh: 'listen() 创建半连接队列，监听者把 SYN 存放在里面。',
      },
      verdict: 'outdated',
      because: {
        en: 'Since about Linux 4.4 half-open entries are in ehash, among the connections. listen() limits their number, and keeps no queue of them.',
        zh: '大约自 Linux 4.4 起，半开条目就在 ehash 里，与连接放在一起。listen() 限制它们的数量，但不再维护这样一个队列。',
      },
    },
    {
      text: {
        en: 'A server whose half-open queue is full drops further SYNs.',
        zh: '半连接队列满了，服务器就丢弃之后的 SYN。',
      },
      verdict: 'refined',
      because: {
        en: 'Only without SYN cookies, which are on by default (tcp_syncookies=1): then every SYN is answered, and a connection can come of it.',
        zh: '只有关闭 SYN cookie 时才如此，而它默认开启（tcp_syncookies=1）：这时每个 SYN 都得到回答，也都能建立连接。',
      },
    },
    {
      text: {
        en: 'The length of the half-open queue is net.ipv4.tcp_max_syn_backlog.',
        zh: '半连接队列的长度是 net.ipv4.tcp_max_syn_backlog。',
      },
      verdict: 'outdated',
      because: {
        en: 'The backlog of listen() is the limit, here 4, and one more fits. tcp_max_syn_backlog counts only where SYN cookies are off.',
        zh: '上限是 listen() 的 backlog，这里是 4，并且还能多容纳一个。tcp_max_syn_backlog 只在关闭 SYN cookie 时才起作用。',
      },
    },
  ],
  world: { backlog: 4 },
  observe: (options, { backlog }) =>
    observe(options, async (bench) => {
      const { src, dst, dstPort } = bench.flow;
      bench.leases.add(listenWithoutAccepting(bench.lab.server.netns, dst, dstPort, backlog));
      bench.filter('client', { src, dst, dstPort });
      const flowOf = (i: number): Flow => ({ ...bench.flow, srcPort: bench.flow.srcPort + i });
      const [first, last] = [flowOf(0), flowOf(SYNS - 1)];
      const send = sender(bench);
      bench.scene({ en: 'the SYNs', zh: '发出 SYN' });
      for (let i = 0; i < SYNS; i++) send(flowOf(i), SYN);
      await bench.until('every SYN to be answered', () => answers(bench).length >= SYNS);
      const answered = new Set(answers(bench).map(portOf)).size;
      const table = bench.sockets('server');
      const count = table.filter(({ state }) => state === 'SYN_RECV').length;
      const queue = table.find(({ state }) => state === 'LISTEN')?.receiveQueue ?? -1;
      const cookies = bench.counters('server')['TcpExtSyncookiesSent'] ?? 0;
      const owners = [first, last].map((flow) => bench.lookup('server', reverseFlow(flow)));

      bench.scene({ en: 'a second later', zh: '一秒之后' });
      await bench.until('the SYN/ACKs to come again', () => answers(bench).length >= SYNS + count);
      const again = answers(bench)
        .slice(SYNS)
        .map((answer) => String(portOf(answer) - bench.flow.srcPort + 1));

      bench.scene({ en: 'the last ACK', zh: '最后的 ACK' });
      const byCookie = await acknowledge(bench, last, send);
      return { answered, halfOpen: count, cookies, queue, owners, again: [...new Set(again)].sort(), byCookie };
    }),
};

type Send = (flow: Flow, tcp: TcpInit) => void;

/** Sends by hand from any port of the client. */
function sender(bench: Bench): Send {
  const { src, dst, dstPort } = bench.flow;
  const options = { local: src, remote: dst, remotePort: dstPort, mark: DEFAULT_MARK };
  const port = bench.leases.add(bench.lab.client.openPort('libc', options));
  return ({ srcPort }, tcp) => {
    port.send(emitPacket({ ip: { version: bench.family, src, dst }, tcp: { srcPort, dstPort, ...tcp } }));
  };
}

const answers = (bench: Bench): readonly ObservedPacket[] =>
  bench.packets().filter(({ from, segment }) => from === 'server' && (segment.flags & TcpFlag.SYN) !== 0);

/** Of the client. */
const portOf = ({ segment }: ObservedPacket): number => segment.dstPort;

/** Acknowledges what the server answered, with five bytes of data so that this draws an answer, too. */
async function acknowledge(bench: Bench, flow: Flow, send: Send): Promise<Owner> {
  const synAck = answers(bench).find((answer) => portOf(answer) === flow.srcPort);
  const ack = ((synAck?.segment.seq ?? 0) + 1) >>> 0;
  send(flow, { flags: 'P.', seq: ISS + 1, ack, window: 64_240, payload: Buffer.from('hello') });
  const isAnswer = ({ from, segment }: ObservedPacket): boolean =>
    from === 'server' && segment.dstPort === flow.srcPort && (segment.flags & TcpFlag.SYN) === 0;
  await bench.until('the data to be answered', () => bench.packets().some(isAnswer));
  return bench.lookup('server', reverseFlow(flow));
}
