/**
 * The filters of ours that are in force on a host, whoever put them there. Ours is what `planFilter` would have made, to the
 * last word: a rule that merely begins with our name is somebody else's.
 */
import { RawshakeError, type RawshakeErrorCode } from '../error.js';
import type { Counters } from './applied.js';
import { canonicalFlow, type Family, type FilterFlow } from './flow.js';
import { iptablesCommands, isRuleOf } from './iptables.js';
import { byProgram, otherPrograms, plainProgram } from './iptables-kinds.js';
import { savedListing } from './iptables-listing.js';
import { commentOf, flowOf, type IptablesVariant, markOf, parseSavedRules, variantOf } from './iptables-save.js';
import { isThat } from './nft.js';
import type { Owner } from './owner.js';
import { type FilterPlan, type IptablesPlan, type NftPlan, ownerOf, planFilter, type PlanOptions } from './plan.js';
import type { FilterHost, NftContent, NftListedRule } from './ports.js';

export interface FoundFilter extends Counters {
  /** What would put it in force, and what removes it. */
  readonly plan: FilterPlan;
  /** Of iptables: which one it is. */
  readonly variant?: IptablesVariant;
  /** The process that holds it; undefined where it is meant to stay. */
  readonly owner: Owner | undefined;
  /** Of nft, where others of ours stand in the same table (`iptables/rst.nft` has one for each IP version): its handle. */
  readonly besideOthers?: number;
}

/** What could not be looked into, and why: somebody has put there what its program cannot read, or too much of it. */
export interface Unseen {
  readonly program: string;
  readonly error: RawshakeError;
}

export interface Search {
  /** Those of nftables first. */
  readonly filters: readonly FoundFilter[];
  readonly unseen: readonly Unseen[];
}

/**
 * Looks into each by itself: what keeps one from being read hides nothing in the others.
 * @throws {RawshakeError} RS_NO_PRIVILEGE; RS_NOT_IN_KERNEL where there is nothing to look with
 */
export function lookForFilters(host: FilterHost): Search {
  const looks = [
    { program: 'nft', look: () => findNft(host) },
    ...FAMILIES.flatMap((family) =>
      [plainProgram(family), ...otherPrograms(family, host)].map((program) => ({
        program,
        look: () => findIptables(host, family, program),
      })),
    ),
  ];
  const seen = looks.map(({ program, look }) => ({ program, found: unlessUnseen(look) }));
  const failed = seen.flatMap(({ program, found }) =>
    found instanceof RawshakeError ? [{ program, error: found }] : [],
  );
  const [first] = failed;
  if (first !== undefined && failed.length === looks.length && failed.every(({ error }) => isMissing(error)))
    throw first.error;
  return {
    filters: seen.flatMap(({ found }) => (found instanceof RawshakeError ? [] : found)),
    unseen: failed.filter(({ error }) => !isMissing(error)),
  };
}

const FAMILIES: readonly Family[] = [4, 6];

/**
 * All of them, or none. Throws as `lookForFilters` does.
 * @throws {RawshakeError} also where something could not be looked into
 */
export function findFilters(host: FilterHost): readonly FoundFilter[] {
  const { filters, unseen } = lookForFilters(host);
  const [first] = unseen;
  if (first !== undefined) throw first.error;
  return filters;
}

/** That of a plan, looked for where it would be. */
export const findPlanned = (plan: FilterPlan, host: FilterHost): FoundFilter | undefined =>
  (plan.backend === 'nft' ? findNft(host) : findIptables(host, plan.family)).find(
    (filter) => filter.plan.comment === plan.comment && covers(filter, plan.flow),
  );

/** What is not installed, or not in the kernel, has put nothing there. */
const MISSING: readonly RawshakeErrorCode[] = ['RS_MISSING_TOOL', 'RS_NOT_IN_KERNEL'];

const UNSEEN: readonly RawshakeErrorCode[] = [...MISSING, 'RS_COMMAND_FAILED', 'RS_NOT_UNDERSTOOD', 'RS_TIMED_OUT'];

const isMissing = ({ code }: RawshakeError): boolean => MISSING.includes(code);

/** What a look gives, or why there was nothing to be seen. */
export function unlessUnseen<T>(look: () => T): T | RawshakeError {
  try {
    return look();
  } catch (error) {
    if (error instanceof RawshakeError && UNSEEN.includes(error.code)) return error;
    throw error;
  }
}

/** Those of nftables alone. Throws as `findFilters` does. */
export function findNft(host: FilterHost): FoundFilter[] {
  return looksLikeOurs(host).flatMap(({ chain, alone }) => {
    const { filters, others } = filtersOf(host, chain);
    return alone && !others ? filters : [];
  });
}

