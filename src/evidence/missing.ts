/** Evidence that could not be had, and why. */
import type { Text } from '../error.js';

export interface Missing extends Text {
  /** Of events that a trace has lost, their number since it began: said of each run, it grows from one to the next. */
  readonly lostSoFar?: number;
}

/** What is missing from any of the runs, each thing once, and of what was lost the total. */
export function missingFromAny(runs: readonly (readonly Missing[])[]): readonly Missing[] {
  const all = new Map<string, Missing>();
  for (const missing of runs.flat()) {
    const key = missing.lostSoFar === undefined ? missing.en : 'lost';
    if ((all.get(key)?.lostSoFar ?? -1) < (missing.lostSoFar ?? 0)) all.set(key, missing);
  }
  return [...all.values()];
}
