/** The places of a server: where all are taken, a newcomer gets that of whoever has waited longest without being served. */
import type { RawConnection } from '../driver/raw-connection.js';

export class Places {
  /** Over, but not yet let go of by the other side; the oldest first, as in all of them. */
  readonly #closing = new Set<RawConnection>();
  /** Ask nothing, or have not asked to the end. */
  readonly #waiting = new Set<RawConnection>();
  /** Are being answered, and how many answers they wait for. */
  readonly #busy = new Map<RawConnection, number>();

  constructor(private readonly most: number) {}

  /** Gives `connection` a place; false: everybody is being served, and it was reset. */
  take(connection: RawConnection): boolean {
    if (this.#closing.size + this.#waiting.size + this.#busy.size >= this.most && !this.#makeRoom()) {
      connection.on('error', () => undefined).resetAndDestroy();
      return false;
    }
    this.#waiting.add(connection);
    connection.once('close', () => {
      this.#waiting.delete(connection);
      this.#busy.delete(connection);
      if (!connection.released) this.#closing.add(connection);
    });
    connection.once('released', () => {
      this.#closing.delete(connection);
    });
    return true;
  }

  /** One more request of it is to be answered. */
  begin(connection: RawConnection): void {
    if (!this.#waiting.delete(connection) && !this.#busy.has(connection)) return;
    this.#busy.set(connection, (this.#busy.get(connection) ?? 0) + 1);
  }

  /** One of them is answered. */
  finish(connection: RawConnection): void {
    const left = (this.#busy.get(connection) ?? 0) - 1;
    if (left > 0) this.#busy.set(connection, left);
    else if (this.#busy.delete(connection)) this.#waiting.add(connection);
  }

  isBusy(connection: RawConnection): boolean {
    return this.#busy.has(connection);
  }

  #makeRoom(): boolean {
    const [over] = this.#closing;
    if (over !== undefined) {
      over.abandon();
      return true;
    }
    const [idle] = this.#waiting;
    idle?.resetAndDestroy();
    return idle !== undefined;
  }
}
