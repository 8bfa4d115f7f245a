/** What an ordinary program learns from its socket: connected, or an errno. */
import type { Socket } from 'node:net';
import { SystemCallError } from '../../linux/libc.js';

/** `connected`, or the errno that connect() gave: `ECONNREFUSED`. */
export const connectResult = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    socket
      .once('connect', () => {
        resolve('connected');
      })
      .once('error', (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? error.message);
      });
  });

/** `ok`, or the errno that a system call gave: `EADDRINUSE`. */
export function callResult(call: () => unknown): string {
  try {
    call();
    return 'ok';
  } catch (error) {
    if (error instanceof SystemCallError) return error.code;
    throw error;
  }
}
