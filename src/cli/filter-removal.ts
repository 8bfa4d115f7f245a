/** `rawshake filter remove` and `clear`: takes filters of ours out, and nothing else. */
import { setTimeout } from 'node:timers/promises';
import { Command, CommanderError } from 'commander';
import { about, INTERRUPTED, RawshakeError, type Text } from '../error.js';
import { covers, type FoundFilter, lookForFilters, removeFilter, type Unseen } from '../filter/found.js';
import { throwIfInterrupted } from '../lab/until.js';
import type { SystemHost } from '../linux/filter/filter-host.js';
import { monotonicNow } from '../linux/libc/clock.js';
import { endHolder } from '../linux/process/owner-process.js';
import {
  foundJson,
  keptElsewhereText,
  keptText,
  removedText,
  type ShownFilter,
  unseenJson,
  unseenText,
} from '../report/filter.js';
import { EXIT } from './exit-code.js';
import {
  type FlowOptions,
  flowOf,
  flowOptions,
  mixedTablesOf,
  noteMixed,
  noteUnseen,
  onHost,
  type PlaceOptions,
  shown,
  sweep,
} from './filter-options.js';
import { languageOf, note, printJson, printText } from './output.js';

export async function remove(options: FlowOptions): Promise<void> {
  await onHost('filter remove', options, async (host) => {
    const flow = flowOf(options);
    const isAsked = (backend: string): boolean => options.backend === 'auto' || backend === options.backend;
    const { filters, unseen } = lookForFilters(host);
    const wanted = filters.filter((filter) => covers(filter, flow) && isAsked(filter.plan.backend));
    const search = {
      all: shown(wanted, host),
      unseen: unseen.filter(({ program }) => isAsked(program === 'nft' ? 'nft' : 'iptables')),
    };
    const isDone = await takeOut('filter remove', search, host, options);
    process.exitCode = wanted.length > 0 && isDone ? EXIT.asExpected : EXIT.notAsExpected;
  });
}

interface ClearOptions extends PlaceOptions {
  readonly all?: boolean;
}

export async function clear(options: ClearOptions): Promise<void> {
  await onHost('filter clear', options, async (host) => {
    const { filters, unseen } = lookForFilters(host);
    const all = shown(filters, host).filter(({ state }) => options.all === true || state === 'gone');
    const isDone = await takeOut('filter clear', { all, unseen }, host, options, () => host.tidy());
    noteMixed(mixedTablesOf(host), options);
    sweep(host, options);
    throwIfInterrupted();
    process.exitCode = isDone ? EXIT.asExpected : EXIT.notAsExpected;
  });
}

/** Removes each, or ends the process that only holds it; says what became of them, and gives whether nothing may be left. */
async function takeOut(
  command: string,
  { all, unseen }: { readonly all: readonly ShownFilter[]; readonly unseen: readonly Unseen[] },
  host: SystemHost,
  options: PlaceOptions,
  tidy?: () => readonly string[],
): Promise<boolean> {
  const kept = await takenOut(all, host);
  const tidied = tidy?.();
  const removed = all.filter((each) => !kept.has(each));
  const language = languageOf(options);
  if (options.json === true) {
    const stays = [...kept].map(([each, why]) => ({ ...foundJson(each), because: why[language] }));
    const isDone = kept.size === 0 && unseen.length === 0;
    const result = { removed: removed.map(foundJson), kept: stays, unseen: unseen.map(unseenJson) };
    const left = tidied === undefined ? {} : { tidied };
    printJson({ command, version: 1, ok: isDone, ...result, ...left });
  } else {
    noteUnseen(unseen, options);
    if (removed.length + (tidied?.length ?? 0) > 0 || unseen.length === 0)
      printText(removedText(removed, tidied ?? [], language));
    for (const [{ filter }, why] of kept) note(`${filter.plan.comment}: ${why[language]}`);
  }
  return kept.size === 0 && unseen.length === 0;
}

/**
 * Which stay, and why. What belongs to a process that lives, and does more than to hold it, would be put back.
 * @throws {RawshakeError} RS_INTERRUPTED, which says how far it came
 */
