/** What the filters need of a host: its administration programs and nf_tables, in the namespace that they are to change. */

import type { Argv } from './argv.js';
import type { FilterFlow } from './flow.js';
import type { FilterPlan } from './plan.js';

export type { Argv } from './argv.js';

/** The families of tables in which there are rules of ours, or of iptables. */
export type NftFamily = 'inet' | 'netdev' | 'ip' | 'ip6';

/** Something in a table, by the name that somebody has given it; bytes that are no UTF-8 are U+FFFD in it. */
export interface NftContent {
  readonly kind: 'chain' | 'other';
  readonly table: string;
  readonly name: string;
}

/** Where a chain of type `filter` and policy `accept` hangs. */
export type NftHook =
  | { readonly hook: 'output'; readonly priority: number }
  | { readonly hook: 'ingress'; readonly priority: number; readonly device: string };

/** A rule that counts and drops TCP segments of a flow, as the sender of those segments has it. */
export interface NftRule {
  readonly flow: FilterFlow;
  /** Only segments with RST. */
  readonly resetsOnly: boolean;
  /** Those with this mark pass; undefined: none does. */
  readonly mark: number | undefined;
  readonly comment: string;
}

/** A table with one chain and one rule. */
export interface NftTable {
  readonly family: 'inet' | 'netdev';
  readonly name: string;
  readonly chain: string;
  readonly hook: NftHook;
  readonly rule: NftRule;
}

/** A rule as the kernel has it. */
export interface NftListedRule extends NftRule {
  readonly chain: string;
  /** Its number in the table. */
  readonly handle: number;
  /** undefined of a chain of another kind, or that nothing leads to. */
  readonly hook: NftHook | undefined;
  /** It matches nothing but what stands here, and drops that. */
  readonly understood: boolean;
  readonly packets: number;
  readonly bytes: number;
}

/** A line to nf_tables. All methods throw RawshakeError RS_NOT_IN_KERNEL, RS_NO_PRIVILEGE and RS_COMMAND_FAILED. */
export interface NftSession {
  /** Puts it in force. `owned`: it belongs to this session, and goes with it and with this process (`flags owner`). */
  create(table: NftTable, options: { readonly owned: boolean }): void;
  /** Has the kernel check whether it would take it, and changes nothing. */
  check(table: NftTable): void;
  /** With all that is in it; `ifEmpty`: only where there is nothing in it, else RS_COMMAND_FAILED. */
  deleteTable(family: NftFamily, name: string, options?: { readonly ifEmpty?: boolean }): void;
  deleteRule(table: string, chain: string, handle: number): void;
  /** The rules of a table; none where there is no such table. */
  rules(family: NftTable['family'], table: string): readonly NftListedRule[];
  /** What there is in the tables of a family: names alone, which may be anybody's. */
  contents(family: NftFamily): readonly NftContent[];
}

/** How a rule comes and goes. */
export interface RuleCommands {
  readonly plan: FilterPlan;
  readonly add: Argv;
  readonly remove: Argv;
}

/** A rule in force that goes with this process, by whatever signal it ends. */
export interface Hold {
  /** What the backend's `-save` program printed right after the rule was added, once; undefined where nobody asked it. */
  takeListing?(): string | undefined;
  /** Adds it again: somebody has removed it. */
  restore(): void;
  /** Removes it. Throws only where it is still there afterwards. */
  close(): void;
}

export interface FilterHost {
  /** What a person types in front of a command that is to run on this host; absent where they stand on it. */
  readonly enter?: readonly string[];
  /**
   * Runs a program to its end; gives its stdout.
   * @throws {RawshakeError} RS_MISSING_TOOL, RS_NO_PRIVILEGE, RS_COMMAND_FAILED
   */
  run(argv: Argv): string;
  /** nf_tables of this host, opened at the first call. */
  nft(): NftSession;
  /** Adds a rule that stays until it is removed. Throws as `run` does. */
  addRule(rule: RuleCommands): void;
  /** Removes it. Throws as `run` does; where it was not there, it may. */
  removeRule(rule: RuleCommands): void;
  /** Adds a rule for as long as this process lives and does not close it. Throws as `run` does. */
  holdRule(rule: RuleCommands): Hold;
  /** Calls back when somebody deletes rules; absent where nobody else can. Ends with what it returns. */
  onRulesDeleted?(listener: () => void): () => void;
}
