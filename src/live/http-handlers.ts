/**
 * What Node's server has its connections tell it. Where CONNECT is asked for, it takes these listeners off, though answers
 * to what was asked before are under way: they would never go on, and no time-out would end the connection.
 */
import type { RawConnection } from '../driver/raw-connection.js';

const EVENTS = ['close', 'drain', 'timeout'] as const;

type Name = (typeof EVENTS)[number];
type Listener = (...args: unknown[]) => void;

const listenersOf = (connection: RawConnection): ReadonlyMap<Name, readonly Listener[]> =>
  new Map(EVENTS.map((event) => [event, connection.listeners(event) as Listener[]]));

export class HttpHandlers {
  readonly #noted = new WeakMap<RawConnection, ReadonlyMap<Name, readonly Listener[]>>();

  /** Call it when Node's server has been given the connection. */
  note(connection: RawConnection): void {
    this.#noted.set(connection, listenersOf(connection));
  }

  /** Puts back what was taken off since. */
  restore(connection: RawConnection): void {
    const left = listenersOf(connection);
    for (const [event, listeners] of this.#noted.get(connection) ?? []) {
      for (const listener of listeners)
        if (left.get(event)?.includes(listener) !== true) connection.on(event, listener);
    }
  }
}
