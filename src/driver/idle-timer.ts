/** Tells when nothing has happened for a while: net.Socket's `setTimeout`. */
import { type Millis } from '../tcp/types.js';
import type { Clock, Unsubscribe } from './ports.js';

export class IdleTimer {
  #idleMs = 0;
  #lastAt: Millis;
  #cancel: Unsubscribe | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly onIdle: () => void,
  ) {
    this.#lastAt = clock.now();
  }

  /** So many milliseconds without a touch; 0 switches it off. */
  set(idleMs: number): void {
    this.#idleMs = idleMs;
    this.touch();
    this.#arm();
  }

  /** Since the last touch. */
  get forMs(): number {
    return this.clock.now() - this.#lastAt;
  }

  touch(): void {
    this.#lastAt = this.clock.now();
  }

  /** One alarm at a time; touches in between only move the time that it looks at when it rings. */
  #arm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#idleMs === 0) return;
    this.#cancel = this.clock.wakeAt((this.#lastAt + this.#idleMs) as Millis, () => {
      const idle = this.clock.now() - this.#lastAt >= this.#idleMs;
      if (idle) this.touch();
      this.#arm();
      if (idle) this.onIdle();
    });
  }
}
