/** Waits, within one call, until a descriptor takes more bytes. poll(2). */
import { POLLOUT } from './constants.js';
import { interruptedForMs } from './interruption.js';
import { libcNonBlocking } from './libc.js';

const LOOK_EVERY_MS = 50;

/** Whether `fd` takes more within `mostMs`; not waited for any longer where a signal is to end the program. */
export function waitWritable(fd: number, mostMs: number): boolean {
  const descriptor = new DataView(new ArrayBuffer(8)); // struct pollfd: fd, events, revents
  descriptor.setInt32(0, fd, true);
  descriptor.setInt16(4, POLLOUT, true);
  const deadline = performance.now() + mostMs;
  while (performance.now() < deadline && interruptedForMs() < 0) {
    if ((libcNonBlocking('poll', descriptor, 1, LOOK_EVERY_MS) ?? 0) > 0) return true;
  }
  return false;
}
