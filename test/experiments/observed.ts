/** What a run observed, fact by fact. */
import type { ExperimentRun, FactValue } from '../../src/evidence/experiment.js';

export const observed = ({ facts }: ExperimentRun): Record<string, FactValue> =>
  Object.fromEntries(facts.map(({ name, observed: value }) => [name, value]));
