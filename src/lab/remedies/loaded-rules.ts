/** The rules that a user brings along, in force on a host: loaded as they are, in their order, read back, each with its counter. */
import { about, RawshakeError, type Text, verbatim } from '../../error.js';
import { unusableRule } from '../../filter/unusable-rule.js';
import type { Counters } from '../../filter/applied.js';
import type { Family } from '../../filter/flow.js';
import { judgedIptables } from '../../filter/iptables-judged.js';
import { parseSavedRules } from '../../filter/iptables-save.js';
import type { JudgedRule } from '../../filter/judged-rule.js';
import { type ListedRule, readNftListing } from '../../filter/nft-judged.js';
import { stepsInNftListing } from '../../filter/nft-walk.js';
import type { Argv } from '../../filter/ports.js';
import { refuseFarReaching, refuseFarReachingStatements } from '../../filter/rule-reach.js';
import { refuseLongWalk } from '../../filter/rule-walk.js';
import { shellLine } from '../../filter/shell.js';
import { MOST_RULES, type UserNft, type UserRule, userRuleCommands } from '../../filter/user-rule.js';
import { shownLine } from '../../shown-line.js';
import { ADDRESSES } from '../addresses.js';
import type { LabHost } from '../host.js';
import { throwIfInterrupted } from '../until.js';

/** Where they are loaded. */
export type RuleHost = Pick<LabHost, 'run'>;

export interface LoadedRule extends Counters {
  readonly rule: JudgedRule;
}

export interface LoadedRules {
  /** What was run, as a person would type it. */
  readonly commands: readonly Argv[];
  /** Each as it is now, in the order in which packets meet those of a chain. */
  read(): readonly LoadedRule[];
}

/** One line can stand for millions of rules or elements. */
const LIMITS = { mostMemoryMiB: 512 } as const;

/**
 * @param family of the connection
 * @throws {RawshakeError} RS_USAGE where one reaches beyond the host, a packet may meet far too many, iptables or nft refuses one, or no rule or too many come of them; RS_LIMIT where they take too
 * much memory; and as `LabHost.run`
 */
export function loadRules(rules: readonly UserRule[], on: RuleHost, family: Family): LoadedRules {
  refuseFarReaching(rules);
  const host = new ListingHost(on);
  const nft = new NftRules(host);
  const iptables = new Map<string, IptablesRules>();
  const commands = rules.flatMap((rule) => {
    if (rule.backend === 'nft') return nft.load(rule);
    const { family: of, add, save } = userRuleCommands(rule, family);
    const own = iptables.get(save[0]) ?? new IptablesRules(host, save, of);
    iptables.set(save[0], own);
    return own.load(add);
  });
  // Once more, for those of iptables may lead into chains of nft's.
  if (rules.some(({ backend }) => backend === 'nft')) nft.refuseLongWalk();
  const listings = [...iptables.values(), ...(rules.some(({ backend }) => backend === 'nft') ? [nft] : [])];
  if (listings.every(({ isEmpty }) => isEmpty))
    throw unusable({ en: 'it was taken, and no rule came of it', zh: '它被接受了，却没有产生规则' }, commands);
  return {
    commands,
    read() {
      host.forget();
      return listings.flatMap((own) => own.list());
    },
  };
}

/** What it has listed is not listed again until something is loaded: each listing is a process. */
class ListingHost implements RuleHost {
  readonly #listed = new Map<string, string>();

  constructor(private readonly on: RuleHost) {}

  run(argv: Argv, input?: string): string {
    this.forget();
    return this.on.run(argv, input, LIMITS);
  }

  list(argv: Argv): string {
    const key = argv.join(' ');
    const text = this.#listed.get(key) ?? this.on.run(argv, '', LIMITS);
    this.#listed.set(key, text);
    return text;
  }

  /** Packets have been counted since. */
  forget(): void {
    this.#listed.clear();
  }
}

/** Those that were loaded by one program. What nft has put into a table of iptables it lists, too. */
class IptablesRules {
  /** How many of each there are. */
  readonly #own = new Map<string, number>();

  constructor(
    private readonly host: ListingHost,
    private readonly save: Argv,
    private readonly family: Family,
  ) {}

