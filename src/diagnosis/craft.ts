/** What is said of a fault in segments that were made by hand. */
import type { MomentOf } from '../evidence/moment.js';
import type { Finding } from './finding.js';

/** What a fault is seen in. */
export interface Fault {
  readonly moment: MomentOf<'packet'>;
  /** The SYN of the side that it is measured by: the other's of an acknowledgment, its own of a sequence number. */
  readonly syn?: MomentOf<'packet'> | undefined;
}

/** What is said of a fault. */
export interface CraftExplanation {
  meaning(fault: Fault): Finding['meaning'];
  because(fault: Fault): Finding['because'];
}
