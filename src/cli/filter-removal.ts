/** `rawshake filter remove` and `clear`: takes filters of ours out, and nothing else. */
import { RawshakeError, type Text } from '../error.js';
import { covers, findFilters, type FoundFilter, removeFilter } from '../filter/found.js';
import { throwIfInterrupted } from '../lab/until.js';
import type { SystemHost } from '../linux/filter-host.js';
import { endHolder } from '../linux/owner-process.js';
import { foundJson, keptText, removedText, type ShownFilter } from '../report/filter.js';
import { EXIT } from './exit-code.js';
import {
  type FlowOptions,
  flowOf,
  mixedTablesOf,
  noteMixed,
  onHost,
  type PlaceOptions,
  shown,
  sweep,
} from './filter-options.js';
import { languageOf, note, printJson, printText } from './output.js';

export async function remove(options: FlowOptions): Promise<void> {
  await onHost('filter remove', options, async (host) => {
    const flow = flowOf(options);
    const wanted = findFilters(host).filter(
      (filter) => covers(filter, flow) && (options.backend === 'auto' || filter.plan.backend === options.backend),
    );
    const kept = await takeOut('filter remove', wanted, host, options);
    process.exitCode = wanted.length > 0 && kept === 0 ? EXIT.asExpected : EXIT.notAsExpected;
  });
}

interface ClearOptions extends PlaceOptions {
  readonly all?: boolean;
}

export async function clear(options: ClearOptions): Promise<void> {
  await onHost('filter clear', options, async (host) => {
    const wanted = findFilters(host).filter((filter) => options.all === true || shown(filter, host).state === 'gone');
    const kept = await takeOut('filter clear', wanted, host, options);
    noteMixed(mixedTablesOf(host), options);
    sweep(host, options);
    process.exitCode = kept === 0 ? EXIT.asExpected : EXIT.notAsExpected;
  });
}

/** Removes each, or ends the process that only holds it; says what became of them, and gives how many are still there. */
async function takeOut(
  command: string,
  filters: readonly FoundFilter[],
  host: SystemHost,
  options: PlaceOptions,
): Promise<number> {
  const all = filters.map((filter) => shown(filter, host));
  throwIfInterrupted();
  const kept = new Map<ShownFilter, Text>();
  for (const each of all) {
    const why = await takenOut(each, host);
    if (why !== undefined) kept.set(each, why);
  }
  const removed = all.filter((each) => !kept.has(each));
  const language = languageOf(options);
  if (options.json === true) {
    const stays = [...kept].map(([each, why]) => ({ ...foundJson(each), because: why[language] }));
    printJson({ command, version: 1, ok: kept.size === 0, removed: removed.map(foundJson), kept: stays });
  } else {
    printText(removedText(removed, language));
    for (const [{ filter }, why] of kept) note(`${filter.plan.comment}: ${why[language]}`);
  }
  return kept.size;
}

/** Why it stays; undefined where it is gone. What belongs to a process that lives, and does more than to hold it, would be put back. */
async function takenOut({ filter, state }: ShownFilter, host: SystemHost): Promise<Text | undefined> {
  const { owner, plan } = filter;
  if (owner !== undefined && state === 'running' && !(await endHolder(owner, host.networkNamespace)))
    return keptText(filter);
  try {
    const there = findFilters(host).find(
      (other) => other.plan.backend === plan.backend && other.plan.comment === plan.comment && covers(other, plan.flow),
    );
    if (there !== undefined) removeFilter(there, host);
    return undefined;
  } catch (error) {
    if (!(error instanceof RawshakeError)) throw error;
    // That it was found shows that we may change rules: nftables has it belong to another session.
    return error.code === 'RS_NO_PRIVILEGE' ? OWNED_ELSEWHERE : { en: error.message, zh: error.message };
  }
}

const OWNED_ELSEWHERE: Text = {
  en: 'its table belongs to a process that lives, and goes with it; which one cannot be seen from here',
  zh: '它的表属于一个仍在运行的进程，会随之消失；从这里看不到是哪个进程',
};
