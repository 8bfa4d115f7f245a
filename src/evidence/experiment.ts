/** All that one run of an experiment expected and observed, and what it teaches: what reports are made of. */
import type { Text } from '../error.js';
import type { Evidence } from './evidence.js';
import type { EndName } from './host.js';
import type { NotRun } from './not-run.js';

/** What can be expected and observed: an answer in packetdrill's notation, an errno, a count, a list of states. */
export type FactValue = string | number | boolean | readonly string[];

/** One thing that was expected, beside what was observed. */
export interface Fact {
  /** Its name in JSON: `answer`. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly what: Text;
  readonly expected: FactValue;
  readonly observed: FactValue;
  readonly ok: boolean;
}

/** What this experiment has to say to a sentence that is often taught. */
export type Verdict = 'confirmed' | 'refined' | 'outdated' | 'wrong';

export interface JudgedClaim {
  readonly text: Text;
  readonly verdict: Verdict;
  readonly because: Text;
}

/** A line that shows the same in `rawshake lab shell`. */
export interface ByHand {
  readonly host: EndName;
  /** For bash. */
  readonly line: string;
  /** What is to be seen in what it prints, as a regular expression. */
  readonly prints?: string;
}

/** What an experiment is, whether it was run or not. */
export interface ExperimentText {
  readonly id: string;
  readonly title: Text;
  /** What it shows, in a sentence. */
  readonly claim: Text;
  readonly steps: readonly Text[];
  /** Why it is so, in terms of the kernel's functions. */
  readonly explanation: Text;
  readonly next: readonly Text[];
  readonly byHand: readonly ByHand[];
  readonly claims: readonly JudgedClaim[];
  /** It is about sequence numbers: its ladder shows them. */
  readonly isOfNumbers?: boolean;
}

export interface ExperimentRun extends ExperimentText, Evidence {
  readonly family: 4 | 6;
  readonly facts: readonly Fact[];
  /** Every fact is as expected. */
  readonly ok: boolean;
  /** Why it ended before anything could be concluded, in a sentence: there are no facts then, and `ok` is false. */
  readonly failure?: Text;
  /** Why it could not be made here: it has shown nothing, there are no facts, and `ok` is false. */
  readonly notRun?: NotRun;
  readonly durationMs: number;
}
