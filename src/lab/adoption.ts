/** Gives a hand-made connection of a run to its host's kernel, takes the rule away, and notes how long that took. */
import type { Socket } from 'node:net';
import type { RawConnection } from '../driver/raw-connection.js';
import { monotonicNow } from '../linux/libc/clock.js';
import type { RuleInForce } from './remedies/remedy.js';
import type { SocketTables } from './socket-tables.js';

export class Adoption {
  #done = false;
  #ruleMs: number | undefined;

  constructor(
    private readonly rule: RuleInForce | undefined,
    private readonly tables: SocketTables,
  ) {}

  /** Whether the kernel's socket owns the connection, the rule being gone. */
  get done(): boolean {
    return this.#done;
  }

  /** How long the rule stayed in force after the handshake. */
  get ruleMs(): number | undefined {
    return this.#ruleMs;
  }

  /**
   * To be called as soon as the handshake is complete; undefined where the connection failed meanwhile.
   * Throws as `RawConnection.adopt` does.
   */
  async adopt(connection: RawConnection): Promise<Socket | undefined> {
    const establishedAt = monotonicNow();
    const socket = await this.#adopted(connection);
    if (socket === undefined) return undefined;
    this.rule?.lift?.();
    if (this.rule !== undefined) this.#ruleMs = monotonicNow() - establishedAt;
    this.#done = true;
    this.tables.ask();
    return socket;
  }

  async #adopted(connection: RawConnection): Promise<Socket | undefined> {
    try {
      return await connection.adopt();
    } catch (error) {
      if (connection.errored !== null) return undefined; // reset: the packets tell of it
      throw error;
    }
  }
}
