/** Many handshakes on the bench of an experiment, and what came of them as a fact. */
import type { Bench } from '../lab/bench/bench.js';
import { interrupted } from '../lab/until.js';
import { isSource } from '../bulk/four-tuples.js';
import type { BulkOptions } from '../bulk/plan.js';
import { BulkSeries } from '../bulk/run.js';
import type { BulkSummary } from '../bulk/summary.js';

/** Of each bench, that of its crowds. */
const series = new WeakMap<Bench, BulkSeries>();

function seriesOf(bench: Bench): BulkSeries {
  const known = series.get(bench);
  if (known !== undefined) return known;
  const made = new BulkSeries(bench.lab);
  series.set(bench, made);
  bench.leases.defer(() => void made.close());
  return made;
}

/**
 * Makes them, unwatched.
 * @throws {RawshakeError} RS_INTERRUPTED when the bench's signal is aborted, once all is undone
 */
export async function crowd(bench: Bench, options: Omit<BulkOptions, 'signal'>): Promise<BulkSummary> {
  const { signal } = bench;
  const summary = await bench.unwatched(
    () => seriesOf(bench).run({ ...options, ...(signal !== undefined && { signal }) }).summary,
    ({ ip }) => isSource(ip.src) || isSource(ip.dst),
  );
  if (signal?.aborted === true) throw interrupted();
  return summary;
}

/** `['16 established', '48 no-answer']`. */
export const outcomesOf = ({ outcomes }: BulkSummary): readonly string[] =>
  Object.entries(outcomes).flatMap(([outcome, count]) => (count === 0 ? [] : [`${String(count)} ${outcome}`]));
