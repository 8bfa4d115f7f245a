/** The words of a verdict on a filter, in English and Chinese. */
import type { Text } from '../error.js';
import {
  aimOf,
  droppedOf,
  type FilterEvidence,
  isForNobody,
  openMatches,
  type RuleAtWork,
  shadowOf,
} from './judge-evidence.js';
import { isDrop, isInbound } from './judged-rule.js';
import { fitOf } from './match-fit.js';
import { whyNoFit } from './why-no-fit.js';

/** All that can be said of a filter: the closed list. */
export const FINDING_CODES = [
  /** The kernel stayed silent, and nothing else was touched. */
  'exact',
  /** The rule was not put to the test: nothing came that the kernel would have answered. */
  'untested',
  'no-rule',
  'wrong-family',
  'other-namespace',
  'wrong-chain',
  /** It keeps what comes in from the kernel, and from the raw socket too. */
  'blinds',
  /** The same for a program that reads by AF_PACKET, which has its copy before: a cure. */
  'hides',
  /** It answers what it drops. */
  'rejects',
  /** `nat` or another table that not every RST passes. */
  'wrong-table',
  /** Dropped, but after connection tracking has seen it. */
  'after-conntrack',
  'not-a-drop',
  /** Not one RST fitted its matches. */
  'no-match',
  /** A rule before it in the same chain has decided by then. */
  'shadowed',
  /** Some were dropped, some were not. */
  'too-narrow',
  /** It drops RSTs of other connections, or what is no RST. */
  'too-wide',
  /** What the program sends never gets out, so nothing came that the kernel would have answered. */
  'own-segments-dropped',
  'own-resets-dropped',
  'reset-by-peer',
  /** The counter, the kernel's count and the capture do not add up. */
  'unaccounted',
  /** Of several rules, one that has dropped nothing. */
  'idle',
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];

/** Whether another rule would change it. */
export const isMendedByRule = (code: FindingCode): boolean => !NO_MATTER_OF_RULES.includes(code);

const NO_MATTER_OF_RULES: readonly FindingCode[] = [
  ...(['exact', 'hides', 'idle', 'untested', 'reset-by-peer', 'unaccounted'] as const),
];

const resets = (count: number): string => `${String(count)} RST${count === 1 ? '' : 's'}`;
const times = (count: number): string => `${String(count)} packet${count === 1 ? '' : 's'}`;

/** Which of its conditions keep it from matching what it is to drop: those that cannot be true, or else those that may not be. */
function whyNot({ rule }: RuleAtWork, evidence: FilterEvidence): readonly Text[] {
  const aim = aimOf(rule, evidence);
  const least = (['never', 'sometimes', 'unknown'] as const)
    .map((fit) => rule.matches.filter((match) => fitOf(match, aim, rule) === fit))
    .find(({ length }) => length > 0);
  return (least ?? []).map((match) => whyNoFit(match, aim, rule));
}

const sentence = (texts: readonly Text[]): Text => ({
  en: `${texts.map(({ en }) => en).join('; and ')}.`,
  zh: `${texts.map(({ zh }) => zh).join('；')}。`,
});

/** Any RST, in the rule's own notation. */
const ANY = { iptables: '-p tcp --tcp-flags RST RST', nft: 'tcp flags rst' } as const;

/** Where such a rule belongs. */
const RAW = { iptables: '-t raw', nft: 'a chain with priority raw' } as const;
const RAW_ZH = { iptables: '-t raw', nft: '优先级为 raw 的链' } as const;

type Words = (evidence: FilterEvidence, about: RuleAtWork) => Text;

