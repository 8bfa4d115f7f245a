/** Experiments: those that rawshake comes with, and what one's own are made of. */
export { EXPERIMENTS } from './all.js';
export { defineExperiment, type OwnExperiment, type Words } from './define.js';
export type { Experiment, ExpectedFact, Observed, ObserveOptions } from '../lab/experiments/experiment.js';
export type { AnyExperiment, Observations } from '../lab/experiments/experiment.js';
export { runExperiment, type RunExperimentOptions } from '../lab/experiments/run-experiment.js';
export { runExperiments, type RunExperimentsOptions } from '../lab/experiments/run-experiments.js';
export type { PlannedRun, SecondLane } from '../lab/experiments/lane.js';
export { inLab, inRelayLab, type Stage, type StageOptions } from '../lab/experiments/stage.js';
export type { Hand } from '../lab/experiments/hand.js';
export type {
  ByHand,
  Evidence,
  ExperimentRun,
  ExperimentText,
  Fact,
  FactValue,
  JudgedClaim,
  Scene,
  Verdict,
} from '../evidence/experiment.js';
export type { IsPacket } from '../lab/experiments/taps.js';
