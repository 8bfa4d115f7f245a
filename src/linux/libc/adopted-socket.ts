/** What the kernel knows of a `net.Socket` and Node does not tell. */
import type { Socket } from 'node:net';
import { SIOCOUTQ, SO_ERROR, SOL_SOCKET } from './constants.js';
import { libc, SystemCallError } from './libc.js';

/** Sent and not acknowledged, in bytes, and one more for a FIN; undefined once the socket is closed. tcp(7), SIOCOUTQ; tcp_ioctl. */
export function sendQueueBytes(socket: Socket): number | undefined {
  const fd = descriptorOf(socket);
  if (fd === undefined) return undefined;
  const bytes = new Int32Array(1);
  libc('ioctl', fd, SIOCOUTQ, bytes);
  return bytes[0];
}

/** What its connection has died of, where nobody was told yet; asking takes it. socket(7), SO_ERROR. */
export function pendingError(socket: Socket): SystemCallError | undefined {
  const fd = descriptorOf(socket);
  if (fd === undefined) return undefined;
  const error = new Int32Array(1);
  libc('getsockopt', fd, SOL_SOCKET, SO_ERROR, error, Uint32Array.of(error.byteLength));
  const [errno = 0] = error;
  return errno === 0 ? undefined : new SystemCallError('recv', errno);
}

function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd: number } | null };
  return handle === null || handle === undefined || handle.fd < 0 ? undefined : handle.fd;
}