const OF_RULES = {
  'wrong-family': (_, { rule: { families, backend, place } }) => {
    const is = families.length === 0 ? place : `IPv${families.join(', IPv')}`;
    const [en, zh] =
      backend === 'nft'
        ? [
            'tables of ip are for IPv4, of ip6 for IPv6, of inet for both',
            'ip 表用于 IPv4，ip6 表用于 IPv6，inet 表两者都用',
          ]
        : ['iptables is for IPv4, ip6tables for IPv6', 'iptables 用于 IPv4，ip6tables 用于 IPv6'];
    return {
      en: `The rule is one for ${is}, the connection is not: ${en}.`,
      zh: `规则属于 ${is}，连接却不是：${zh}。`,
    };
  },
  'wrong-chain': (_, { rule: { place, hook } }) =>
    hook === undefined
      ? {
          en: `Wrong chain (${place}): nothing leads to it. A chain of nft sees packets only with a hook: { type filter hook output priority raw; }; one of iptables only by a rule that jumps to it.`,
          zh: `链不对（${place}）：没有报文会到达它。nft 的链要有钩子才能看到报文：{ type filter hook output priority raw; }；iptables 的自定义链要有规则跳转过去。`,
        }
      : {
          en: `Wrong chain (${place}): the kernel's RST is a packet that leaves this host, so it passes OUTPUT, and no chain for what comes in.`,
          zh: `链不对（${place}）：内核的 RST 是本机发出的报文，只经过 OUTPUT，不经过处理入站报文的链。`,
        },
  blinds: (_, { rule: { place } }) => ({
    en: `Wrong chain (${place}): the kernel is silent because what comes in never reaches it, nor does it reach an AF_INET raw socket. Use OUTPUT, or read by AF_PACKET (--transport packet).`,
    zh: `链不对（${place}）：内核沉默是因为入站报文根本没有到达它，AF_INET 原始套接字同样收不到。请用 OUTPUT，或用 AF_PACKET 接收（--transport packet）。`,
  }),
  hides: (_, { rule: { place }, packets }) => ({
    en: `Right for a program that reads by AF_PACKET: it has its copy before ${place} drops what comes in (${times(packets)}), and what the kernel does not see it does not answer. The price: nothing else on this host sees it either; any other program on that port gets nothing, nor does an AF_INET raw socket.`,
    zh: `对用 AF_PACKET 接收的程序是正确的：它在 ${place} 丢弃入站报文（${String(packets)} 个）之前已拿到副本，内核看不到的就不会回应。代价是本机其他一切也看不到：该端口上的其他程序和 AF_INET 原始套接字都收不到任何东西。`,
  }),
  'wrong-table': (_, { rule: { place, backend } }) => ({
    en: `Wrong table (${place}): nat sees only the first packet of a connection, and a RST is none. Use ${RAW[backend]}.`,
    zh: `表不对（${place}）：nat 表只看到连接的第一个报文，而 RST 不是。请用 ${RAW_ZH[backend]}。`,
  }),
  'after-conntrack': (_, { rule: { place, backend } }) => ({
    en: `Dropped too late (${place}): connection tracking has seen the RST and forgets the connection; a stateful firewall then drops the peer's data. Use ${RAW[backend]}.`,
    zh: `丢弃得太晚（${place}）：连接跟踪已经看到 RST 并会忘掉连接，之后有状态防火墙会丢弃对方的数据。请用 ${RAW_ZH[backend]}。`,
  }),
  'not-a-drop': (_, { rule: { verdict, backend } }) => {
    const drop = backend === 'nft' ? 'drop' : '-j DROP';
    return {
      en: `The rule does not drop: its target is ${verdict.words}. Use ${drop}.`,
      zh: `规则并不丢弃报文：目标是 ${verdict.words === 'none' ? '无' : verdict.words}。请用 ${drop}。`,
    };
  },
  rejects: (evidence, { rule }) => {
    const { words } = rule.verdict;
    const drop = rule.backend === 'nft' ? 'drop' : 'DROP';
    if (isInbound(rule))
      return {
        en: `${words} answers in the kernel's place: what it drops it tells the peer of, by ${words.includes('reset') ? 'a RST of its own' : 'an ICMP error'}. Use ${drop}.`,
        zh: `${words} 会代替内核回应：它把丢弃之事告诉对方（${words.includes('reset') ? '自己发 RST' : 'ICMP 差错'}）。请用 ${drop}。`,
      };
    const own = evidence.ownResetsLeft < evidence.ownResetsSent;
    const [en, zh] = words.includes('reset')
      ? ['It answers no RST by RST, so here it only drops', '它不会用 RST 回应 RST，这里只是丢弃']
      : ['To the sender, this host itself, it answers with an ICMP error', '它向发送者（即本机自己）回以 ICMP 差错'];
    return {
      en: `${words} is more than a drop. ${en}${own ? "; the program's own RST it refuses as well" : ''}. Use ${drop}.`,
      zh: `${words} 不只是丢弃。${zh}${own ? '；程序自己的 RST 也被它拒绝' : ''}。请用 ${drop}。`,
    };
  },
  'no-match': (evidence, about) => {
    const { rule } = about;
    const { kernelResetsLeft } = evidence;
    const why = whyNot(about, evidence);
    const { en, zh } =
      why.length > 0
        ? sentence(why)
        : {
            en: `one of its matches fits no RST of the kernel. ${ANY[rule.backend]} fits any; leave out the others one by one.`,
            zh: `其中有匹配条件与内核的 RST 不符。${ANY[rule.backend]} 匹配任何 RST；请逐个去掉其他条件。`,
          };
    const { ownResets = 0 } = about;
    const [nothing, nothingZh] =
      ownResets > 0
        ? ["nothing but the program's own RST", '除程序自己的 RST 外没有匹配到任何报文']
        : ['nothing', '没有匹配到任何报文'];
    return {
      en: `The rule matched ${nothing} while ${resets(kernelResetsLeft)} left: ${en}`,
      zh: `规则${nothingZh}，而内核发出了 ${String(kernelResetsLeft)} 个 RST：${zh}`,
    };
  },
  shadowed: (evidence, { rule }) => {
    const before = shadowOf(rule, aimOf(rule, evidence), evidence.rules)?.text ?? '';
    return {
      en: `The rule is never reached by a RST of the kernel: one before it in the same chain has decided by then (${before}). Put it first (-I, nft insert).`,
      zh: `内核的 RST 到不了这条规则：同一条链中前面的规则已经作出决定（${before}）。请把它放到最前面（-I，nft insert）。`,
    };
  },
  'too-narrow': (evidence, about) => {
    const why = whyNot(about, evidence);
    const { en, zh } =
      why.length > 0
        ? sentence(why)
        : {
            en: `the kernel sends R to a segment with ACK and R. to one without: ${ANY[about.rule.backend]} matches both.`,
            zh: `内核对带 ACK 的报文段回 R，对不带的回 R.：${ANY[about.rule.backend]} 两者都匹配。`,
          };
    return {
      en: `Too narrow, or not in force all the time: ${times(about.packets)} dropped, ${resets(evidence.kernelResetsLeft)} left: ${en}`,
      zh: `太窄，或者没有一直生效：丢弃了 ${String(about.packets)} 个报文，仍发出 ${String(evidence.kernelResetsLeft)} 个 RST：${zh}`,
    };
  },
  'too-wide': (evidence, { rule }) => {
    const open = openMatches(rule, evidence);
    if (isForNobody(rule, evidence))
      return {
        en: `Wide: with ${open.join(', ')} left out or open, it drops what no program has sent of all connections, so that a closed port of this host is silent in place of refusing.`,
        zh: `较宽：${open.join('、')} 缺少或不精确，会丢弃所有连接中不是程序发出的这类报文，本机关闭的端口因此沉默而不是拒绝。`,
      };
    const [en, zh] = open.some((name) => name.includes('flags'))
      ? ['packets that are no RST, and ', '非 RST 的报文和']
      : ['', ''];
    return {
      en: `Too wide: with ${open.join(' ')} left out or open, it also drops ${en}packets of other connections, which then hang in place of being refused.`,
      zh: `太宽：${open.join(' ')} 缺少或不精确，会连${zh}其他连接的报文一起丢弃，使它们挂起而不是被拒绝。`,
    };
  },
  'own-segments-dropped': (_, { rule: { backend }, packets }) => {
    const only = backend === 'nft' ? 'tcp flags rst' : '--tcp-flags RST RST';
    return {
      en: `It drops what the program itself sends (${times(packets)}), the first segment already, so nothing came back. Only RSTs are to be dropped: ${only}.`,
      zh: `它把程序自己发出的报文丢弃了（${String(packets)} 个），连第一个报文段都没有发出，自然没有回应。应只丢弃 RST：${only}。`,
    };
  },
  'own-resets-dropped': ({ refusedSends, ownResetsSent, ownResetsLeft }, { rule }) => {
    const seen = refusedSends > 0 || ownResetsLeft < ownResetsSent;
    const spare = rule.backend === 'nft' ? 'meta mark != 0x36' : '-m mark ! --mark 0x36';
    return {
      en: `${seen ? `It drops the program's own RSTs too${refusedSends > 0 ? '; its send fails with EPERM' : ''}` : "It would drop the program's own RSTs too"}. Spare them by the mark of its socket: ${spare}.`,
      zh: `${seen ? `它把程序自己的 RST 也丢弃了${refusedSends > 0 ? '，发送失败（EPERM）' : ''}` : '它会把程序自己的 RST 也丢弃'}。请按套接字的标记放行：${spare}。`,
    };
  },
  idle: (_, { rule, packets }) =>
    isDrop(rule)
      ? { en: 'It matched nothing: it had no part in it.', zh: '它没有匹配到任何报文，没有起作用。' }
      : {
          en: `It drops nothing (its target is ${rule.verdict.words}), and matched ${times(packets)}.`,
          zh: `它不丢弃报文（目标是 ${rule.verdict.words === 'none' ? '无' : rule.verdict.words}），匹配了 ${String(packets)} 个报文。`,
        },
} as const satisfies Partial<Record<FindingCode, Words>>;

