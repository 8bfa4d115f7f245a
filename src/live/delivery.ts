/** What the other side has told to have of what was written: its machine knows of a connection by hand, the kernel of a socket. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { RawConnection } from '../driver/raw-connection.js';
import { sendQueueBytes } from '../linux/libc/adopted-socket.js';
import type { Stream } from './stream.js';

/** A kernel tells nobody that its queue has become shorter. */
const LOOK_AGAIN_MS = 10;

/** 0 where all that was written is acknowledged, or the stream is over; else it grows with what is not, and shrinks. */
export function owed(stream: Stream): number {
  if (stream.destroyed) return 0;
  const sent =
    stream instanceof RawConnection ? stream.bytesWritten - stream.bytesAcknowledged : (sendQueueBytes(stream) ?? 0);
  return stream.writableLength + sent;
}

/** Resolves when nothing is owed. Meanwhile `onProgress` is called where a kernel's queue has changed; never throws. */
export async function delivered(stream: Stream, onProgress: () => void): Promise<void> {
  for (let before = owed(stream); before > 0;) {
    if (stream instanceof RawConnection) await acknowledged(stream);
    else await delay(LOOK_AGAIN_MS);
    const now = owed(stream);
    if (now !== before) onProgress();
    before = now;
  }
}

/**
 * Has its `finish` come only when the other side has all, and the FIN: Node destroys a socket at once where both halves are
 * closed, whatever its kernel still has to send, and then nobody knows what became of that. To be called before it is ended.
 */
export function finishWhenDelivered(socket: Socket): void {
  const shutDown = socket._final.bind(socket);
  socket._final = (callback) => {
    shutDown((error) => {
      if (error) callback(error);
      else void delivered(socket, () => undefined).then(() => callback());
    });
  };
}

async function acknowledged(connection: RawConnection): Promise<void> {
  const heard = new AbortController();
  const { signal } = heard;
  const events = ['acknowledged', 'close'].map((event) => once(connection, event, { signal }));
  await Promise.race(events).catch(() => undefined);
  heard.abort();
  await Promise.allSettled(events);
}
