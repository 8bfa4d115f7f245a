/** What the kernel knows of a `net.Socket` and Node does not tell. */
import type { Socket } from 'node:net';
import { MSG_DONTWAIT, SIOCINQ, SIOCOUTQ, SO_ERROR, SOL_SOCKET } from './constants.js';
import { libc, SystemCallError } from './libc.js';

/** Sent and not acknowledged, in bytes, and one more for a FIN; undefined once the socket is closed. tcp(7), SIOCOUTQ; tcp_ioctl. */
export const sendQueueBytes = (socket: Socket): number | undefined => queueBytes(descriptorOf(socket), SIOCOUTQ);

/**
 * Takes what the kernel has received and nobody has read, piece by piece; none where there is none. tcp(7), SIOCINQ.
 * @throws {SystemCallError} where the connection has died and took it along
 */
export function* unreadText(socket: Socket): Generator<Buffer> {
  const fd = descriptorOf(socket);
  // Asked first: to read where there is nothing takes the error of a connection that has died.
  for (let bytes = queueBytes(fd, SIOCINQ); fd !== undefined && bytes; bytes = queueBytes(fd, SIOCINQ)) {
    const text = Buffer.alloc(bytes);
    const read = libc('recv', fd, text, bytes, MSG_DONTWAIT);
    if (read === 0) return;
    yield text.subarray(0, read);
  }
}

function queueBytes(fd: number | undefined, queue: number): number | undefined {
  if (fd === undefined) return undefined;
  const bytes = new Int32Array(1);
  libc('ioctl', fd, queue, bytes);
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
