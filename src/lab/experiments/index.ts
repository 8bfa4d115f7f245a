/** All experiments, in the order in which they teach. */
import type { AnyExperiment } from './experiment.js';
import { lookupOrder } from './lookup-order.js';

export const EXPERIMENTS: readonly AnyExperiment[] = [lookupOrder];
