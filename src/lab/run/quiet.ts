/** Waits until nothing passes any more: what kernels still have to say to a program's end has been said. */
import type { Bench } from '../bench/bench.js';

/** A kernel answers within microseconds, and sends again what is unanswered after 200 ms: that is not waited for. */
const QUIET_MS = 40;
const MOST_MS = 400;

export async function quiet(bench: Pick<Bench, 'onFrame'>): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(most);
      clearTimeout(silence);
      unsubscribe();
      resolve();
    };
    const most = setTimeout(end, MOST_MS);
    const silence = setTimeout(end, QUIET_MS);
    const unsubscribe = bench.onFrame(() => silence.refresh());
  });
}
