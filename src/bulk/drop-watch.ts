/** Spares a run the wait for answers that cannot come, where the kernel says how many packets it has dropped. */
import { setTimeout as delay } from 'node:timers/promises';
import { END, type Shared } from './control.js';
import { NO_ANSWER } from './outcomes.js';
import type { Plan } from './plan.js';

const INTERVAL_MS = 5;

/**
 * Asks `dropped` until the handshakes that are over and the packets that were dropped since the start are all there are; then the
 * others end as `no-answer`. Each handshake has one packet under way, so with no retransmission none is counted twice.
 * @param isOver whether the run has ended by itself
 */
export async function endWhenAllIsAccountedFor(
  { count }: Plan,
  { control, outcomes }: Shared,
  dropped: () => number,
  isOver: () => boolean,
): Promise<void> {
  const codes = new Uint8Array(outcomes);
  const before = dropped();
  while (!isOver()) {
    const finished = codes.reduce((sum, code) => sum + (code === 0 ? 0 : 1), 0);
    if (finished < count && finished + dropped() - before >= count) {
      Atomics.store(new Int32Array(control), END, NO_ANSWER);
      return;
    }
    await delay(INTERVAL_MS);
  }
}
