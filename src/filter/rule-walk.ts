/**
 * How many rules one packet may meet. The kernel walks a chain anew at each jump to it, so a few chains that jump several times to
 * the next are any number of rules. net/netfilter/nf_tables_core.c, nft_do_chain(); net/ipv4/netfilter/ip_tables.c, ipt_do_table().
 */
import { unusableRule } from './unusable-rule.js';

/** So many rules of a chain, and the chains to which each of them may lead: to one of them at a time. */
export interface Step {
  readonly from: string;
  readonly to: readonly string[];
  readonly rules: number;
}

/** Takes a packet about a millisecond. */
export const MOST_RULES_MET = 100_000;

/** @throws {RawshakeError} RS_USAGE where one packet may meet more than `MOST_RULES_MET` of them */
export function refuseLongWalk(steps: readonly Step[]): void {
  if (mostRulesMet(steps) <= MOST_RULES_MET) return;
  throw unusableRule(
    {
      en: `one packet may meet more than ${MOST_RULES_MET} rules, by way of jumps`,
      zh: `一个报文经由跳转可能遇到超过 ${MOST_RULES_MET} 条规则`,
    },
    {
      hint: {
        en: 'Each jump (-j, -g, jump, goto, vmap) walks the whole of its chain again, and the jumps in it. Jump to a chain once, not from each of several rules.',
        zh: '每次跳转（-j、-g、jump、goto、vmap）都会重新走完整条链及其中的跳转。请只跳转到一条链一次，不要从多条规则重复跳转。',
      },
    },
  );
}

/** In all chains to which no other leads, for a packet may come by each; each chain is counted once. */
function mostRulesMet(steps: readonly Step[]): number {
  const chains = new Map<string, Step[]>();
  for (const step of steps) {
    const known = chains.get(step.from);
    if (known === undefined) chains.set(step.from, [step]);
    else known.push(step);
  }
  const counted = new Map<string, number>();
  const met = (chain: string): number => {
    const known = counted.get(chain);
    if (known !== undefined) return known;
    counted.set(chain, 0); // what leads back to itself the kernel does not take
    let sum = 0;
    for (const { to, rules } of chains.get(chain) ?? [])
      sum += rules * (1 + to.reduce((most, one) => Math.max(most, met(one)), 0));
    counted.set(chain, sum);
    return sum;
  };
  const reached = new Set(steps.flatMap(({ to }) => to));
  return [...chains.keys()].filter((chain) => !reached.has(chain)).reduce((sum, chain) => sum + met(chain), 0);
}
