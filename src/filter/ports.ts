/** What the filters need of a host: its administration programs and nf_tables, in the namespace that they are to change. */

import type { Argv } from './argv.js';
import type { FilterPlan } from './plan.js';

export type { Argv } from './argv.js';

export type NftFamily = 'inet' | 'ip' | 'ip6';

/** Something in a table, by the name that somebody has given it; bytes that are no UTF-8 are U+FFFD in it. */
export interface NftContent {
  readonly kind: 'chain' | 'other';
  readonly table: string;
  readonly name: string;
}

/** A line to nf_tables: commands in the language of nft(8), many to a transaction. */
export interface NftSession {
  /** Whether a table may belong to this session (`flags owner`): it then goes with it, and with this process. */
  readonly ownsTables: boolean;
  /**
   * Carries out the commands, all or none; gives what they list, as libnftables-json(5).
   * @throws {RawshakeError} RS_NO_PRIVILEGE, RS_COMMAND_FAILED
   */
  run(commands: string): string;
  /** What there is in the tables of a family: names alone, which may be anybody's. Throws as `run` does. */
  contents(family: NftFamily): readonly NftContent[];
  /** Has the kernel check the commands and changes nothing. Throws as `run` does. */
  check(commands: string): void;
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
  /**
   * nf_tables of this host, opened at the first call.
   * @throws {RawshakeError} RS_MISSING_TOOL where neither libnftables nor nft is installed
   */
  nft(): NftSession;
  /** Adds a rule that stays until it is removed. Throws as `run` does. */
  addRule(rule: RuleCommands): void;
  /** Removes it. Throws as `run` does, also where it is not there. */
  removeRule(rule: RuleCommands): void;
  /** Adds a rule for as long as this process lives and does not close it. Throws as `run` does. */
  holdRule(rule: RuleCommands): Hold;
  /** Calls back when somebody deletes rules; absent where nobody else can. Ends with what it returns. */
  onRulesDeleted?(listener: () => void): () => void;
}