async function takenOut(all: readonly ShownFilter[], host: SystemHost): Promise<ReadonlyMap<ShownFilter, Text>> {
  const kept = new Map<ShownFilter, Text>();
  for (const each of all) {
    throwIfInterrupted();
    const { filter, state } = each;
    if (filter.owner === undefined || state !== 'running') continue;
    const { networkNamespace } = host;
    const isOf = (words: readonly string[]): boolean => addsFlowOf(filter, words);
    if ((await endHolder({ owner: filter.owner, networkNamespace, isOf })) === 'lives')
      kept.set(each, keptText(filter));
  }
  if (kept.size === all.length) return kept;
  const { filters, unseen } = lookForFilters(host); // once for all: each look reads all that is there
  const left = new Set(filters);
  let gone = 0;
  for (const each of all) {
    if (kept.has(each)) continue;
    const there = [...left].find((other) => isSame(other, each.filter));
    try {
      throwIfInterrupted();
      const why = there === undefined ? unseenOf(each.filter, unseen) : removalFailure(there, left, host);
      if (why === undefined) gone += 1;
      else kept.set(each, why);
    } catch (error) {
      throw isInterruption(error) ? interruptedAfter(gone, all.length) : error;
    }
  }
  const ofUnseen = all.filter((each) => each.state === 'unknown' && !kept.has(each));
  for (const each of await putBack(ofUnseen, host)) kept.set(each, keptElsewhereText(each.filter));
  return kept;
}

/** How long an owner that cannot be seen, and may live, has to put its rule back: by a notice of nf_tables it does so at once. */
const PUT_BACK_WITHIN_MS = 3000;
const LOOK_EVERY_MS = 100;

async function putBack(removed: readonly ShownFilter[], host: SystemHost): Promise<readonly ShownFilter[]> {
  if (removed.length === 0) return [];
  const until = monotonicNow() + PUT_BACK_WITHIN_MS;
  for (;;) {
    throwIfInterrupted();
    const { filters } = lookForFilters(host);
    const back = removed.filter(({ filter }) => filters.some((other) => isSame(other, filter)));
    if (back.length === removed.length || monotonicNow() >= until) return back;
    await setTimeout(LOOK_EVERY_MS);
  }
}

const isInterruption = (error: unknown): boolean => error instanceof RawshakeError && error.code === 'RS_INTERRUPTED';

/** Of the one that was being removed then, nobody knows. */
const interruptedAfter = (gone: number, of: number): RawshakeError =>
  new RawshakeError('RS_INTERRUPTED', about('filter', INTERRUPTED), {
    hint: {
      en: `${String(gone)} or more of ${String(of)} are removed; for the rest, run it again.`,
      zh: `${String(of)} 个中至少已移除 ${String(gone)} 个；其余的请重新运行以移除。`,
    },
  });

/** Whether `filter add` with these words is for the connection of that filter. */
function addsFlowOf(filter: FoundFilter, words: readonly string[]): boolean {
  try {
    const command = flowOptions(new Command('add')).option('--detach').exitOverride().configureOutput({ writeErr });
    return covers(filter, flowOf(command.parse(words, { from: 'user' }).opts()));
  } catch (error) {
    if (error instanceof CommanderError || error instanceof RawshakeError) return false;
    throw error;
  }
}

const writeErr = (): void => undefined;

const isSame = (one: FoundFilter, { plan, variant }: FoundFilter): boolean =>
  one.plan.backend === plan.backend &&
  one.variant === variant &&
  one.plan.comment === plan.comment &&
  covers(one, plan.flow);

/** Why it is not known to be gone. */
function unseenOf({ plan }: FoundFilter, unseen: readonly Unseen[]): Text | undefined {
  const [program] = plan.removal;
  const found = unseen.find((one) => one.program === program);
  return found === undefined ? undefined : unseenText(found);
}

/** Why it could not be removed. The last one of a table takes the table with it. */
function removalFailure(filter: FoundFilter, left: Set<FoundFilter>, host: SystemHost): Text | undefined {
  const { besideOthers, ...alone } = filter;
  const isBesideOthers = (): boolean =>
    [...left].some((other) => other !== filter && tableOf(other) === tableOf(filter));
  try {
    removeFilter(besideOthers !== undefined && isBesideOthers() ? filter : alone, host);
    left.delete(filter);
    return undefined;
  } catch (error) {
    if (!(error instanceof RawshakeError) || isInterruption(error)) throw error;
    // That it was found shows that we may change rules: nftables has it belong to another session.
    return error.code === 'RS_NO_PRIVILEGE' ? OWNED_ELSEWHERE : error.messages;
  }
}

const tableOf = ({ plan }: FoundFilter): string | undefined => (plan.backend === 'nft' ? plan.table : undefined);

const OWNED_ELSEWHERE: Text = {
  en: 'its table belongs to a process that lives, and goes with it; which one cannot be seen from here',
  zh: '它的表属于一个仍在运行的进程，会随之消失；从这里看不到是哪个进程',
};
