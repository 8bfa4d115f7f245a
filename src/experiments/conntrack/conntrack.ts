/** A full connection tracking table: who gets nothing, who goes on, and what makes room. nf_conntrack_alloc, early_drop. */
import type { ObservedPacket } from '../../evidence/packet.js';
import type { Experiment, Observed } from '../experiment.js';
import { callResult, startProgram } from '../../lab/bench/program.js';
import type { Bench } from '../../lab/bench/bench.js';
import { observe } from '../observe.js';
import { sendDatagram } from '../../linux/port/kernel-socket.js';
import type { Flow } from '../../wire/flow.js';
import type { BulkSummary } from '../../bulk/summary.js';
import { crowd, outcomesOf } from '../crowd.js';
import { TIMEOUT, TrackedServer } from './tracked-server.js';

type Fact =
  | 'alive'
  | 'full'
  | 'newcomers'
  | 'dropped'
  | 'evicted'
  | 'newcomer'
  | 'old'
  | 'own'
  | 'untracked'
  | 'untrackedFull'
  | 'lives'
  | 'room';

interface World {
  /** How many places are left free when the table is filled. */
  readonly spare: number;
  /** How many entries are made at most: where the limit is higher, the table is left as it is. */
  readonly most: number;
}

const NEWCOMERS = 100;
const NEWCOMERS_PORT = 8889;
const UNTRACKED_PORT = 8890;
const DISCARD_PORT = 9;
const TEN_MINUTES = 600;