/**
 * The tables in which a filter of ours is in force beside what somebody else has put there: they are theirs, and stay.
 * Throws as `findFilters` does.
 */
export function mixedTables(host: FilterHost): readonly string[] {
  const mixed = looksLikeOurs(host).filter(({ chain, alone }) => {
    const { filters, others } = filtersOf(host, chain);
    return filters.length > 0 && (others || !alone);
  });
  return mixed.map(({ chain }) => chain.table);
}

/** The chains that may be one of ours, and whether each is alone in its table. */
function looksLikeOurs(host: FilterHost): { readonly chain: NftContent; readonly alone: boolean }[] {
  const contents = host.nft().contents('inet');
  const counts = new Map<string, number>();
  for (const { table } of contents) counts.set(table, (counts.get(table) ?? 0) + 1);
  return contents.filter(mayBeOurs).map((chain) => ({ chain, alone: counts.get(chain.table) === 1 }));
}

/** Only such names are ours; they also get into the commands that are shown. */
const mayBeOurs = ({ kind, table, name }: NftContent): boolean =>
  kind === 'chain' && /^rawshake-[\w.-]{1,110}$/.test(table) && /^\w{1,20}$/.test(name);

/** The filters of ours in a chain, and whether it has other rules. */
function filtersOf(host: FilterHost, chain: NftContent): { readonly filters: FoundFilter[]; readonly others: boolean } {
  const rules = rulesOf(host, chain);
  const found = rules.flatMap((rule) => {
    const { flow, mark = 0, comment, packets, bytes } = rule;
    const plan = planned({ backend: 'nft', flow, mark, comment }) as NftPlan | undefined;
    if (plan?.table !== chain.table || plan.chain !== chain.name || !isThat(rule, plan)) return [];
    const besideOthers = rules.length > 1 ? { besideOthers: rule.handle } : {};
    return [{ plan, owner: ownerOf(comment), packets, bytes, ...besideOthers }];
  });
  return { filters: found, others: found.length < rules.length };
}

/** Nothing where it has gone in the meantime, or its rules are nothing that we can read. */
function rulesOf(host: FilterHost, { table, name }: NftContent): readonly NftListedRule[] {
  try {
    return host
      .nft()
      .rules('inet', table)
      .filter(({ chain }) => chain === name);
  } catch (error) {
    if (error instanceof RawshakeError && UNREADABLE.includes(error.code)) return [];
    throw error;
  }
}

const UNREADABLE: readonly RawshakeErrorCode[] = ['RS_COMMAND_FAILED', 'RS_NOT_UNDERSTOOD'];

function findIptables(host: FilterHost, family: Family, program = plainProgram(family)): FoundFilter[] {
  const saved = savedListing(program, family, host);
  const variant = variantOf(saved);
  return parseSavedRules(saved).flatMap((rule) => {
    const { packets, bytes } = rule;
    const comment = commentOf(rule) ?? '';
    const plan = planned({ backend: 'iptables', flow: flowOf(rule), mark: markOf(rule), comment }) as
      IptablesPlan | undefined;
    if (plan?.family !== family || !isRuleOf(plan, rule)) return [];
    return [{ plan: byProgram(plan, program), variant, owner: ownerOf(comment), packets, bytes }];
  });
}

/** The plan of a filter with these values; undefined where none of ours could have them. */
function planned(options: PlanOptions): FilterPlan | undefined {
  try {
    return planFilter(options);
  } catch (error) {
    if (error instanceof RawshakeError && error.code === 'RS_USAGE') return undefined;
    throw error;
  }
}

/** Whether it is the filter of exactly this flow. */
export function covers({ plan }: FoundFilter, wanted: FilterFlow): boolean {
  const { flow, family } = canonicalFlow(wanted);
  const { src, srcPort, dst, dstPort } = plan.flow;
  return (
    plan.family === family &&
    src === flow.src &&
    srcPort === flow.srcPort &&
    dst === flow.dst &&
    dstPort === flow.dstPort
  );
}

/**
 * Removes it, and nothing else.
 * @throws {RawshakeError} RS_NO_PRIVILEGE also where nftables has it belong to a process that lives
 */
export function removeFilter({ plan, besideOthers }: FoundFilter, host: FilterHost): void {
  switch (plan.backend) {
    case 'nft':
      if (besideOthers === undefined) host.nft().deleteTable('inet', plan.table);
      else host.nft().deleteRule(plan.table, plan.chain, besideOthers);
      return;
    case 'iptables':
      host.removeRule(iptablesCommands(plan));
  }
}
