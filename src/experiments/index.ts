/** Experiments: those that rawshake comes with, and what one's own are made of. */
export { EXPERIMENTS } from './all.js';
export { defineExperiment, type OwnExperiment, type Words } from './define.js';
export type { Experiment, ExpectedFact, Observed, ObserveOptions } from './experiment.js';
export type { AnyExperiment, Observations } from './experiment.js';
export { runExperiment, type RunExperimentOptions } from './run-experiment.js';
export { runExperiments, type RunExperimentsOptions } from './run-experiments.js';
export { Feed } from '../evidence/feed.js';
export type { PlannedRun, SecondLane, Watch } from './lane.js';
export { onBench, onRelayBench, type Bench } from '../lab/bench/bench.js';
export type { BenchOptions } from '../lab/bench/bench-options.js';
export type { Endpoint } from '../lab/bench/endpoint.js';
export { BOTH_ENDS, type EndName, type Host, type HostName, type HostRole } from '../evidence/host.js';
export type { Evidence, Scene } from '../evidence/evidence.js';
export type {
  ByHand,
  ExperimentRun,
  ExperimentText,
  Fact,
  FactValue,
  JudgedClaim,
  Verdict,
} from '../evidence/experiment.js';
export type { IsPacket } from '../lab/bench/taps.js';
