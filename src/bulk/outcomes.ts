/** What became of each handshake: a byte per handshake, the names of the command line's outcomes. */
import type { Outcome } from '../evidence/outcome.js';

/** Those that can come here: the engine's addresses have no kernel of their own, no router is between, and it sends nothing. */
export type BulkOutcome = Exclude<Outcome, 'reset-by-own-kernel' | 'icmp-unreachable' | 'incomplete'>;

/** By code; 0 is a handshake that is not over. */
const NAMES = [undefined, 'established', 'refused', 'reset-by-peer', 'no-answer', 'aborted'] as const;

export const ESTABLISHED = 1;
export const REFUSED = 2;
export const RESET_BY_PEER = 3;
export const NO_ANSWER = 4;
export const ABORTED = 5;

export const outcomeNamed = (code: number): BulkOutcome | undefined => NAMES[code];

/** How many handshakes ended each way. */
export function tally(codes: Uint8Array): Readonly<Record<BulkOutcome, number>> {
  const counts = new Uint32Array(NAMES.length);
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  const of = (code: number): number => counts[code] ?? 0;
  return {
    established: of(ESTABLISHED),
    refused: of(REFUSED),
    'reset-by-peer': of(RESET_BY_PEER),
    'no-answer': of(NO_ANSWER),
    aborted: of(ABORTED),
  };
}
