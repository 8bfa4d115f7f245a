/** Turns Ctrl-C, or a defect, into an orderly end: the run is aborted, undoes what it did, and the exit code says so. */
import { setImmediate } from 'node:timers/promises';
import { about, INTERRUPTED, RawshakeError } from '../error.js';
import { catchEndingSignals, interrupt, interruptedBy, interruptedForMs } from '../linux/libc/interruption.js';
import { leaveSignals } from './early.js';
import { onUnforeseen } from './unexpected.js';

/** An orderly end takes no longer; guards see to what is left. */
const MOST_MS = 1500;

/**
 * Runs `action` with a signal that SIGINT, SIGTERM and SIGHUP abort. A second one ends the process at once; where the first
 * has not ended it in time, be it for want of somebody who reads its output, the process dies of it as if it had not been
 * caught. What nobody has foreseen, and comes up outside of `action`, aborts it too, and is thrown once it has ended.
 * @throws {RawshakeError} RS_INTERRUPTED, wherever it arose, says which command it was
 */
export async function interruptible<T>(command: string, action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const release = catchEndingSignals(() => {
    controller.abort();
    dieInTime();
  });
  const takeBack = leaveSignals();
  const defect = new Defect(controller);
  try {
    const result = await action(controller.signal);
    defect.throwIfAny();
    return result;
  } catch (error) {
    defect.throwIfAny();
    throw error instanceof RawshakeError && error.code === 'RS_INTERRUPTED' ? named(command, error) : error;
  } finally {
    defect.release();
    if (interruptedForMs() < 0) takeBack();
    else dieInTime(); // it may have come in a long call, and nobody have been told
    release();
  }
}

/** What came up outside of the action, of which nothing else hears. */
class Defect {
  #found: { readonly error: unknown; readonly late: NodeJS.Timeout } | undefined;
  readonly #takeBack: () => void;

  constructor(controller: AbortController) {
    this.#takeBack = onUnforeseen((error) => {
      // Thrown here, it ends the program at once.
      const late = setTimeout(() => {
        this.throwIfAny();
      }, MOST_MS);
      this.#found = { error, late };
      interrupt();
      controller.abort();
    });
  }

  throwIfAny(): void {
    if (this.#found !== undefined) throw this.#found.error;
  }

  release(): void {
    clearTimeout(this.#found?.late);
    this.#takeBack();
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
  new RawshakeError('RS_INTERRUPTED', about(command, INTERRUPTED), { cause, hint: cause.hints });
