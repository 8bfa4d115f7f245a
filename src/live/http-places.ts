/**
 * The places of a server: where all are taken, a newcomer gets that of whoever has waited longest without being served, else
 * of whoever has long been served and hardly reads: a few bytes now and then hold a place for ever.
 */
import type { RawConnection } from '../driver/raw-connection.js';

/** How fast an answer is to be taken by whoever would keep his place. As Apache's MinRate, mod_reqtimeout. */
export interface Pace {
  readonly bytesPerSecond: number;
  /** From the request on, nobody is told to be slow. */
  readonly graceMs: number;
}

interface Serving {
  /** How many answers it waits for. */
  readonly answers: number;
  readonly since: number;
  /** What it had acknowledged by then. */
  readonly acknowledged: number;
}

export class Places {
  /** Over, but not yet let go of by the other side; the oldest first, as in all of them. */
  readonly #closing = new Set<RawConnection>();
  /** Ask nothing, or have not asked to the end. */
  readonly #waiting = new Set<RawConnection>();
  /** Are being answered; who began first, first. */
  readonly #busy = new Map<RawConnection, Serving>();

  constructor(
    private readonly most: number,
    private readonly least: Pace,
  ) {}

  /** Gives `connection` a place; false: everybody is being served, and it was reset, or it is over already. */
  take(connection: RawConnection): boolean {
    if (connection.destroyed) {
      connection.on('error', () => undefined);
      return false;
    }
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
    const serving = this.#busy.get(connection) ?? {
      answers: 0,
      since: performance.now(),
      acknowledged: connection.bytesAcknowledged,
    };
    this.#busy.set(connection, { ...serving, answers: serving.answers + 1 });
  }

  /** One of them is answered. */
  finish(connection: RawConnection): void {
    const serving = this.#busy.get(connection);
    if (serving !== undefined && serving.answers > 1)
      this.#busy.set(connection, { ...serving, answers: serving.answers - 1 });
    else this.finishAll(connection);
  }

  /** Whatever else it has asked will not be answered. */
  finishAll(connection: RawConnection): void {
    if (this.#busy.delete(connection)) this.#waiting.add(connection);
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
    const [idle = this.#slow()] = this.#waiting;
    if (idle === undefined) return false;
    idle.resetAndDestroy();
    // Its `close` comes in a later turn, and until then it is to make room for nobody else.
    this.#waiting.delete(idle);
    this.#busy.delete(idle);
    return true;
  }

  #slow(): RawConnection | undefined {
    const now = performance.now();
    for (const [connection, { since, acknowledged }] of this.#busy) {
      const ms = now - since;
      if (ms < this.least.graceMs) return undefined; // who comes behind has begun later
      if (connection.bytesAcknowledged - acknowledged < (this.least.bytesPerSecond * ms) / 1000) return connection;
    }
    return undefined;
  }
}