export const conntrackExperiment: Experiment<Fact, World> = {
  id: 'conntrack',
  title: { en: 'A table full of closed connections', zh: '装满已关闭连接的表' },
  claim: {
    en: 'Connection tracking has a table of its own. When it is full, whatever is new is dropped in silence; connections that are tracked already go on, and so does what is not tracked at all.',
    zh: '连接跟踪有自己的一张表。表满之后，新来的一律被悄悄丢弃；已被跟踪的连接照常，完全不跟踪的也照常。',
  },
  steps: [
    {
      en: 'A rule on the server asks for the state of connections, so all are tracked. A second pair keeps FINs and RSTs from the tracker: it never learns that a connection has ended. One client connects, and stays.',
      zh: '服务器上的一条规则要看连接状态，于是所有连接都被跟踪。另一对规则不让跟踪器看到 FIN 和 RST：它永远不知道连接已经结束。一个客户端连上，并一直保持。',
    },
    {
      en: 'Handshakes, each closed at once, until there are net.netfilter.nf_conntrack_max entries. That limit is read and never changed; the entries are made in the lab’s own namespace, and go with it.',
      zh: '不断握手，每个立即关闭，直到条目数达到 net.netfilter.nf_conntrack_max。这个上限只读取，从不修改；条目建在实验自己的命名空间里，也随它消失。',
    },
    {
      en: `${NEWCOMERS} handshakes more. Then an ordinary client, and after its SYN the old one sends data. The server sends a datagram of its own.`,
      zh: `再来 ${NEWCOMERS} 个握手。然后是一个普通客户端，在它的 SYN 之后，老客户端发送数据。服务器自己也发一个数据报。`,
    },
    {
      en: `Two rules in the table raw: what goes to port ${UNTRACKED_PORT} and comes from it is not tracked. ${NEWCOMERS} handshakes to that port.`,
      zh: `raw 表里加两条规则：发往端口 ${UNTRACKED_PORT} 和从它发出的不再跟踪。向该端口发起 ${NEWCOMERS} 个握手。`,
    },
    {
      en: 'The timeout of established connections is lowered from five days to ten minutes, and the old client sends again. Then the entry of one closed connection is deleted, and ten handshakes come.',
      zh: '把已建立连接的超时从五天降到十分钟，老客户端再发一次。然后删除一个已关闭连接的条目，再来十个握手。',
    },
  ],
  facts: {
    full: { what: { en: 'entries up to the limit', zh: '条目数达到上限' }, expected: true },
    alive: { what: { en: 'of their connections, such as still exist', zh: '这些连接中仍然存在的' }, expected: 0 },
    newcomers: {
      what: { en: `${NEWCOMERS} handshakes more`, zh: `再来 ${NEWCOMERS} 个握手` },
      expected: [`${NEWCOMERS} no-answer`],
    },
    dropped: { what: { en: 'packets that the tracker dropped', zh: '跟踪器丢弃的包数' }, expected: NEWCOMERS },
    evicted: { what: { en: 'entries that it evicted to make room', zh: '它为腾出位置而逐出的条目数' }, expected: 0 },
    newcomer: { what: { en: 'one client more', zh: '再来一个客户端' }, expected: 'SYN_SENT' },
    old: { what: { en: 'what the old client is sent back', zh: '老客户端收到的回送' }, expected: 'hello' },
    own: { what: { en: 'the server’s own sendto()', zh: '服务器自己的 sendto()' }, expected: 'EPERM' },
    untracked: {
      what: { en: `${NEWCOMERS} handshakes, not tracked`, zh: `${NEWCOMERS} 个不跟踪的握手` },
      expected: [`${NEWCOMERS} established`],
    },
    untrackedFull: { what: { en: 'entries up to the limit, still', zh: '条目数仍达上限' }, expected: true },
    lives: {
      what: {
        en: 'a lower timeout: left to a closed one, to the old one',
        zh: '降低超时：已关闭的与老客户端的条目各剩',
      },
      expected: ['days', 'minutes'],
    },
    room: {
      what: { en: 'one entry deleted: ten handshakes', zh: '删除一个条目之后：十个握手' },
      expected: ['1 established', '9 no-answer'],
    },
  },
  explanation: {
    en: 'A packet that belongs to no entry has one made for it (resolve_normal_ct, init_conntrack). __nf_conntrack_alloc() counts it, in its network namespace; beyond nf_conntrack_max it looks at a few buckets of the hash table for entries that are not assured (early_drop), and where there is none the packet is dropped, with “nf_conntrack: table full, dropping packet” in the kernel’s log. Handshakes that were completed are assured (IPS_ASSURED) and are not evicted. Packets of an entry that is there need no new one: they are found (nf_conntrack_find_get) and pass. The drop is netfilter’s, so a program on the host itself gets EPERM, and one on another host nothing. The tracker sees packets, not sockets: a connection whose FIN or RST it never saw stays ESTABLISHED for nf_conntrack_tcp_timeout_established, five days, however long the server’s kernel has forgotten it. Each packet sets its entry’s deadline anew (nf_ct_refresh_acct), and nothing else does: a lower timeout does not reach those who are silent. -j CT --notrack in the table raw comes before the tracker and keeps it from looking (nf_conntrack_in: IP_CT_UNTRACKED); a stateful firewall must then let such packets pass in both directions, by their ports or by --ctstate UNTRACKED.',
    zh: '不属于任何条目的包，要为它新建一个（resolve_normal_ct、init_conntrack）。__nf_conntrack_alloc() 按网络命名空间计数；超过 nf_conntrack_max 时，它在哈希表的几个桶里寻找不是 assured 的条目来逐出（early_drop），找不到就丢弃这个包，并在内核日志写下 “nf_conntrack: table full, dropping packet”。完成了握手的条目是 assured（IPS_ASSURED），不会被逐出。已有条目的包不需要新条目：查到（nf_conntrack_find_get）即通过。丢包的是 netfilter，所以本机的程序得到 EPERM，别的主机上的程序什么也得不到。跟踪器看的是包，不是套接字：它没看到 FIN 或 RST 的连接，会按 nf_conntrack_tcp_timeout_established 停在 ESTABLISHED 五天，哪怕服务器内核早已忘了它。每个包都重设其条目的期限（nf_ct_refresh_acct），此外别无他法：降低超时，对沉默的条目不起作用。raw 表里的 -j CT --notrack 先于跟踪器，让它不看这个包（nf_conntrack_in：IP_CT_UNTRACKED）；有状态的防火墙就必须按端口或 --ctstate UNTRACKED 放行两个方向的包。',
  },
  next: [
    {
      en: 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max on your own servers: how far from full they are.',
      zh: '在自己的服务器上看 sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max：离满还有多远。',
    },
    {
      en: "conntrack -L | awk '{print $4}' | sort | uniq -c tells in which states the entries are; conntrack -D -s ADDRESS deletes those of one address.",
      zh: "用 conntrack -L | awk '{print $4}' | sort | uniq -c 看条目各处于什么状态；conntrack -D -s ADDRESS 删除某个地址的条目。",
    },
    {
      en: 'Delete the entry of a connection that is in use: its next packet makes a new one, for nf_conntrack_tcp_loose=1 picks it up in the middle. With 0 that packet is INVALID, and a stateful firewall drops it.',
      zh: '删除一个正在使用的连接的条目：它的下一个包会建立新条目，因为 nf_conntrack_tcp_loose=1 允许中途接上。设为 0，那个包就是 INVALID，有状态的防火墙会丢弃它。',
    },
  ],
  byHand: [
    { host: 'server', line: 'sysctl net.netfilter.nf_conntrack_max', prints: 'nf_conntrack_max = [0-9]+' },
    { host: 'server', line: 'iptables -A INPUT -m conntrack --ctstate INVALID -j DROP' },
    {
      host: 'server',
      line: 'for chain in PREROUTING OUTPUT; do iptables -t raw -A $chain -p tcp ! --tcp-flags FIN,RST NONE -j CT --notrack; done',
    },
    { host: 'server', line: 'timeout 15 nc -l -k 192.0.2.2 8892 >/dev/null & sleep 1' },
    { host: 'client', line: 'for i in 1 2 3; do echo hello | timeout 5 nc -N 192.0.2.2 8892; done' },
    { host: 'server', line: 'conntrack -L -p tcp', prints: '43[12][0-9]{3} ESTABLISHED .*dport=8892.*ASSURED' },
    { host: 'server', line: 'ss -Htn state established; conntrack -C', prints: '^3$' },
    {
      host: 'server',
      line: 'iptables -t raw -A PREROUTING -p tcp --dport 8892 -j CT --notrack; iptables -t raw -A OUTPUT -p tcp --sport 8892 -j CT --notrack',
    },
    { host: 'client', line: 'for i in 1 2 3; do echo hello | timeout 5 nc -N 192.0.2.2 8892; done' },
    { host: 'server', line: 'conntrack -C', prints: '^3$' },
  ],
  claims: [
    {
      text: {
        en: 'When the connection tracking table is full, established connections break, too.',
        zh: '连接跟踪表满了，已建立的连接也会断。',
      },
      verdict: 'wrong',
      because: {
        en: 'Their packets find their entries and need no new ones. Only what is new is dropped.',
        zh: '它们的包查到自己的条目，不需要新条目。只有新来的被丢弃。',
      },
    },
    {
      text: {
        en: 'A connection that is closed is no longer in the connection tracking table.',
        zh: '连接关闭之后，就不在连接跟踪表里了。',
      },
      verdict: 'refined',
      because: {
        en: 'Only if the tracker has seen its FINs or RST, and then after a timeout. Otherwise it stays for five days.',
        zh: '前提是跟踪器看到了它的 FIN 或 RST，而且还要过一段超时。否则它会停留五天。',
      },
    },
    {
      text: {
        en: 'Lowering nf_conntrack_tcp_timeout_established empties a full table.',
        zh: '降低 nf_conntrack_tcp_timeout_established，就能清空满了的表。',
      },
      verdict: 'wrong',
      because: {
        en: 'An entry keeps its deadline until its connection sends something, and one that is closed sends nothing. It has to be deleted (conntrack -D).',
        zh: '条目保持原来的期限，直到它的连接再有数据包，而已关闭的连接不会再有。只能删除条目（conntrack -D）。',
      },
    },
    {
      text: {
        en: 'When the table is full, the oldest entries make way.',
        zh: '表满之后，最旧的条目会让位。',
      },
      verdict: 'wrong',
      because: {
        en: 'Only such can whose handshake was never completed, or that are closing already. An established one is never evicted, however old: here none was.',
        zh: '能让位的只有从未完成握手的，以及已在关闭中的条目。已建立的，无论多旧都不会被逐出：这里一个也没有。',
      },
    },
  ],
  families: [4], // the engine that makes the handshakes speaks IPv4 only
  alone: true,
  // Twice what a kernel takes for a limit by itself: some 150 MB of entries, and as many seconds as anybody waits.
  world: { spare: 0, most: 524_288 },
  observe: (options, { spare, most }) =>
    observe(options, async (bench) => {
      bench.scene({ en: 'a connection before all others', zh: '先于其他一切的连接' });
      const tracked = new TrackedServer(bench);
      const old = await connectOld(bench);
      const alive = await tracked.fill(spare, most);
      /** What is so because the table is full; left out where it could not be filled. */
      const ofFull = <Value>(value: Value): Value | undefined => (alive === undefined ? undefined : value);
      const full = ofFull(tracked.isFull);
      const { newcomers, dropped, evicted } = await many(bench, tracked);

      bench.scene({ en: 'one more, and the old connection', zh: '再来一个，以及老连接' });
      const { newcomer, echoed } = await oneMore(bench, old);
      const own = callResult(() => {
        sendDatagram(bench.lab.server.netns, bench.flow.src, DISCARD_PORT);
      });

      tracked.doNotTrack(UNTRACKED_PORT);
      const untracked = outcomesOf(await arrive(bench, tracked, UNTRACKED_PORT, NEWCOMERS));
      const untrackedFull = ofFull(tracked.isFull);
      bench.scene({ en: 'a lower timeout', zh: '降低超时' });
      const { lives, room } = await whatMakesRoom(bench, tracked, old);
      return {
        ...{ alive, full, newcomers: ofFull(newcomers), dropped: ofFull(dropped), evicted: ofFull(evicted) },
        ...{ newcomer: ofFull(newcomer), old: echoed, own: ofFull(own) },
        ...{ untracked, untrackedFull, lives: ofFull(lives), room: ofFull(room) },
      };
    }),
};

