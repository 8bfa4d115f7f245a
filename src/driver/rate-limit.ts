/** A token bucket: so many at once, and so many a second. It keeps answers to strangers from being a tool against others. */
import type { Clock } from './ports.js';

export class RateLimit {
  #tokens: number;
  #at: number;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {
    this.#tokens = perSecond;
    this.#at = clock.now();
  }

  /** Whether one more may go now. */
  take(): boolean {
    const now = this.clock.now();
    this.#tokens = Math.min(this.perSecond, this.#tokens + ((now - this.#at) / 1000) * this.perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
