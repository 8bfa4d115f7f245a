/** A server's connections: one for each far end, as many as may be at once, and who gives way where there are more. */
import type { RawConnection } from './raw-connection.js';

const DEFAULT_MAX_CONNECTIONS = 8192;

export class ConnectionTable {
  readonly #connections = new Map<string, RawConnection>();
  /** Those whose stream is over and whose machine is not, TIME-WAIT among them; the oldest first. */
  readonly #orphans = new Set<RawConnection>();

  constructor(private readonly most = DEFAULT_MAX_CONNECTIONS) {}

  get size(): number {
    return this.#connections.size;
  }

  get(key: string): RawConnection | undefined {
    return this.#connections.get(key);
  }

  all(): readonly RawConnection[] {
    return [...this.#connections.values()];
  }

  /** A peer that sends and does not read has as much kept for it as it is offered, and there may be one in each place. */
  get isCrowded(): boolean {
    return this.#connections.size >= this.most / 4;
  }

  /** Whether there may be one more connection; one that nobody holds any more gives way, as beyond Linux's tcp_max_tw_buckets. */
  get hasRoom(): boolean {
    return this.#connections.size < this.most || this.#orphans.size > 0;
  }

  /** Has the oldest that nobody holds any more give way, if there is no place left. */
  makeRoom(): void {
    if (this.#connections.size < this.most) return;
    const [oldest] = this.#orphans;
    oldest?.abandon();
  }

  /** Keeps it until it is released; `onReleased` is called then. */
  add(key: string, connection: RawConnection, onReleased: () => void): void {
    this.#connections.set(key, connection);
    connection.once('close', () => {
      if (!connection.released) this.#orphans.add(connection);
    });
    connection.once('released', () => {
      this.#orphans.delete(connection);
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
      onReleased();
    });
  }
}
