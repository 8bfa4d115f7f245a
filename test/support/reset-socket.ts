/** Has a kernel's socket reset its connection, whatever it is doing: Node has no word for that where an end is under way. */
import type { Socket } from 'node:net';
import { setNoLinger } from '../../src/linux/libc/socket.js';

export function resetSocket(socket: Socket): void {
  const { _handle: handle } = socket as unknown as { readonly _handle: { readonly fd: number } | null };
  if (handle !== null) setNoLinger(handle.fd);
  socket.destroy();
}
