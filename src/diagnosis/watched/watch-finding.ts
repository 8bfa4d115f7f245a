/** What `watch` tells. */
import type { Finding, FindingId } from '../finding.js';
import type { Host } from '../../evidence/host.js';
import type { Missing } from '../../evidence/missing.js';

/** A finding of a host that is watched; `at` are the few moments of its connection that were kept, all of them. */
export interface WatchFinding extends Finding {
  /** When the packet passed that it is about: milliseconds since 1970. */
  readonly epochMs: number;
  /** Whose connection it is: whoever opened it first. */
  readonly hosts: readonly Host[];
  /** Whether its cause is one that can be mended; all else is part of ordinary traffic. */
  readonly isMendable: boolean;
  /** How many of this cause and with this peer there are by now. */
  readonly count: number;
}

export interface WatchSummary {
  /** How many there were of each, told or not. */
  readonly findings: Readonly<Partial<Record<FindingId, number>>>;
  readonly resets: { readonly sent: number; readonly received: number };
  /** How many of them are part of ordinary traffic and were not told, for that was not asked for. */
  readonly ordinary: number;
  /** Findings that were too many to be told, and frames that found no room. */
  readonly leftOut: number;
  /** What could not be seen. */
  readonly missing: readonly Missing[];
}