/** Sends, and gives what comes back. */
type Talk = (text: string) => Promise<string>;

/** A client of a server that sends back what it reads. */
async function connectOld(bench: Bench): Promise<Talk> {
  await bench.lab.server.listen(4, bench.flow.dstPort, (socket) => {
    bench.leases.defer(() => {
      socket.destroy();
    });
    socket.on('error', () => undefined).pipe(socket);
  });
  const { socket, outcome, reads } = startProgram(bench, 'client', bench.flow);
  await outcome;
  let length = 0;
  return async (text) => {
    socket.write(text);
    const before = length;
    length += text.length;
    return (await reads(length)).slice(before);
  };
}

/** So many at once, with a listener for them. */
const arrive = (bench: Bench, tracked: TrackedServer, port: number, count: number): Promise<BulkSummary> =>
  crowd(bench, { count, port, window: count, retries: 0, dropped: () => tracked.state.dropped ?? 0 });

async function many(
  bench: Bench,
  tracked: TrackedServer,
): Promise<Pick<Observed<Fact>, 'newcomers' | 'dropped' | 'evicted'>> {
  const before = tracked.state;
  const newcomers = outcomesOf(await arrive(bench, tracked, NEWCOMERS_PORT, NEWCOMERS));
  const { dropped, evicted } = tracked.state;
  if (dropped === undefined || evicted === undefined) {
    bench.lacks({
      en: 'what the tracker drops and evicts (this kernel was built without CONFIG_NF_CONNTRACK_PROCFS)',
      zh: '跟踪器丢弃和逐出了什么（此内核未启用 CONFIG_NF_CONNTRACK_PROCFS）',
    });
    return { newcomers, dropped: undefined, evicted: undefined };
  }
  return { newcomers, dropped: dropped - (before.dropped ?? 0), evicted };
}

