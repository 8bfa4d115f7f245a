/** The recipes themselves: what is typed, and what comes of it. iptables(8), nft(8), arptables(8). */
import { parseUserRule } from '../../filter/user-rule.js';
import { setSysctls } from '../../linux/namespace/sysctl.js';
import type { TransportChoice } from '../../linux/port/transport.js';
import { ADDRESSES, CLIENT_PORT, type Family } from '../../lab/addresses.js';
import { none } from '../../lab/remedies/none.js';
import type { Remedy } from '../../lab/remedies/remedy.js';
import { userRules } from '../../lab/remedies/user-rules.js';
import type { ExpectedFact } from '../experiment.js';

export type RecipeName =
  | 'output'
  | 'source'
  | 'sport'
  | 'input'
  | 'dport'
  | 'nft'
  | 'hookless'
  | 'uid'
  | 'invalid'
  | 'reject'
  | 'arp'
  | 'sysctl';

interface Recipe extends ExpectedFact {
  /** `outcome`, and what is found wrong with the rules. */
  readonly expected: readonly string[];
  /** Each as for `compare --rule`; none: it is no rule. */
  readonly rules: (family: Family) => readonly string[];
  readonly transport?: TransportChoice;
}

const RESETS = '-p tcp --tcp-flags RST RST';
const HOOK = '{ type filter hook output priority 0; }';

const iptables = (words: string) => () => [words];

const nft = (family: string, chain: string, rule: string) => (): readonly string[] => [
  `nft add table ${family} t`,
  `nft add chain ${family} t c ${chain === '' ? '' : `'${chain}'`}`,
  `nft add rule ${family} t c ${rule}`,
];

export const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
  output: {
    what: { en: 'OUTPUT, RSTs dropped', zh: 'OUTPUT 链丢弃 RST' },
    expected: ['established', 'own-resets-dropped', 'too-wide', 'after-conntrack'],
    rules: iptables(`-A OUTPUT ${RESETS} -j DROP`),
  },
  source: {
    what: { en: 'the same with -s and the own address', zh: '再加 -s 和本机地址' },
    expected: ['established', 'own-resets-dropped', 'too-wide', 'after-conntrack'],
    rules: (family) => [`-A OUTPUT ${RESETS} -s ${ADDRESSES.client[family]} -j DROP`],
  },
  sport: {
    what: { en: 'the same with --sport and the own port', zh: '再加 --sport 和自己的端口' },
    expected: ['established', 'own-resets-dropped', 'too-wide', 'after-conntrack'],
    rules: iptables(`-A OUTPUT ${RESETS} --sport ${String(CLIENT_PORT)} -j DROP`),
  },
  input: {
    what: { en: 'INPUT, RSTs dropped', zh: 'INPUT 链丢弃 RST' },
    expected: ['reset-by-own-kernel', 'wrong-chain', 'too-wide'],
    rules: iptables(`-A INPUT ${RESETS} -j DROP`),
  },
  dport: {
    what: { en: 'INPUT, the own port dropped, read by AF_PACKET', zh: 'INPUT 链丢弃自己的端口，用 AF_PACKET 接收' },
    expected: ['established', 'hides'],
    rules: iptables(`-A INPUT -p tcp --dport ${String(CLIENT_PORT)} -j DROP`),
    transport: 'packet',
  },
  nft: {
    what: { en: 'nft, a chain with a hook', zh: 'nft，带钩子的链' },
    expected: ['established', 'own-resets-dropped', 'too-wide', 'after-conntrack'],
    rules: nft('inet', HOOK, 'tcp flags rst drop'),
  },
  hookless: {
    what: { en: 'nft, a chain without a hook', zh: 'nft，不带钩子的链' },
    expected: ['reset-by-own-kernel', 'wrong-chain', 'too-wide'],
    rules: nft('inet', '', 'tcp flags rst drop'),
  },
  uid: {
    what: { en: 'RSTs of the user who runs the program', zh: '按运行程序的用户丢弃 RST' },
    expected: ['reset-by-own-kernel', 'no-match', 'own-resets-dropped', 'too-wide'],
    rules: iptables(`-A OUTPUT ${RESETS} -m owner --uid-owner 0 -j DROP`),
  },
  invalid: {
    what: { en: 'RSTs that are INVALID', zh: '丢弃状态为 INVALID 的 RST' },
    expected: ['reset-by-own-kernel', 'no-match', 'too-wide'],
    rules: iptables(`-A OUTPUT ${RESETS} -m conntrack --ctstate INVALID -j DROP`),
  },
  reject: {
    what: { en: 'OUTPUT, RSTs rejected', zh: 'OUTPUT 链 REJECT RST' },
    expected: ['established', 'own-resets-dropped', 'rejects', 'too-wide', 'after-conntrack'],
    rules: iptables(`-A OUTPUT ${RESETS} -j REJECT`),
  },
  arp: {
    what: { en: "all of arptables' OUTPUT dropped", zh: 'arptables 的 OUTPUT 全部丢弃' },
    expected: ['reset-by-own-kernel', 'wrong-family'],
    rules: nft('arp', HOOK, 'drop'),
  },
  sysctl: {
    what: { en: 'settings of TCP (sysctl)', zh: 'TCP 的设置（sysctl）' },
    expected: ['reset-by-own-kernel'],
    rules: () => [],
  },
};

export const RECIPE_NAMES = Object.keys(RECIPES) as readonly RecipeName[];

/** Those that are named in such advice, and that there are. */
const SETTINGS = { 'net.ipv4.tcp_abort_on_overflow': 0, 'net.ipv4.tcp_rfc1337': 1, 'net.ipv4.tcp_syncookies': 0 };

const settings: Remedy = {
  ...none,
  unproven: true,
  apply(host) {
    setSysctls(host.netns, SETTINGS);
    return undefined;
  },
};

export const remedyOf = ({ rules }: Recipe, family: Family): Remedy => {
  const texts = rules(family);
  return texts.length === 0 ? settings : userRules(texts.map(parseUserRule));
};
