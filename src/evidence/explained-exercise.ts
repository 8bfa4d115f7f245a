/** An exercise as its author wants to see through it: each step, and whose points it decides. Plain records, for reports. */
import type { Text } from '../error.js';
import type { Decision, QuestionKind } from './exercise.js';

export interface ExplainedStep {
  /** Where it stands in the script, as its errors say it: `steps[2].repeat.steps[0]`. */
  readonly step: string;
  /** `expect`. */
  readonly action: string;
  /** What the step says of it, in YAML's flow style: `{ at: client, packet: . 1:1(0) ack 1 }`. */
  readonly fields: string;
  /** The questions whose answers its fields name. */
  readonly answers: readonly string[];
  /** Whether it holds something against the kernels. */
  readonly check: boolean;
  /** Of a check whose points it decides, the first time; left out: nobody's. */
  readonly decides?: Decision;
  /** What else it decides when a `repeat` comes to it again. */
  readonly again: readonly Decision[];
}

export interface ExplainedQuestion {
  readonly id: string;
  readonly kind: QuestionKind;
  readonly points: number;
  /** What its points depend on: the checks in `steps`, what was observed in them, or the answer alone. */
  readonly by: 'checks' | 'observation' | 'answer';
  readonly steps: readonly string[];
}

export interface ExplainedExercise {
  readonly id: string;
  readonly title: Text;
  readonly steps: readonly ExplainedStep[];
  readonly questions: readonly ExplainedQuestion[];
}