const OF_ALL: Readonly<Record<Exclude<FindingCode, keyof typeof OF_RULES>, (evidence: FilterEvidence) => Text>> = {
  exact: ({ rules }) => {
    const dropped = String(droppedOf(rules));
    return {
      en: `The kernel made its RSTs and none of them left: ${dropped} dropped. Nothing else was touched.`,
      zh: `内核产生了 RST，但一个也没有发出：丢弃了 ${dropped} 个，没有影响其他报文。`,
    };
  },
  untested: () => ({
    en: 'The kernel made no RST that the rule could have dropped, so nothing is known about it.',
    zh: '内核没有产生这条规则可以丢弃的 RST，因此无法判断它。',
  }),
  'no-rule': ({ kernelResetsLeft }) => ({
    en: `No rule was in force: ${resets(kernelResetsLeft)} of the kernel left.`,
    zh: `没有生效的规则：内核发出了 ${String(kernelResetsLeft)} 个 RST。`,
  }),
  'other-namespace': () => ({
    en: 'The rule is in another network namespace. Each has its own rules; only those where the socket was made count.',
    zh: '规则在另一个网络命名空间中。每个网络命名空间有自己的规则，只有套接字所在的那个才有效。',
  }),
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
  unaccounted: ({ kernelResetsMade, rules, kernelResetsLeft }) => ({
    en: `The kernel made ${resets(kernelResetsMade ?? 0)}, the rule dropped ${String(droppedOf(rules))} and ${String(kernelResetsLeft)} left: something else took the rest.`,
    zh: `内核产生了 ${String(kernelResetsMade ?? 0)} 个 RST，规则丢弃 ${String(droppedOf(rules))} 个，发出 ${String(kernelResetsLeft)} 个：其余的被别的东西拦下了。`,
  }),
};

/** What is said of a finding; `about` the rule that it is about, where it is about one. */
export function wordsOf(code: FindingCode, evidence: FilterEvidence, about: RuleAtWork | undefined): Text {
  if (code in OF_ALL) return OF_ALL[code as keyof typeof OF_ALL](evidence);
  if (about === undefined) throw new TypeError(`${code} is about a rule`);
  return OF_RULES[code as keyof typeof OF_RULES](evidence, about);
}
