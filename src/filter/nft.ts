/** The filter by nftables: a table that belongs to this process, found again by what the kernel lists, removed. */
import { RawshakeError } from '../error.js';
import type { AppliedRule, Counters } from './applied.js';
import type { NftPlan } from './plan.js';
import type { FilterHost, NftListedRule, NftSession, NftTable, RuleCommands } from './ports.js';

/** Priority of `raw`, below which the rule has to come. `<linux/netfilter_ipv4.h>` NF_IP_PRI_RAW. */
const RAW_PRIORITY = -300;

/** What the plan's commands make, as `iptables/rst.nft` has it. */
export const tableOf = ({ table, chain, flow, mark, comment }: NftPlan): NftTable => ({
  family: 'inet',
  name: table,
  chain,
  hook: { hook: 'output', priority: RAW_PRIORITY - 10 },
  rule: { flow, resetsOnly: true, mark, comment },
});

/** How the rule of a plan comes and goes where no session can own it: by the program nft. */
export function nftCommands(plan: NftPlan): RuleCommands {
  const script = plan.commands.map(([, ...words]) => words.join(' ')).join('\n');
  return { plan, add: ['nft', script], remove: plan.removal };
}

export function applyNft(plan: NftPlan, host: FilterHost): AppliedRule {
  const session = host.nft();
  return owned(plan, session) ?? held(plan, session, host);
}

/** undefined where the kernel does not know owned tables (before Linux 5.12). */
function owned(plan: NftPlan, session: NftSession): AppliedRule | undefined {
  const add = (): void => {
    session.create(tableOf(plan), { owned: true });
  };
  try {
    add();
  } catch (error) {
    if (!(error instanceof RawshakeError && error.code === 'RS_COMMAND_FAILED')) throw error;
    session.check(tableOf(plan)); // which throws where it knows more than these not
    return undefined;
  }
  return {
    owned: true,
    read: () => readNft(plan, session),
    restore: add,
    remove: () => {
      session.deleteTable('inet', plan.table);
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
  const found = session.rules('inet', plan.table).find((rule) => isThat(rule, plan));
  return found && { packets: found.packets, bytes: found.bytes };
}

/** Whether it is the rule of this plan, and matches nothing but what that does. */
export const isThat = (rule: NftListedRule, { chain, comment, mark, flow }: NftPlan): boolean =>
  rule.chain === chain &&
  rule.comment === comment &&
  rule.hook?.hook === 'output' &&
  rule.hook.priority < RAW_PRIORITY &&
  rule.understood &&
  rule.resetsOnly &&
  rule.mark === mark &&
  rule.flow.src === flow.src &&
  rule.flow.srcPort === flow.srcPort &&
  rule.flow.dst === flow.dst &&
  rule.flow.dstPort === flow.dstPort;
