/** The death of a kernel's socket whose other side has closed its half: libuv, having read the end, looks at it only to write. */
import type { Socket } from 'node:net';
import { pendingError } from '../linux/libc/adopted-socket.js';

const LOOK_AGAIN_MS = 100;

/** Destroys it with what its connection died of; to be called before it is read. */
export function watchHalfClosed(socket: Socket): void {
  socket.once('end', () => {
    if (socket.destroyed) return;
    const timer = setInterval(() => {
      const error = pendingError(socket);
      if (error !== undefined) socket.destroy(error);
    }, LOOK_AGAIN_MS);
    socket.once('close', () => {
      clearInterval(timer);
    });
  });
}
