/** Rules that the user brings along, put to the test together. */
import type { Counters } from '../../filter/applied.js';
import { isDrop, isInbound, isOutbound, type JudgedRule } from '../../filter/judged-rule.js';
import type { UserRule } from '../../filter/user-rule.js';
import { addressVersion } from '../../wire/address.js';
import type { LabHost } from '../host.js';
import { type LoadedRule, loadRules, type RuleHost } from './loaded-rules.js';
import type { Remedy, RuleInForce } from './remedy.js';

/** What is said of them, whatever they are. */
export const USER_RULE: Omit<Remedy, 'apply'> = {
  id: 'rule',
  title: { en: 'your rule', zh: '你的规则' },
  expected: 'established',
  unproven: true,
  because: {
    en: 'what it does, and what it misses, is said under "Your rule".',
    zh: '它的作用和缺陷见“你的规则”一节。',
  },
  cost: {
    privileges: { en: 'CAP_NET_ADMIN; iptables or nft', zh: 'CAP_NET_ADMIN；iptables 或 nft' },
    price: { en: 'as said there', zh: '同上' },
  },
};

/** @param hostOf where they are loaded; left out: on the host that makes the handshake */
export const userRules = (rules: readonly UserRule[], hostOf = (host: LabHost): RuleHost => host): Remedy => ({
  ...USER_RULE,
  apply(host, flow): RuleInForce {
    const where = hostOf(host);
    const loaded = loadRules(rules, where, addressVersion(flow.src) ?? 4);
    return {
      backend: rules[0]?.backend ?? 'iptables',
      commands: loaded.commands,
      work() {
        const all = loaded.read();
        const drops = whatIsDropped(all);
        return {
          drops,
          ...sum(all.filter(({ rule }) => drops === 'nothing' || whatItDrops(rule) === drops)),
          each: all.map(({ rule: { text }, packets, bytes }) => ({ text, packets, bytes })),
          judged: {
            rules: all.map(({ rule, packets }) => ({ rule, packets })),
            inOtherNamespace: where !== host,
          },
        };
      },
    };
  },
});

type Drops = 'resets' | 'segments' | 'nothing';

function whatItDrops(rule: JudgedRule): Drops {
  if (!isDrop(rule)) return 'nothing';
  if (isOutbound(rule)) return 'resets';
  return isInbound(rule) ? 'segments' : 'nothing';
}

/** By the rule that had most to do. */
function whatIsDropped(all: readonly LoadedRule[]): Drops {
  const most = [...all].filter(({ rule }) => isDrop(rule)).sort((a, b) => b.packets - a.packets)[0];
  return most === undefined ? 'nothing' : whatItDrops(most.rule);
}

const sum = (all: readonly Counters[]): Counters =>
  all.reduce((total, { packets, bytes }) => ({ packets: total.packets + packets, bytes: total.bytes + bytes }), {
    packets: 0,
    bytes: 0,
  });
