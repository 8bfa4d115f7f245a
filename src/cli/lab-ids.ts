/** Ids of experiments, as a user names them. */
import type { AnyExperiment } from '../experiments/experiment.js';
import { EXPERIMENTS } from '../experiments/all.js';
import { nearTo } from './near.js';
import { usageError } from './usage.js';

/** @throws {RawshakeError} RS_USAGE, with ids that may have been meant */
export function experimentOf(id: string): AnyExperiment {
  const experiment = EXPERIMENTS.find((known) => known.id === id);
  if (experiment !== undefined) return experiment;
  const near = nearTo(
    id,
    EXPERIMENTS.map((known) => known.id),
  );
  const [en, zh] = near.length === 0 ? ['', ''] : [`Did you mean ${near.join(', ')}? `, `是不是 ${near.join('、')}？`];
  throw usageError(
    { en: `there is no experiment '${id}'`, zh: `没有实验 '${id}'` },
    { en: `${en}See: rawshake lab list`, zh: `${zh}请看：rawshake lab list` },
  );
}

/** `all` stands for every one, wherever it is named; what is named beside it has to be there, too. */
export function experimentsOf(ids: readonly string[]): readonly AnyExperiment[] {
  const named = ids.filter((id) => id !== 'all').map(experimentOf);
  return named.length < ids.length ? EXPERIMENTS : [...new Set(named)];
}