/** A client that connects, and what the old one is sent back after that. */
async function oneMore(bench: Bench, old: Talk): Promise<{ readonly newcomer: string; readonly echoed: string }> {
  const flow: Flow = { ...bench.flow, srcPort: bench.flow.srcPort + 1 };
  const { socket } = startProgram(bench, 'client', flow);
  const isIts = ({ segment }: ObservedPacket): boolean => segment.srcPort === flow.srcPort;
  await bench.until('its SYN', () => bench.packets().some(isIts));
  // Sent after the SYN and answered, so the SYN has had its chance.
  const echoed = await old('hello');
  const newcomer = bench.lookup('client', flow);
  socket.destroy();
  return { newcomer, echoed };
}

async function whatMakesRoom(
  bench: Bench,
  tracked: TrackedServer,
  old: Talk,
): Promise<Pick<Observed<Fact>, 'lives' | 'room'>> {
  if (!tracked.hasTimeout) {
    bench.lacks(NO_TIMEOUT);
    return { lives: undefined, room: undefined };
  }
  tracked.setTimeout(TEN_MINUTES);
  await old('still here');
  const closed = tracked.firstFilled;
  const seconds = tracked.secondsLeft([closed, bench.flow]);
  if (seconds === undefined) return { lives: undefined, room: undefined };
  tracked.forget(closed);
  return { lives: seconds.map(lifeOf), room: outcomesOf(await arrive(bench, tracked, NEWCOMERS_PORT, 10)) };
}

const NO_TIMEOUT = {
  en: `what a lower timeout does, and what makes room (this kernel does not show ${TIMEOUT} to root of a user namespace)`,
  zh: `降低超时的作用，以及如何腾出位置（此内核不向用户命名空间的 root 提供 ${TIMEOUT}）`,
};

/** What an entry has left to live; undefined: there is none. */
const lifeOf = (seconds: number | undefined): string =>
  seconds === undefined ? 'none' : seconds > TEN_MINUTES ? 'days' : 'minutes';
