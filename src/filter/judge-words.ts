/** The words of a verdict on a filter, in English and Chinese. */
import type { Text } from '../error.js';
import {
  type FilterEvidence,
  type JudgedRule,
  namesEnds,
  openMatches,
  ownerMatchOf,
  targetOf,
} from './judge-evidence.js';

export type FindingCode =
  /** The kernel stayed silent, and nothing else was touched. */
  | 'exact'
  /** The rule was not put to the test: nothing came that the kernel would have answered. */
  | 'untested'
  | 'no-rule'
  | 'wrong-family'
  | 'other-namespace'
  | 'wrong-chain'
  /** It keeps what comes in from the kernel, and from the raw socket too. */
  | 'blinds'
  /** `nat` or another table that not every RST passes. */
  | 'wrong-table'
  /** Dropped, but after connection tracking has seen it. */
  | 'after-conntrack'
  | 'not-a-drop'
  /** Not one RST fitted its matches. */
  | 'no-match'
  /** Some were dropped, some were not. */
  | 'too-narrow'
  /** It drops RSTs of other connections, or what is no RST. */
  | 'too-wide'
  | 'own-resets-dropped'
  | 'reset-by-peer'
  /** The counter, the kernel's count and the capture do not add up. */
  | 'unaccounted';

const resets = (count: number): string => `${String(count)} RST${count === 1 ? '' : 's'}`;

const place = ({ rule }: FilterEvidence): string => (rule === undefined ? '' : `${rule.table} ${rule.chain}`);

/** The first of its matches that is known to lead astray. */
function whyNoMatch(rule: JudgedRule | undefined): Text {
  const owner = rule && ownerMatchOf(rule);
  if (owner !== undefined)
    return {
      en: `the kernel's RST has no owner, for it leaves by a socket of the kernel's own that no program has opened. Leave out ${owner}.`,
      zh: `内核的 RST 没有属主：它由内核自己的套接字发出，不是任何程序打开的。请去掉 ${owner}。`,
    };
  if (rule === undefined || namesEnds(rule))
    return {
      en: "seen from this host, -s and --sport are its own address and port, -d and --dport the peer's; --tcp-flags RST RST is any RST.",
      zh: '从本机看，-s 和 --sport 是本机的地址和端口，-d 和 --dport 是对方的；--tcp-flags RST RST 匹配任何 RST。',
    };
  return {
    en: 'one of its matches fits no RST of the kernel. -p tcp --tcp-flags RST RST fits any; leave out the others one by one.',
    zh: '其中有匹配条件与内核的 RST 不符。-p tcp --tcp-flags RST RST 匹配任何 RST；请逐个去掉其他条件。',
  };
}

