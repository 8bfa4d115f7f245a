/** A service that silent clients cannot keep from others: who is idle too long goes, and sooner where all places are taken. */
import type { RawConnection } from '../driver/raw-connection.js';
import type { Service } from './services.js';

export interface Patience {
  /** Without any traffic. Default 5 min. */
  readonly idleMs?: number;
  /** As long, once our side is closed: Linux's `tcp_fin_timeout`. Default 60 s. */
  readonly closedIdleMs?: number;
  /** Beyond, a newcomer gets the place of whoever has been idle longest. Default 8000, fewer than a server opens. */
  readonly connections?: number;
}

/** `service` for so many at a time, none of them for ever. */
export function withPatience(service: Service, patience: Patience = {}): Service {
  const { idleMs = 300_000, closedIdleMs = 60_000, connections = 8000 } = patience;
  const open = new Set<RawConnection>();
  return (connection) => {
    // Reset in the turn in which it was opened: it takes nobody's place.
    if (connection.destroyed) {
      service(connection);
      return;
    }
    if (open.size >= connections) longestIdle(open)?.resetAndDestroy();
    open.add(connection);
    connection
      .once('close', () => open.delete(connection))
      .once('finish', () => connection.setTimeout(closedIdleMs))
      .setTimeout(idleMs, () => connection.resetAndDestroy());
    service(connection);
  };
}

/** One that is being reset is still among them until its `close`. */
function longestIdle(open: Iterable<RawConnection>): RawConnection | undefined {
  let found: RawConnection | undefined;
  for (const one of open) if (!one.destroyed && (found === undefined || one.idleForMs > found.idleForMs)) found = one;
  return found;
}
