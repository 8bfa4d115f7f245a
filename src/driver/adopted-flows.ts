/** The connections that a server's kernel has taken over: not to be answered for by hand, not even their last segments. */
import type { Socket } from 'node:net';
import { TcpFlag } from '../wire/index.js';
import type { Clock } from './ports.js';

/** How long after its end: a kernel's socket is in TIME-WAIT for that time. */
const REMEMBERED_MS = 60_000;

export class AdoptedFlows {
  /** By the far end: when the socket was closed, Infinity while it is open. In the order in which they were closed. */
  readonly #closedAt = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  add(key: string, socket: Socket): void {
    this.#closedAt.set(key, Infinity);
    socket.once('close', () => {
      this.#closedAt.delete(key);
      this.#closedAt.set(key, this.clock.now());
      this.#forgetOld();
    });
  }

  /** Whether a segment is the kernel's to answer; a SYN after the end of a connection begins another. */
  own(key: string, flags: number): boolean {
    const closedAt = this.#closedAt.get(key);
    if (closedAt === undefined) return false;
    if (closedAt === Infinity || (flags & TcpFlag.SYN) === 0) return true;
    this.#closedAt.delete(key);
    return false;
  }

  #forgetOld(): void {
    const now = this.clock.now();
    for (const [key, closedAt] of this.#closedAt) {
      if (closedAt !== Infinity && now - closedAt > REMEMBERED_MS) this.#closedAt.delete(key);
      else if (closedAt !== Infinity) return;
    }
  }
}
