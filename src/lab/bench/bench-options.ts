/** What a bench is made with. */
import type { Feed } from '../../evidence/feed.js';
import type { EndName } from '../../evidence/host.js';
import type { KernelTrace } from '../../linux/trace/kernel-trace.js';
import type { Family } from '../addresses.js';
import type { LabOptions } from '../lab.js';

/** Who the hosts are, where it matters, and what else is said of the lab. */
export interface BenchOptions extends Omit<LabOptions, 'link'> {
  readonly family: Family;
  /** Where the kernels' own words come from; left out: none are asked for. */
  readonly trace?: KernelTrace;
  readonly signal?: AbortSignal;
  /**
   * Is given each moment some 50 ms after it happened, from all that see, in the order of time; ended with the bench. Only system calls
   * come last of all, and nothing before the first packet, for moments count from it. Of the kernels' words, those that `trace` tells.
   */
  readonly feed?: Feed;
  /** The hosts on which other people's programs run: of what leaves the lab's hosts, the kernel is asked who has sent it. */
  readonly programs?: readonly EndName[];
}
