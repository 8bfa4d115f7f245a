/** A lock between processes, on a file or folder that is there; it goes with the process. flock(2). */
import { LOCK_EX, LOCK_NB, O_CLOEXEC } from './constants.js';
import { libc, libcNonBlocking, SystemCallError } from './libc.js';

export interface Lock {
  close(): void;
}

/**
 * Whoever may open the file could hold the lock for ever, so it is waited for so long and no longer; and not again soon,
 * for there may be many rules to remove, and a signal to heed.
 */
const PATIENCE_MS = 1000;
const AGAIN_AFTER_MS = 10_000;
const LOOK_EVERY_MS = 5;

let gaveUpMs = -Infinity;

/** Takes it, or goes on without it where it is not to be had. */
export function takeLock(path: string): Lock {
  const fd = open(path);
  if (fd === undefined) return { close: () => undefined };
  const startedMs = performance.now();
  const patienceMs = startedMs - gaveUpMs < AGAIN_AFTER_MS ? 0 : PATIENCE_MS;
  while (libcNonBlocking('flock', fd, LOCK_EX | LOCK_NB) === undefined) {
    if (performance.now() - startedMs >= patienceMs) {
      if (patienceMs > 0) gaveUpMs = performance.now();
      break;
    }
    pause();
  }
  return { close: () => libc('close', fd) };
}

function open(path: string): number | undefined {
  try {
    return libc('open', path, O_CLOEXEC, 0);
  } catch (error) {
    if (error instanceof SystemCallError) return undefined;
    throw error;
  }
}

const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_EVERY_MS);
