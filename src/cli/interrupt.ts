/** Turns Ctrl-C into an orderly end: the run is aborted, undoes what it did, and the exit code says so. */
import { setImmediate } from 'node:timers/promises';
import { RawshakeError } from '../error.js';
import { catchEndingSignals, interruptedBy, interruptedForMs } from '../linux/interruption.js';
import { leaveSignals } from './early.js';

/** An orderly end takes no longer; guards see to what is left. */
const MOST_MS = 1500;

/**
 * Runs `action` with a signal that SIGINT, SIGTERM and SIGHUP abort. A second one ends the process at once; where the first
 * has not ended it in time, be it for want of somebody who reads its output, the process dies of it as if it had not been
 * caught.
 * @throws {RawshakeError} RS_INTERRUPTED, wherever it arose, says which command it was
 */
export async function interruptible<T>(command: string, action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const release = catchEndingSignals(() => {
    controller.abort();
    dieInTime();
  });
  const takeBack = leaveSignals();
  try {
    return await action(controller.signal);
  } catch (error) {
    throw error instanceof RawshakeError && error.code === 'RS_INTERRUPTED' ? named(command, error) : error;
  } finally {
    if (interruptedForMs() < 0) takeBack();
    else dieInTime(); // it may have come in a long call, and nobody have been told
    release();
  }
}

let dies = false;

function dieInTime(): void {
  const signal = interruptedBy();
  if (dies || signal === undefined) return;
  dies = true;
  setTimeout(() => process.kill(process.pid, signal), MOST_MS - interruptedForMs()).unref();
}

/** Resolves when those that came in a long call have been told: a turn of the loop later, which may be in its middle. */
export async function signalsHeard(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

const named = (command: string, cause: RawshakeError): RawshakeError =>
  new RawshakeError('RS_INTERRUPTED', `${command}: interrupted`, { cause, hint: cause.hints });
