/** What came of a run: every handshake accounted for, and what the server says of it. */
import type { Counters } from './engine.js';
import type { Histogram } from './histogram.js';
import { type BulkOutcome, outcomeNamed, tally } from './outcomes.js';
import type { Plan } from './plan.js';

export interface BulkSummary {
  /** How many handshakes were asked for. */
  readonly count: number;
  /** How many ended each way; together they are `count`. */
  readonly outcomes: Readonly<Record<BulkOutcome, number>>;
  /** How handshake `index`, from 0 and in the order of their first SYNs, ended; `undefined` beyond `count`. */
  outcomeOf(index: number): BulkOutcome | undefined;
  /** From each first SYN to the moment at which its SYN/ACK was read; microseconds. */
  readonly latency: Histogram;
  /** From the first SYN to the last segment of the last close. */
  readonly seconds: number;
  /** Established and closed, in each of those seconds. */
  readonly perSecond: number;
  readonly retransmissions: number;
  /** How many connections the run's own listener has accepted, and how many bytes it has read where it reads. */
  readonly accepted: number;
  readonly receivedBytes: number;
  /** Connections that the server's socket table still had when it was last asked, unaccepted ones included. */
  readonly serverSocketsLeft: number;
  /** Whether each handshake was established, accepted by the run's own listener, and closed. Only then the rate is one. */
  readonly complete: boolean;
}

export interface Results {
  readonly codes: Uint8Array;
  readonly latency: Histogram;
  readonly counters: Counters;
  readonly seconds: number;
  readonly accepted: number;
  readonly receivedBytes: number;
  readonly serverSocketsLeft: number;
}

export function summarize({ count }: Plan, results: Results): BulkSummary {
  const { codes, latency, counters, seconds, accepted, receivedBytes, serverSocketsLeft } = results;
  const outcomes = tally(codes);
  return {
    count,
    outcomes,
    outcomeOf: (index) => outcomeNamed(codes[index] ?? 0),
    latency,
    seconds,
    perSecond: outcomes.established / seconds,
    retransmissions: counters.retransmissions,
    accepted,
    receivedBytes,
    serverSocketsLeft,
    complete: outcomes.established === count && accepted === count && serverSocketsLeft === 0,
  };
}