  get isEmpty(): boolean {
    return sumOf(this.#own.values()) === 0;
  }

  /** Gives what was run. */
  load(commands: readonly Argv[]): readonly Argv[] {
    const others = countOf(this.#listed());
    for (const [text, own] of this.#own) others.set(text, (others.get(text) ?? 0) - own);
    for (const argv of commands) {
      throwIfInterrupted();
      refusedAsUsage([argv], () => this.host.run(argv));
    }
    for (const [text, count] of countOf(this.#listed())) this.#own.set(text, count - (others.get(text) ?? 0));
    refuseTooMany(sumOf(this.#own.values()), commands);
    return commands;
  }

  list(): readonly LoadedRule[] {
    const left = new Map(this.#own);
    return this.#listed().filter(({ rule: { text } }) => {
      const count = left.get(text) ?? 0;
      left.set(text, count - 1);
      return count > 0;
    });
  }

  #listed(): readonly LoadedRule[] {
    const saved = parseSavedRules(this.host.list(this.save));
    return judgedIptables(saved, this.family).map((rule, i) => ({ rule, ...countersOf(saved[i]) }));
  }
}

const sumOf = (counts: Iterable<number>): number => [...counts].reduce((sum, count) => sum + count, 0);

/** One command can add many: each of the addresses that it names makes a rule of its own. */
function refuseTooMany(count: number, commands: readonly Argv[]): void {
  if (count > MOST_RULES)
    throw unusable(
      { en: `more than ${MOST_RULES} rules came of it`, zh: `由它产生的规则超过 ${MOST_RULES} 条` },
      commands,
    );
}

function countOf(rules: readonly LoadedRule[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { rule } of rules) counts.set(rule.text, (counts.get(rule.text) ?? 0) + 1);
  return counts;
}

const LIST: Argv = ['nft', '--json', '--handle', 'list', 'ruleset'];

/** Those that were loaded by nft. What iptables has put into nf_tables it lists, too, as something else. */
class NftRules {
  readonly #own = new Set<string>();

  constructor(private readonly host: ListingHost) {}

  get isEmpty(): boolean {
    return this.#own.size === 0;
  }

  /** Gives what was run. */
  load({ script, typed }: UserNft): readonly Argv[] {
    const others = new Set(this.#listed().map(({ id }) => id));
    const added = (): readonly ListedRule[] => this.#listed().filter(({ id }) => !others.has(id));
    refusedAsUsage(typed, () => this.host.run(['nft', '--file', '-'], script));
    this.refuseLongWalk();
    const own = added();
    refuseTooMany(own.length, typed);
    for (const { expr, judged } of own) refuseFarReachingStatements(expr, judged.text);
    this.#count(own.filter(({ counters }) => counters === undefined));
    for (const { id } of own) this.#own.add(id);
    return typed;
  }

  /** Before any packet meets them, nor one that the kernel may send while all of it is taken down. */
  refuseLongWalk(): void {
    const steps = stepsInNftListing(this.host.list(LIST));
    try {
      refuseLongWalk(steps);
    } catch (error) {
      this.host.run(['nft', 'flush', 'ruleset']);
      throw error;
    }
  }

  list(): readonly LoadedRule[] {
    return this.#listed()
      .filter(({ id }) => this.#own.has(id))
      .map(({ judged: rule, counters }) => ({ rule, ...countersOf(counters) }));
  }

  #listed(): readonly ListedRule[] {
    return readNftListing(this.host.list(LIST));
  }

  /** nft's rules count only where they are told to, and only what is counted can be judged. In one go, unless one stands in the way. */
  #count(rules: readonly ListedRule[]): void {
    if (rules.length === 0) return;
    throwIfInterrupted();
    try {
      this.host.run(
        ['nft', '--json', '--file', '-'],
        JSON.stringify({ nftables: rules.map((rule) => rule.counting()) }),
      );
    } catch (error) {
      if (!(error instanceof RawshakeError && error.code === 'RS_COMMAND_FAILED')) throw error;
      // What nft can print and not read: it stays as it is.
      if (rules.length === 1) return;
      const half = Math.ceil(rules.length / 2);
      this.#count(rules.slice(0, half));
      this.#count(rules.slice(half));
    }
  }
}

const countersOf = (counted: Counters | undefined): Counters => ({
  packets: counted?.packets ?? 0,
  bytes: counted?.bytes ?? 0,
});

/** What a program does not take is the user's to change. */
function refusedAsUsage(typed: readonly Argv[], action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof RawshakeError && error.code === 'RS_COMMAND_FAILED')) throw error;
    const said = (error.stderr ?? '').split('\n').map((line) => line.trim());
    const why = said.filter((line) => line !== '' && !line.startsWith('Try `') && !/^[\s^~]+$/.test(line)).join(' ');
    const program = typed[0]?.[0] === 'nft' ? 'nft' : 'iptables';
    const refusal = { en: `${program} refuses it`, zh: `${program} 拒绝了它` };
    throw unusable(about(refusal, verbatim(shownLine(why))), typed, error);
  }
}

const unusable = (why: Text, commands: readonly Argv[], cause?: RawshakeError): RawshakeError => {
  const { client, server } = ADDRESSES;
  const run = shownLine(commands.map(shellLine).join('; '));
  const nft = commands.some(([program]) => program === 'nft');
  const [en, zh] = nft
    ? [
        "; it has no table or chain but those that are added: nft add table inet mine, nft add chain inet mine output '{ type filter hook output priority raw; }', each by a --rule of its own",
        "；实验环境中只有自己添加的表和链：nft add table inet mine、nft add chain inet mine output '{ type filter hook output priority raw; }'，各用一个 --rule",
      ]
    : ['', ''];
  return unusableRule(why, {
    hint: {
      en: `It was run as: ${run} (the lab: client ${client[4]} or ${client[6]}, server ${server[4]} or ${server[6]}${en})`,
      zh: `运行的命令是：${run}（实验环境：客户端 ${client[4]} 或 ${client[6]}，服务器 ${server[4]} 或 ${server[6]}${zh}）`,
    },
    ...(cause !== undefined && {
      cause,
      ...(cause.command !== undefined && { command: cause.command }),
      ...(cause.stderr !== undefined && { stderr: cause.stderr }),
    }),
  });
};
