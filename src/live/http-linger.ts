/** The end of a connection behind its last answer, so that the client can read that. RFC 9112 §9.6; nginx's lingering_time. */
import type { RawConnection } from '../driver/raw-connection.js';
import { queuedBytes } from '../tcp/index.js';

export interface Patience {
  /** For a client that takes nothing of what is under way. */
  readonly idleMs: number;
  /** For one that has all. */
  readonly lingerMs: number;
}

/**
 * Call it once our side is ended. What the client still sends is taken once it has all, lest an RST overtake the answer,
 * and for so long only; then it is as with close(2): whoever goes on to send is answered by RST.
 */
export function linger(connection: RawConnection, { idleMs, lingerMs }: Patience): void {
  if (connection.destroyed) return;
  let timer: NodeJS.Timeout | undefined;
  // What it sends meanwhile does not make it less idle.
  const awaitProgress = (): void => {
    const before = connection.bytesAcknowledged;
    timer = setTimeout(() => {
      if (connection.bytesAcknowledged > before) awaitProgress();
      else connection.resetAndDestroy();
    }, idleMs);
  };
  const discard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => connection.destroy(), lingerMs);
    connection.removeAllListeners('data').resume().letRead();
  };
  const untilAcknowledged = (): void => {
    if (queuedBytes(connection.tcb) === 0) discard();
    else connection.once('acknowledged', discard);
  };
  connection.holdReading();
  connection.once('close', () => {
    clearTimeout(timer);
  });
  awaitProgress();
  if (connection.writableFinished) untilAcknowledged();
  else connection.once('finish', untilAcknowledged);
}
