/** The host that one stands on, or any network namespace of it: rules there have to go with this process all the same. */
import { readlinkSync } from 'node:fs';
import { RawshakeError } from '../../error.js';
import { variantNamed } from '../../filter/iptables-save.js';
import type { Family } from '../../filter/flow.js';
import type { Argv, FilterHost, Hold, RuleCommands } from '../../filter/ports.js';
import { runCommand } from '../process/command.js';
import { addUnguarded, type GuardOptions, holdByGuard, removeUnguarded } from '../process/guard.js';
import { iptablesLock } from './iptables-lock.js';
import { leftovers } from './iptables-leftovers.js';
import { journalFile, journalFolder, type LeftAlone, sweepJournal, writeEntry } from './journal.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { type NfTables, openNfTables } from '../netfilter/nf-tables.js';
import { asNoPrivilege } from '../process/no-privilege.js';
import { type RawPlace, removeFromRaw, tidyRaw } from '../netlink/raw-table.js';
import { onRulesDeleted } from '../netfilter/rule-monitor.js';
import { clearStale, isAbsent } from '../netfilter/stale-rule.js';

export interface SystemHost extends FilterHost {
  /** `net:[4026531840]` */
  readonly networkNamespace: string;
  nft(): NfTables;
  /** Removes the rules that killed programs have left here; gives what stands in the journal and is not to be believed. */
  sweep(): readonly LeftAlone[];
  /** Removes what rules of iptables have brought and left, where none of ours is there any more; gives the tables that had it. */
  tidy(): readonly string[];
  /** Ends its line to nf_tables, and with it the tables that it owns. Idempotent. */
  close(): void;
}

/** In `netns`, or where one stands. Touches nothing before it is asked to. */
export function systemHost(netns?: NetworkNamespace): SystemHost {
  const environment = { XTABLES_LOCKFILE: iptablesLock() };
  const place = { ...(netns !== undefined && { netns }), environment };
  const identify = () => readlinkSync('/proc/thread-self/ns/net');
  const networkNamespace = netns === undefined ? identify() : netns.run(identify);
  let nft: NfTables | undefined;
  const openedNft = (): NfTables => (nft ??= openNfTables(netns));
  const run = (argv: Argv): string => explained(() => runCommand(argv, place));
  const versions = new Map<string, string>();
  const versionOf = (program: string): string => {
    const version = versions.get(program) ?? run([program, '--version']);
    versions.set(program, version);
    return version;
  };
  const familyToTidy = leftovers(versionOf, openedNft);
  const rawPlace = (family: Family): RawPlace => ({ family, netns, lockFolder: journalFolder() });
  const guardOptions = (rule: RuleCommands): GuardOptions => ({
    ...place,
    tidy: () => familyToTidy(rule),
    removeRule: () => rule.plan.backend === 'iptables' && removeFromRaw(rule.plan.comment, rawPlace(rule.plan.family)),
    deleteTable: () =>
      isDone(() => openedNft().deleteTable(rule.plan.family === 4 ? 'ip' : 'ip6', 'raw', { ifEmpty: true })),
    isAbsent: () => isAbsent(rule, host),
    entry: journalFile(rule.plan, networkNamespace),
    note: () => {
      const entry = journalFile(rule.plan, networkNamespace);
      const variant = rule.plan.backend === 'iptables' ? variantNamed(versionOf(rule.add[0])) : undefined;
      if (entry !== undefined) writeEntry(entry, rule.plan, { networkNamespace, variant });
    },
  });
  const host: SystemHost = {
    ...(netns !== undefined && { enter: netns.enter }),
    networkNamespace,
    run,
    nft: openedNft,
    addRule: (rule) => {
      explained(() => {
        addUnguarded(rule, guardOptions(rule));
      });
    },
    removeRule: (rule) => {
      explained(() => {
        removeUnguarded(rule, guardOptions(rule));
      });
    },
    holdRule: (rule): Hold => {
      const options = guardOptions(rule);
      explained(() => options.tidy()); // who may not even look is refused before anything is noted
      options.note();
      return explained(() => holdByGuard(rule, options));
    },
    onRulesDeleted: (listener) => onRulesDeleted(listener, netns),
    sweep: () =>
      sweepJournal(networkNamespace, (plan, variant) => {
        const isGone = clearStale(plan, variant, host);
        // Its guard may have been killed after it made a table, and before there was a rule in it.
        if (isGone && plan.backend === 'iptables') isDone(() => tidyRaw(rawPlace(plan.family)));
        return isGone;
      }),
    tidy: () =>
      ([4, 6] as const).flatMap((family) =>
        isDone(() => tidyRaw(rawPlace(family))) ? [family === 4 ? 'ip raw' : 'ip6 raw'] : [],
      ),
    close: () => nft?.close(),
  };
  return host;
}

/** Where it is refused, somebody has come to need what was to be deleted. */
function isDone(action: () => unknown): boolean {
  try {
    return action() !== false;
  } catch (error) {
    if (!(error instanceof RawshakeError)) throw error;
    return false;
  }
}

function explained<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof RawshakeError ? asNoPrivilege(error) : error;
  }
}
