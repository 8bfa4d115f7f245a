/** What a filter can have done to the connection that was made behind it. */
import type { Text } from '../../error.js';
import { FINDING_CODES, type FindingCode } from '../../filter/judge-words.js';
import type { FilterFindingId } from '../finding.js';
import { type CatalogueEntry, NOTHING } from './entry.js';

type Words = Pick<CatalogueEntry, 'holds' | 'todo'>;

const WORDS: Readonly<Record<FindingCode, Words>> = {
  exact: {
    holds: {
      en: 'the kernel made its RSTs, none left, and nothing else was touched',
      zh: '内核产生了 RST，一个也没有发出，其他报文未受影响',
    },
    todo: NOTHING,
  },
  untested: {
    holds: {
      en: 'the kernel made no RST that a rule could have dropped, so nothing is known',
      zh: '内核没有产生规则可以丢弃的 RST，因此无从判断',
    },
    todo: { en: 'connect to what answers', zh: '连接会应答的一方' },
  },
  'no-rule': {
    holds: { en: 'none was in force, and RSTs of the kernel left', zh: '没有生效的规则，内核的 RST 发出了' },
    todo: { en: 'load the rule', zh: '加载所附的规则' },
  },
  'wrong-family': {
    holds: { en: 'the rule is for the other version of IP', zh: '规则针对另一个版本的 IP' },
    todo: { en: 'ip6tables for IPv6; of nft a table of `inet`', zh: 'IPv6 用 ip6tables；nft 用 `inet` 表' },
  },
  'other-namespace': {
    holds: {
      en: 'the rules are in another network namespace than the one that sends',
      zh: '规则所在的网络命名空间不是发送的那个',
    },
    todo: { en: 'load it where the socket is made', zh: '在创建套接字的命名空间中加载' },
  },
  'wrong-chain': {
    holds: {
      en: 'the chain sees nothing of what leaves, or nothing at all',
      zh: '该链看不到发出的报文，或什么也看不到',
    },
    todo: { en: 'OUTPUT', zh: '改用 OUTPUT' },
  },
  blinds: {
    holds: {
      en: 'it drops what comes in, for the kernel and for the raw socket alike',
      zh: '它丢弃入站报文，内核和原始套接字都收不到',
    },
    todo: { en: 'OUTPUT; or read by AF_PACKET', zh: '改用 OUTPUT；或用 AF_PACKET 接收' },
  },
  hides: {
    holds: {
      en: 'the same where the program reads by AF_PACKET, which has its copy before: a cure',
      zh: '同上，但程序用 AF_PACKET 接收，此前已拿到副本：这是一种办法',
    },
    todo: { en: 'nothing; no other program sees that traffic', zh: '无须处理；其他程序看不到这些流量' },
  },
  rejects: {
    holds: { en: 'it answers what it drops', zh: '它对丢弃的报文作出应答' },
    todo: { en: 'DROP in place of REJECT', zh: '用 DROP 代替 REJECT' },
  },
  'wrong-table': {
    holds: { en: '`nat`, or another table that not every RST passes', zh: '`nat`，或其他并非每个 RST 都经过的表' },
    todo: { en: '`-t raw`; of nft a chain with priority raw', zh: '`-t raw`；nft 用优先级为 raw 的链' },
  },
  'after-conntrack': {
    holds: { en: 'it drops, but after connection tracking has seen the RST', zh: '它会丢弃，但连接跟踪已经看到了 RST' },
    todo: { en: '`-t raw`; of nft a chain with priority raw', zh: '`-t raw`；nft 用优先级为 raw 的链' },
  },
  'not-a-drop': {
    holds: { en: 'what it matches goes on its way', zh: '它匹配的报文照样放行' },
    todo: { en: '`-j DROP`; of nft `drop`', zh: '`-j DROP`；nft 用 `drop`' },
  },
  'no-match': {
    holds: { en: 'no RST fitted it', zh: '没有 RST 与它相符' },
    todo: { en: 'leave out the condition that it names', zh: '去掉结论中指出的条件' },
  },
  shadowed: {
    holds: { en: 'a rule before it in the same chain has decided by then', zh: '同一条链中前面的规则已经作出决定' },
    todo: { en: 'put it first: `-I`; of nft `insert`', zh: '放到最前面：`-I`；nft 用 `insert`' },
  },
  'too-narrow': {
    holds: { en: 'some RSTs were dropped, some were not', zh: '有些 RST 被丢弃，有些没有' },
    todo: { en: 'leave out the condition that it names', zh: '去掉结论中指出的条件' },
  },
  'too-wide': {
    holds: {
      en: 'it drops RSTs of other connections, or what is no RST',
      zh: '它会丢弃其他连接的 RST，或不是 RST 的报文',
    },
    todo: { en: 'name addresses, ports and `--tcp-flags RST RST`', zh: '写明地址、端口和 `--tcp-flags RST RST`' },
  },
  'own-segments-dropped': {
    holds: {
      en: 'what the program sends never gets out, so nothing came that the kernel would have answered',
      zh: '程序发送的报文出不去，因此没有回来任何内核会回应的东西',
    },
    todo: { en: 'drop RSTs alone: `--tcp-flags RST RST`', zh: '只丢弃 RST：`--tcp-flags RST RST`' },
  },
  'own-resets-dropped': {
    holds: { en: "the program's own RSTs are dropped, or would be", zh: '程序自己的 RST 被丢弃，或会被丢弃' },
    todo: {
      en: 'spare the mark of its socket, or what a user has sent',
      zh: '按套接字的标记放行，或放行由用户发出的报文',
    },
  },
  'reset-by-peer': {
    holds: {
      en: 'the other side has reset the connection: no filter on this side helps',
      zh: '对方复位了连接：本机的过滤器无能为力',
    },
    todo: {
      en: 'correct what was acknowledged, where it says so; else look there',
      zh: '若结论指出确认号不对，请改正；否则到对方去查',
    },
  },
  unaccounted: {
    holds: {
      en: "the rules' counters, the kernel's count and the capture do not add up",
      zh: '规则的计数、内核的计数与抓包结果对不上',
    },
    todo: { en: 'look for another rule, or qdisc, that drops', zh: '查找另一条丢弃报文的规则或 qdisc' },
  },
  idle: {
    holds: { en: 'of several rules, one that has dropped nothing', zh: '几条规则中，这一条没有丢弃任何报文' },
    todo: { en: 'leave it out', zh: '去掉它' },
  },
};

const SOURCE = 'iptables-extensions(8), nft(8)';

/** Told from what a rule says, whether or not anything came by which it could be seen. */
const BY_WORD_OF_RULE: readonly FindingCode[] = ['too-wide', 'own-resets-dropped', 'after-conntrack'];

/** The kernel's own counters prove the rest. */
export const certaintyOfFilter = (code: FindingCode): 'proven' | 'likely' =>
  BY_WORD_OF_RULE.includes(code) ? 'likely' : 'proven';

const SURE: Readonly<Record<'proven' | 'likely', Text>> = {
  proven: { en: 'by the counters', zh: '计数器' },
  likely: { en: 'by what the rule says', zh: '规则的写法' },
};

const sureOf = (certainty: 'proven' | 'likely'): CatalogueEntry['sure'] => ({ [certainty]: SURE[certainty] });

export const OF_FILTER = Object.fromEntries(
  FINDING_CODES.map((code) => [
    `filter-${code}`,
    { ...WORDS[code], sure: sureOf(certaintyOfFilter(code)), source: SOURCE },
  ]),
) as Readonly<Record<FilterFindingId, CatalogueEntry>>;
