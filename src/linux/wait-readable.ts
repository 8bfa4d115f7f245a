/** Waits for a descriptor within one call, where the program needs the answer for all that follows. poll(2). */
import { RawshakeError } from '../error.js';
import { interruptedForMs } from './interruption.js';
import { libcNonBlocking } from './libc.js';

const POLLIN = 1;
const LOOK_EVERY_MS = 50;
/** The answer may still come in this time. */
const GRACE_MS = 1000;

/**
 * Returns when `fd` has something to read, or has ended.
 * @throws {RawshakeError} RS_INTERRUPTED, where a signal is to end the program and the answer does not come for that
 */
export function waitReadable(fd: number, what: string): void {
  const descriptor = new DataView(new ArrayBuffer(8)); // struct pollfd: fd, events, revents
  descriptor.setInt32(0, fd, true);
  descriptor.setInt16(4, POLLIN, true);
  while (libcNonBlocking('poll', descriptor, 1, LOOK_EVERY_MS) === 0) {
    if (interruptedForMs() > GRACE_MS) throw interrupted(what);
  }
}

const interrupted = (what: string): RawshakeError =>
  new RawshakeError('RS_INTERRUPTED', `${what}: interrupted`, {
    hint: { en: 'What was begun is undone; run it again.', zh: '已开始的操作会被撤销；可以重新运行。' },
  });