export const WORDS: Readonly<Record<FindingCode, (evidence: FilterEvidence) => Text>> = {
  exact: ({ dropped }) => ({
    en: `The kernel made its RSTs and none of them left: ${String(dropped)} dropped. Nothing else was touched.`,
    zh: `内核产生了 RST，但一个也没有发出：丢弃了 ${String(dropped)} 个，没有影响其他报文。`,
  }),
  untested: () => ({
    en: 'The kernel made no RST that the rule could have dropped, so nothing is known about it.',
    zh: '内核没有产生这条规则可以丢弃的 RST，因此无法判断它。',
  }),
  'no-rule': ({ kernelResetsLeft }) => ({
    en: `No rule was in force: ${resets(kernelResetsLeft)} of the kernel left.`,
    zh: `没有生效的规则：内核发出了 ${String(kernelResetsLeft)} 个 RST。`,
  }),
  'wrong-family': ({ rule }) => ({
    en: `The rule is one for IPv${String(rule?.family ?? 4)}, the connection is not: iptables is for IPv4, ip6tables for IPv6.`,
    zh: `规则属于 IPv${String(rule?.family ?? 4)}，连接却不是：iptables 用于 IPv4，ip6tables 用于 IPv6。`,
  }),
  'other-namespace': () => ({
    en: 'The rule is in another network namespace. Each has its own rules; only those where the socket was made count.',
    zh: '规则在另一个网络命名空间中。每个网络命名空间有自己的规则，只有套接字所在的那个才有效。',
  }),
  'wrong-chain': (evidence) => ({
    en: `Wrong chain (${place(evidence)}): the kernel's RST is a packet that leaves this host, so it passes OUTPUT, and no chain for what comes in.`,
    zh: `链不对（${place(evidence)}）：内核的 RST 是本机发出的报文，只经过 OUTPUT，不经过处理入站报文的链。`,
  }),
  blinds: (evidence) => ({
    en: `Wrong chain (${place(evidence)}): the kernel is silent because what comes in never reaches it, nor does it reach an AF_INET raw socket. Use OUTPUT.`,
    zh: `链不对（${place(evidence)}）：内核沉默是因为入站报文根本没有到达它，AF_INET 原始套接字同样收不到。请用 OUTPUT。`,
  }),
  'wrong-table': (evidence) => ({
    en: `Wrong table (${place(evidence)}): nat sees only the first packet of a connection, and a RST is none. Use -t raw.`,
    zh: `表不对（${place(evidence)}）：nat 表只看到连接的第一个报文，而 RST 不是。请用 -t raw。`,
  }),
  'after-conntrack': (evidence) => ({
    en: `Dropped too late (${place(evidence)}): connection tracking has seen the RST and forgets the connection; a stateful firewall then drops the peer's data. Use -t raw.`,
    zh: `丢弃得太晚（${place(evidence)}）：连接跟踪已经看到 RST 并会忘掉连接，之后有状态防火墙会丢弃对方的数据。请用 -t raw。`,
  }),
  'not-a-drop': ({ rule }) => ({
    en: `The rule does not drop: its target is ${(rule && targetOf(rule)) ?? 'none'}. Use -j DROP.`,
    zh: `规则并不丢弃报文：目标是 ${(rule && targetOf(rule)) ?? '无'}。请用 -j DROP。`,
  }),
  'no-match': ({ rule, kernelResetsLeft }) => {
    const { en, zh } = whyNoMatch(rule);
    return {
      en: `The rule matched nothing while ${resets(kernelResetsLeft)} left: ${en}`,
      zh: `规则没有匹配到任何报文，而内核发出了 ${String(kernelResetsLeft)} 个 RST：${zh}`,
    };
  },
  'too-narrow': ({ dropped, kernelResetsLeft }) => ({
    en: `Too narrow, or not in force all the time: ${resets(dropped)} dropped, ${String(kernelResetsLeft)} left. The kernel sends R to a segment with ACK and R. to one without: --tcp-flags RST RST matches both.`,
    zh: `太窄，或者没有一直生效：丢弃了 ${String(dropped)} 个 RST，仍发出 ${String(kernelResetsLeft)} 个。内核对带 ACK 的报文段回 R，对不带的回 R.：--tcp-flags RST RST 两者都匹配。`,
  }),
  'too-wide': ({ rule }) => {
    const open = rule === undefined ? [] : openMatches(rule);
    const [en, zh] = open.includes('--tcp-flags') ? ['packets that are no RST, and ', '非 RST 的报文和'] : ['', ''];
    return {
      en: `Too wide: with ${open.join(' ')} left out or open, it also drops ${en}packets of other connections, which then hang in place of being refused.`,
      zh: `太宽：${open.join(' ')} 缺少或不精确，会连${zh}其他连接的报文一起丢弃，使它们挂起而不是被拒绝。`,
    };
  },
  'own-resets-dropped': ({ refusedSends, ownResetsSent, ownResetsLeft }) => {
    const seen = refusedSends > 0 || ownResetsLeft < ownResetsSent;
    return {
      en: `${seen ? `It drops the program's own RSTs too${refusedSends > 0 ? '; its send fails with EPERM' : ''}` : "It would drop the program's own RSTs too"}. Spare them by the mark of its socket: -m mark ! --mark 0x7261.`,
      zh: `${seen ? `它把程序自己的 RST 也丢弃了${refusedSends > 0 ? '，发送失败（EPERM）' : ''}` : '它会把程序自己的 RST 也丢弃'}。请按套接字的标记放行：-m mark ! --mark 0x7261。`,
    };
  },
  'reset-by-peer': ({ peerResets, wrongAcks }) => ({
    en:
      wrongAcks > 0
        ? `The peer sent ${resets(peerResets)}: ${String(wrongAcks)} segment${wrongAcks === 1 ? '' : 's'} acknowledged what it never sent (RFC 9293 §3.10.7.4). No filter on this side helps.`
        : `The peer sent ${resets(peerResets)}, and no kernel of this side was the cause. No filter on this side helps.`,
    zh:
      wrongAcks > 0
        ? `对方发来 ${String(peerResets)} 个 RST：有 ${String(wrongAcks)} 个报文段确认了对方从未发送的序号（RFC 9293 §3.10.7.4）。本机的过滤器无能为力。`
        : `对方发来 ${String(peerResets)} 个 RST，并非本机内核引起。本机的过滤器无能为力。`,
  }),
  unaccounted: ({ kernelResetsMade, dropped, kernelResetsLeft }) => ({
    en: `The kernel made ${resets(kernelResetsMade ?? 0)}, the rule dropped ${String(dropped)} and ${String(kernelResetsLeft)} left: something else took the rest.`,
    zh: `内核产生了 ${String(kernelResetsMade ?? 0)} 个 RST，规则丢弃 ${String(dropped)} 个，发出 ${String(kernelResetsLeft)} 个：其余的被别的东西拦下了。`,
  }),
};
