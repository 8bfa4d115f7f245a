/** The filter by nftables: a table that belongs to this process, found again by what the kernel lists, removed. */
import { RawshakeError } from '../error.js';
import type { AppliedRule, Counters } from './applied.js';
import { type ListedRule, listedRules } from './nft-json.js';
import type { NftPlan } from './plan.js';
import type { FilterHost, NftSession, RuleCommands } from './ports.js';

/** Priority of `raw`, below which the rule has to come. `<linux/netfilter_ipv4.h>` NF_IP_PRI_RAW. */
const RAW_PRIORITY = -300;

/** The commands of the plan as one transaction. An owned table goes with the session that made it. */
export function nftScript({ commands }: NftPlan, owned: boolean): string {
  const [create = '', ...rest] = commands.map(([, ...words]) => words.join(' '));
  return [owned ? `${create} { flags owner; }` : create, ...rest].join('\n');
}

/** How the rule of a plan comes and goes where no session can own it: by the program nft. */
export function nftCommands(plan: NftPlan): RuleCommands {
  return { plan, add: ['nft', nftScript(plan, false)], remove: plan.removal };
}

export function applyNft(plan: NftPlan, host: FilterHost): AppliedRule {
  const session = host.nft();
  return (session.ownsTables ? owned(plan, session) : undefined) ?? held(plan, session, host);
}

/** undefined where kernel or library do not know owned tables (Linux 5.12, nftables 0.9.9). */
function owned(plan: NftPlan, session: NftSession): AppliedRule | undefined {
  const add = (): void => {
    session.run(nftScript(plan, true));
  };
  try {
    add();
  } catch (error) {
    if (error instanceof RawshakeError && error.code === 'RS_COMMAND_FAILED') return undefined;
    throw error;
  }
  return {
    owned: true,
    read: () => readNft(plan, session),
    restore: add,
    remove: () => {
      session.run(`delete table inet ${plan.table}`);
    },
  };
}

function held(plan: NftPlan, session: NftSession, host: FilterHost): AppliedRule {
  const hold = host.holdRule(nftCommands(plan));
  return {
    owned: false,
    read: () => readNft(plan, session),
    restore: () => {
      hold.restore();
    },
    remove: () => {
      hold.close();
    },
  };
}

/** The rule as the kernel has it, which must be the one that was asked for. */
function readNft(plan: NftPlan, session: NftSession): Counters | undefined {
  let listed: string;
  try {
    listed = session.run(`list chain inet ${plan.table} ${plan.chain}`);
  } catch (error) {
    if (error instanceof RawshakeError && error.code === 'RS_COMMAND_FAILED') return undefined;
    throw error;
  }
  const found = listedRules(listed).find((rule) => isThat(rule, plan));
  return found && { packets: found.packets, bytes: found.bytes };
}

/** Whether it is the rule of this plan, and matches nothing but what that does. */
export const isThat = (rule: ListedRule, { comment, mark, flow }: NftPlan): boolean =>
  rule.comment === comment &&
  rule.base === 'filter output accept' &&
  (rule.priority ?? 0) < RAW_PRIORITY &&
  rule.understood &&
  rule.resetsOnly &&
  rule.drops &&
  rule.mark === mark &&
  rule.flow.src === flow.src &&
  rule.flow.srcPort === flow.srcPort &&
  rule.flow.dst === flow.dst &&
  rule.flow.dstPort === flow.dstPort;
