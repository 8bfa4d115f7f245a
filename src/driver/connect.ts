/** Opens a connection from this side: the three-way handshake by hand, over any port. RFC 9293 §3.5. */
import { activeOpen, type OpenOptions } from '../tcp/index.js';
import type { Flow } from '../wire/flow.js';
import { initialSequenceNumber } from './iss.js';
import { offerFor } from './offer.js';
import type { IcmpError } from './icmp.js';
import { type ConnectionError } from './net-error.js';
import { RawConnection } from './raw-connection.js';
import type { RawConnectionOptions } from './raw-connection-options.js';

export type ConnectOptions = RawConnectionOptions & {
  readonly flow: Flow;
  /** The OPEN call's parameters; left out: Linux's offer for the way's MTU, and an initial sequence number by RFC 6528. */
  readonly tcp?: Partial<OpenOptions>;
};

/** Sends the SYN before it returns. Watch `connect` and `error`, or await `handshake(connection)`. */
export function connect(options: ConnectOptions): RawConnection {
  const now = options.clock.now();
  const opened = activeOpen(
    {
      iss: initialSequenceNumber(options.flow, now),
      ...offerFor(options.flow, options.port.pathMtu?.(options.flow.dst)),
      ...options.tcp,
    },
    now,
  );
  return new RawConnection(options, opened);
}

/** How a handshake went: a value, not an exception. */
export type HandshakeResult =
  | { readonly outcome: 'established' }
  | { readonly outcome: 'refused' | 'reset' | 'timed-out' | 'aborted'; readonly error: Error }
  | { readonly outcome: 'icmp-unreachable'; readonly error: Error; readonly icmp: IcmpError };

const OUTCOMES: Readonly<Record<string, 'refused' | 'reset' | 'timed-out'>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ETIMEDOUT: 'timed-out',
};

/** Waits for the end of the handshake. */
export async function handshake(connection: RawConnection): Promise<HandshakeResult> {
  return new Promise((resolve) => {
    if (!connection.connecting) {
      resolve({ outcome: 'established' });
      return;
    }
    const onError = (error: Error | ConnectionError): void => {
      connection.off('connect', onConnect);
      const code = 'code' in error ? error.code : '';
      const icmp = 'icmp' in error ? error.icmp : undefined;
      if (icmp !== undefined) resolve({ outcome: 'icmp-unreachable', error, icmp });
      else resolve({ outcome: OUTCOMES[code] ?? 'aborted', error });
    };
    const onConnect = (): void => {
      connection.off('error', onError);
      resolve({ outcome: 'established' });
    };
    connection.once('connect', onConnect).once('error', onError);
  });
}
