/** What the web advises against the kernel's RST, each tried as it stands. */
import type { Evidence, Scene } from '../../evidence/experiment.js';
import type { HandshakeRun } from '../../evidence/run.js';
import { monotonicNow } from '../../linux/libc/clock.js';
import { runHandshake } from '../../lab/handshake.js';
import { none } from '../../lab/remedies/none.js';
import type { Experiment } from '../experiment.js';
import { RECIPE_NAMES, type RecipeName, RECIPES, remedyOf } from './recipe-rules.js';

interface World {
  /** Whether what is advised is done at all. */
  readonly followed: boolean;
}

export const recipes: Experiment<RecipeName, World> = {
  id: 'recipes',
  title: { en: 'The recipes of the web', zh: '网上流传的办法' },
  claim: {
    en: "Of what is advised against the kernel's RST, some does nothing, some works with a price that is not mentioned, and one is right only for programs that read by AF_PACKET.",
    zh: '网上针对内核 RST 的各种建议，有的毫无作用，有的有效却没有说明代价，还有一种只对用 AF_PACKET 接收的程序正确。',
  },
  steps: [
    {
      en: 'For each recipe a lab of its own: its rules are loaded on the client as they stand, then a handshake by hand from a raw socket, "hello", an orderly close, and in the end a RST of the program\'s own.',
      zh: '每个办法各用一个实验环境：在客户端原样加载规则，然后用原始套接字手工握手，发送“hello”，正常关闭，最后发出程序自己的 RST。',
    },
    {
      en: 'What became of the handshake, and what compare --rule finds wrong with the rules.',
      zh: '记录握手的结局，以及 compare --rule 对规则的评判。',
    },
  ],
  facts: RECIPES,
  explanation: {
    en: "The RST is made by tcp_v4_send_reset() and leaves by ip_send_unicast_reply(), from a socket of the kernel's own: it passes NF_INET_LOCAL_OUT as any packet that this host sends, and no hook for what comes in. To connection tracking it answers a packet of the connection that the SYN began, so its state is ESTABLISHED. It has no user: sk->sk_socket->file is missing, and owner_mt() matches none. ARP is another protocol, with hooks of its own (NFPROTO_ARP). No sysctl is asked on the way: tcp_v4_rcv() goes from the failed look-up straight to the RST.",
    zh: 'RST 由 tcp_v4_send_reset() 产生，经 ip_send_unicast_reply() 从内核自己的套接字发出：它和本机发出的任何报文一样经过 NF_INET_LOCAL_OUT，不经过入站的钩子。在连接跟踪看来，它回应的是 SYN 所开始的连接的报文，状态为 ESTABLISHED。它没有用户：没有 sk->sk_socket->file，owner_mt() 一个也匹配不上。ARP 是另一种协议，有自己的钩子（NFPROTO_ARP）。途中不查询任何 sysctl：tcp_v4_rcv() 查找失败后直接产生 RST。',
  },
  next: [
    {
      en: 'Try a recipe of your own: rawshake compare --rule ARGUMENTS says what it does, and what it misses.',
      zh: '试试你自己的办法：rawshake compare --rule 参数 会说明它的作用和缺陷。',
    },
    { en: 'What spares the RSTs of the program without a mark: owner.', zh: '不用标记就能放过程序自己的 RST：owner。' },
  ],
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    { host: 'client', line: 'iptables -A INPUT -p tcp --tcp-flags RST RST -j DROP' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^0$' },
    { host: 'client', line: 'iptables -A OUTPUT -p tcp --tcp-flags RST RST -j DROP' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^1$' },
    { host: 'client', line: 'iptables -F' },
  ],
  claims: [
    {
      text: {
        en: 'iptables -A OUTPUT -p tcp --tcp-flags RST RST -j DROP is all that a raw socket needs.',
        zh: '原始套接字只需要 iptables -A OUTPUT -p tcp --tcp-flags RST RST -j DROP。',
      },
      verdict: 'refined',
      because: {
        en: "The handshake completes. But the program's own RSTs are dropped too (EPERM), closed ports of this host no longer refuse, and in the table filter connection tracking has seen the RST: -t raw and a mark, or owner, mend that.",
        zh: '握手能完成。但程序自己的 RST 也被丢弃（EPERM），本机关闭的端口不再拒绝连接，而且在 filter 表里连接跟踪已经看到 RST：用 -t raw 加标记，或用 owner 来解决。',
      },
    },
    {
      text: {
        en: 'With -s and the own address the rule is for the raw program alone.',
        zh: '加上 -s 和本机地址，规则就只针对使用原始套接字的程序。',
      },
      verdict: 'wrong',
      because: {
        en: 'Every program of this host has that address: nothing is spared by it, least of all the RST that the program itself sends.',
        zh: '本机所有程序都用这个地址：它没有放过任何东西，尤其是程序自己发出的 RST。',
      },
    },
    {
      text: {
        en: "With --sport and the own port the rule drops just the kernel's RSTs.",
        zh: '加上 --sport 和自己的端口，规则就恰好只丢弃内核的 RST。',
      },
      verdict: 'refined',
      because: {
        en: 'It leaves other ports alone. But the program sends from that port, too, and its own RST fails with EPERM.',
        zh: '它不影响其他端口。但程序也从该端口发送，自己的 RST 会失败（EPERM）。',
      },
    },
    {
      text: {
        en: 'The RST is dropped by iptables -A INPUT -p tcp --tcp-flags RST RST -j DROP.',
        zh: 'iptables -A INPUT -p tcp --tcp-flags RST RST -j DROP 能丢弃这个 RST。',
      },
      verdict: 'wrong',
      because: {
        en: 'That drops the RSTs of others. The one that does the harm is sent by this host, and passes OUTPUT only.',
        zh: '它丢弃的是别人发来的 RST。造成麻烦的那个由本机发出，只经过 OUTPUT。',
      },
    },
    {
      text: {
        en: 'iptables -A INPUT -p tcp --dport PORT -j DROP keeps the kernel from answering for the port.',
        zh: 'iptables -A INPUT -p tcp --dport 端口 -j DROP 能让内核不再为该端口应答。',
      },
      verdict: 'refined',
      because: {
        en: 'It does, and for programs that read by AF_PACKET, such as masscan, it is a cure: here the handshake stands. An AF_INET raw socket gets nothing any more, nor does any other program on that port.',
        zh: '的确如此，对 masscan 这类用 AF_PACKET 接收的程序是一剂良方：这里握手成功了。但 AF_INET 原始套接字和该端口上的其他程序从此什么也收不到。',
      },
    },
    {
      text: {
        en: 'nft add rule inet t c tcp flags rst drop does the same.',
        zh: 'nft add rule inet t c tcp flags rst drop 效果一样。',
      },
      verdict: 'refined',
      because: {
        en: 'If its chain has a hook, with the same price; at a priority below -200 it comes before connection tracking. A chain that was added without { type filter hook output … } sees no packet, and nft does not complain.',
        zh: '前提是链带有钩子，代价也一样；优先级低于 -200 才在连接跟踪之前。没有 { type filter hook output … } 的链看不到任何报文，而 nft 并不报错。',
      },
    },
    {
      text: {
        en: "The RSTs are the program's, so -m owner --uid-owner with its user drops them.",
        zh: '这些 RST 属于该程序，所以用 -m owner --uid-owner 加它的用户就能丢弃。',
      },
      verdict: 'wrong',
      because: {
        en: "They are the kernel's, and have no owner at all; what the rule drops is the program's own RST. Just by that they can be told: ! --uid-owner 0-4294967294.",
        zh: '它们是内核的，根本没有属主；规则丢弃的反而是程序自己的 RST。正可以据此识别它们：! --uid-owner 0-4294967294。',
      },
    },
    {
      text: {
        en: "To connection tracking the kernel's RST is INVALID.",
        zh: '在连接跟踪看来，内核的 RST 是 INVALID。',
      },
      verdict: 'wrong',
      because: {
        en: 'The SYN made by hand has begun a connection there as any other does. The RST belongs to it: ESTABLISHED.',
        zh: '手工发出的 SYN 和别的 SYN 一样在那里开始了一条连接，RST 属于它：ESTABLISHED。',
      },
    },
    {
      text: { en: 'REJECT is as good as DROP.', zh: 'REJECT 和 DROP 一样好。' },
      verdict: 'refined',
      because: {
        en: "It keeps the RST back, and answers its sender, this host itself, with an ICMP error. In INPUT it resets the peer in the kernel's place.",
        zh: '它能拦住 RST，但会向发送者（本机自己）回以 ICMP 差错；放在 INPUT 里则会代替内核去复位对方。',
      },
    },
    {
      text: { en: 'arptables can keep the RST back, too.', zh: 'arptables 也能拦住 RST。' },
      verdict: 'wrong',
      because: {
        en: 'It sees ARP, and nothing else. (It has a use with an address that the host owns and is not to answer for.)',
        zh: '它只看到 ARP，别无其他。（它的用处在于让主机不为自己拥有的某个地址应答 ARP。）',
      },
    },
    {
      text: { en: 'A sysctl turns the RSTs off.', zh: '有一个 sysctl 可以关掉 RST。' },
      verdict: 'wrong',
      because: {
        en: 'Linux has none: tcp_abort_on_overflow is about full accept queues, tcp_rfc1337 about TIME_WAIT. (FreeBSD has one: net.inet.tcp.blackhole.)',
        zh: 'Linux 没有：tcp_abort_on_overflow 与 accept 队列满有关，tcp_rfc1337 与 TIME_WAIT 有关。（FreeBSD 有：net.inet.tcp.blackhole。）',
      },
    },
  ],
  world: { followed: true },
  async observe({ family, trace, signal }, { followed }) {
    const scenes: Scene[] = [];
    const runs: HandshakeRun[] = [];
    const facts: Partial<Record<RecipeName, readonly string[]>> = {};
    for (const name of RECIPE_NAMES) {
      const recipe = RECIPES[name];
      scenes.push({ atMs: monotonicNow(), title: recipe.what });
      const run = await runHandshake({
        remedy: followed ? remedyOf(recipe, family) : none,
        family,
        transport: recipe.transport ?? 'auto',
        data: 'hello',
        ...(trace !== undefined && { trace }),
        ...(signal !== undefined && { signal }),
      });
      runs.push(run);
      facts[name] = [run.observed, ...(run.verdict?.findings ?? []).map(({ code }) => code)];
    }
    return { facts: facts as Record<RecipeName, readonly string[]>, evidence: evidenceOf(runs, scenes) };
  },
};

/** Of all of them, one after the other. */
const evidenceOf = (runs: readonly HandshakeRun[], scenes: readonly Scene[]): Evidence => ({
  packets: runs.flatMap(({ packets }) => packets),
  lookups: runs.flatMap(({ lookups }) => lookups),
  kernel: runs.flatMap(({ kernel }) => kernel),
  sockets: runs.flatMap(({ sockets }) => sockets),
  frames: runs.flatMap(({ frames }) => frames),
  missing: runs[0]?.kernelMissing ?? [],
  counters: runs.at(-1)?.counters ?? { client: {}, server: {} },
  systemCalls: [],
  scenes,
});
