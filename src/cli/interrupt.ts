/** Turns Ctrl-C into an orderly end: the run is aborted, undoes what it did, and the exit code says so. */
import { catchEndingSignals } from '../linux/interruption.js';

/** An orderly end takes no longer; guards see to what is left. */
const MOST_MS = 1500;

/**
 * Runs `action` with a signal that SIGINT, SIGTERM and SIGHUP abort. A second one ends the process at once; where the first
 * has not ended it in time, be it for want of somebody who reads its output, the process dies of it as if it had not been
 * caught.
 */
export async function interruptible<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const release = catchEndingSignals((signal) => {
    controller.abort();
    setTimeout(() => process.kill(process.pid, signal), MOST_MS).unref();
  });
  try {
    return await action(controller.signal);
  } finally {
    release();
  }
}
