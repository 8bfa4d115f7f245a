/** How long a handshake may take, where its user says so. As `nc -w` and `curl --connect-timeout`; without it a few SYNs are enough. */
import { handshake, type HandshakeResult } from '../driver/connect.js';
import { connectionError } from '../driver/net-error.js';
import type { RawConnection } from '../driver/raw-connection.js';
import { DEFAULT_TUNING, type OpenOptions } from '../tcp/index.js';

/** SYNs go on being sent for as long as one waits, as Linux would (`tcp_syn_retries`). */
export const synRetriesFor = (waitMs: number | undefined): Pick<OpenOptions, 'synRetries'> =>
  waitMs === undefined || waitMs === 0 ? {} : { synRetries: DEFAULT_TUNING.synRetries };

/** The end of the handshake; `timed-out` when it has taken longer than `waitMs`, where that is given and not 0. */
export async function handshakeWithin(connection: RawConnection, waitMs: number | undefined): Promise<HandshakeResult> {
  if (waitMs === undefined || waitMs === 0) return handshake(connection);
  const timer = setTimeout(() => {
    // Where this program stood still, the answer waits to be read: a turn of the event loop reads it.
    setImmediate(() => {
      if (connection.connecting) connection.destroy(connectionError('timed-out', connection.flow, false));
    });
  }, waitMs);
  try {
    return await handshake(connection);
  } finally {
    clearTimeout(timer);
  }
}
