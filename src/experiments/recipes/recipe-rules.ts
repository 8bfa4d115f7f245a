/** The recipes themselves: what is typed, and what comes of it. iptables(8), nft(8), arptables(8). */
import { parseUserRule } from '../../filter/user-rule.js';
import { setSysctls } from '../../linux/namespace/sysctl.js';
import type { TransportChoice } from '../../linux/port/transport.js';
import { ADDRESSES, CLIENT_PORT, type Family } from '../../lab/addresses.js';
import { none } from '../../lab/remedies/none.js';
import type { Remedy } from '../../lab/remedies/remedy.js';
import { userRules } from '../../lab/remedies/user-rules.js';
import type { en } from './en.js';

export type RecipeName = keyof typeof en.facts;

interface Recipe {
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
    expected: ['established', 'own-resets-dropped', 'too-wide', 'after-conntrack'],
    rules: iptables(`-A OUTPUT ${RESETS} -j DROP`),
  },
  source: {
    expected: ['established', 'own-resets-dropped', 'too-wide', 'after-conntrack'],
    rules: (family) => [`-A OUTPUT ${RESETS} -s ${ADDRESSES.client[family]} -j DROP`],
  },
  sport: {
    expected: ['established', 'own-resets-dropped', 'too-wide', 'after-conntrack'],
    rules: iptables(`-A OUTPUT ${RESETS} --sport ${String(CLIENT_PORT)} -j DROP`),
  },
  input: {
    expected: ['reset-by-own-kernel', 'wrong-chain', 'too-wide'],
    rules: iptables(`-A INPUT ${RESETS} -j DROP`),
  },
  dport: {
    expected: ['established', 'hides'],
    rules: iptables(`-A INPUT -p tcp --dport ${String(CLIENT_PORT)} -j DROP`),
    transport: 'packet',
  },
  nft: {
    expected: ['established', 'own-resets-dropped', 'too-wide', 'after-conntrack'],
    rules: nft('inet', HOOK, 'tcp flags rst drop'),
  },
  hookless: {
    expected: ['reset-by-own-kernel', 'wrong-chain', 'too-wide'],
    rules: nft('inet', '', 'tcp flags rst drop'),
  },
  uid: {
    expected: ['reset-by-own-kernel', 'no-match', 'own-resets-dropped', 'too-wide'],
    rules: iptables(`-A OUTPUT ${RESETS} -m owner --uid-owner 0 -j DROP`),
  },
  invalid: {
    expected: ['reset-by-own-kernel', 'no-match', 'too-wide'],
    rules: iptables(`-A OUTPUT ${RESETS} -m conntrack --ctstate INVALID -j DROP`),
  },
  reject: {
    expected: ['established', 'own-resets-dropped', 'rejects', 'too-wide', 'after-conntrack'],
    rules: iptables(`-A OUTPUT ${RESETS} -j REJECT`),
  },
  arp: {
    expected: ['reset-by-own-kernel', 'wrong-family'],
    rules: nft('arp', HOOK, 'drop'),
  },
  sysctl: {
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
