/** A kernel's socket as a stream that is read to its end, also across urgent data. */
import { Socket } from 'node:net';
import { unreadText } from '../libc/adopted-socket.js';

/**
 * Where both sides have closed, libuv takes a read that did not fill its buffer for the last one (uv__stream_io). Before an urgent
 * byte every read ends, whatever stands behind it: tcp_recvmsg_locked().
 */
export class AdoptedStream extends Socket {
  override push(chunk: Uint8Array | null, encoding?: BufferEncoding): boolean {
    if (chunk === null && !this.#pushUnread()) return false;
    return super.push(chunk, encoding);
  }

  /** Whether the connection has lived until all was read. */
  #pushUnread(): boolean {
    try {
      for (const text of unreadText(this)) super.push(text);
      return true;
    } catch (error) {
      this.destroy(error as Error);
      return false;
    }
  }
}
