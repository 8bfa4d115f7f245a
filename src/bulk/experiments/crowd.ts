/** Many handshakes on the stage of an experiment, and what came of them as a fact. */
import type { Stage } from '../../lab/experiments/stage.js';
import { interrupted } from '../../lab/until.js';
import { isSource } from '../four-tuples.js';
import type { BulkOptions } from '../plan.js';
import { BulkSeries } from '../run.js';
import type { BulkSummary } from '../summary.js';

/** Of each stage, that of its crowds. */
const series = new WeakMap<Stage, BulkSeries>();

function seriesOf(stage: Stage): BulkSeries {
  const known = series.get(stage);
  if (known !== undefined) return known;
  const made = new BulkSeries(stage.lab);
  series.set(stage, made);
  stage.leases.defer(() => void made.close());
  return made;
}

/**
 * Makes them, unwatched.
 * @throws {RawshakeError} RS_INTERRUPTED when the stage's signal is aborted, once all is undone
 */
export async function crowd(stage: Stage, options: Omit<BulkOptions, 'signal'>): Promise<BulkSummary> {
  const { signal } = stage;
  const summary = await stage.unwatched(
    () => seriesOf(stage).run({ ...options, ...(signal !== undefined && { signal }) }).summary,
    ({ ip }) => isSource(ip.src) || isSource(ip.dst),
  );
  if (signal?.aborted === true) throw interrupted();
  return summary;
}

/** `['16 established', '48 no-answer']`. */
export const outcomesOf = ({ outcomes }: BulkSummary): readonly string[] =>
  Object.entries(outcomes).flatMap(([outcome, count]) => (count === 0 ? [] : [`${String(count)} ${outcome}`]));
