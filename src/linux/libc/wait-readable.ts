/** Waits for a descriptor within one call, where the program needs the answer for all that follows. poll(2). */
import { about, INTERRUPTED, RawshakeError, type Text } from '../../error.js';
import { interruptedForMs } from './interruption.js';
import { libcNonBlocking } from './libc.js';

const POLLIN = 1;
const LOOK_EVERY_MS = 50;
/** The answer may still come in this time. */
const GRACE_MS = 1000;

interface Waiting {
  /** What is waited for, as errors begin. */
  readonly what: Text;
  /** What may not be undone where the answer does not come. */
  readonly hint: Text;
  /** Told once, when a signal is to end the program: the answer may be helped along. */
  readonly onInterrupted?: () => void;
}

/**
 * Returns when `fd` has something to read, or has ended.
 * @throws {RawshakeError} RS_INTERRUPTED, where a signal is to end the program and the answer does not come for that
 */
export function waitReadable(fd: number, { what, hint, onInterrupted }: Waiting): void {
  const descriptor = new DataView(new ArrayBuffer(8)); // struct pollfd: fd, events, revents
  descriptor.setInt32(0, fd, true);
  descriptor.setInt16(4, POLLIN, true);
  let told = false;
  while (libcNonBlocking('poll', descriptor, 1, LOOK_EVERY_MS) === 0) {
    const interruptedMs = interruptedForMs();
    if (interruptedMs > GRACE_MS) throw new RawshakeError('RS_INTERRUPTED', about(what, INTERRUPTED), { hint });
    if (interruptedMs < 0 || told) continue;
    told = true;
    onInterrupted?.();
  }
}
