/** `rawshake filter remove` and `clear`: takes filters of ours out, and nothing else. */
import { RawshakeError } from '../error.js';
import { covers, findFilters, type FoundFilter, removeFilter } from '../filter/found.js';
import type { SystemHost } from '../linux/filter-host.js';
import { endProcess, isFilterAdd, ownerState } from '../linux/owner-process.js';
import { foundJson, foundText, keptText, NONE_REMOVED, type ShownFilter } from '../report/filter.js';
import { EXIT } from './exit-code.js';
import { type FlowOptions, flowOf, onHost, type PlaceOptions } from './filter-options.js';
import { languageOf, note, printJson, printText } from './output.js';

export async function remove(options: FlowOptions): Promise<void> {
  await onHost(options, async (host) => {
    const flow = flowOf(options);
    const wanted = findFilters(host).filter(
      (filter) => covers(filter, flow) && (options.backend === 'auto' || filter.backend === options.backend),
    );
    const kept = await takeOut('filter remove', wanted, host, options);
    process.exitCode = wanted.length > 0 && kept === 0 ? EXIT.asExpected : EXIT.notAsExpected;
  });
}

interface ClearOptions extends PlaceOptions {
  readonly all?: boolean;
}

export async function clear(options: ClearOptions): Promise<void> {
  await onHost(options, async (host) => {
    const wanted = findFilters(host).filter(({ owner }) => options.all === true || ownerState(owner) === 'gone');
    const kept = await takeOut('filter clear', wanted, host, options);
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
  const shown: readonly ShownFilter[] = filters.map((filter) => ({ filter, state: ownerState(filter.owner) }));
  const kept: ShownFilter[] = [];
  for (const each of shown) if (!(await takenOut(each.filter, host))) kept.push(each);
  const removed = shown.filter((each) => !kept.includes(each));
  const language = languageOf(options);
  if (options.json === true) {
    const because = (each: ShownFilter) => ({ ...foundJson(each), because: keptText(each.filter)[language] });
    printJson({ command, version: 1, ok: kept.length === 0, removed: removed.map(foundJson), kept: kept.map(because) });
  } else {
    printText(foundText(removed, NONE_REMOVED, language));
    for (const { filter } of kept) note(`${filter.comment}: ${keptText(filter)[language]}`);
  }
  return kept.length;
}

/** A table that belongs to a process that lives is the one thing that cannot be removed. */
async function takenOut(filter: FoundFilter, host: SystemHost): Promise<boolean> {
  const { owner, comment } = filter;
  if (owner !== undefined && isFilterAdd(owner)) await endProcess(owner);
  try {
    if (findFilters(host).some((other) => other.comment === comment)) removeFilter(filter, host);
    return true;
  } catch (error) {
    if (error instanceof RawshakeError && error.code === 'RS_NO_PRIVILEGE' && ownerState(owner) === 'running')
      return false;
    throw error;
  }
}
