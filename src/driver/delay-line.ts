/** Holds items until their time has come, and gives them out in that order. */
import { type Millis, millis } from '../tcp/types.js';
import type { Clock, Unsubscribe } from './ports.js';

interface Waiting<Item> {
  readonly at: Millis;
  readonly item: Item;
}

/**
 * One alarm for all that wait: timers of their own would not do, for two that end at nearly the same time may be rung
 * in either order.
 */
export class DelayLine<Item> {
  /** By time; of the same time, the one that came first. */
  readonly #waiting: Waiting<Item>[] = [];
  #alarm: { readonly at: Millis; readonly cancel: Unsubscribe } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly deliver: (item: Item) => void,
  ) {}

  /** Gives `item` out in `delayMs` milliseconds. */
  add(item: Item, delayMs: number): void {
    const at = millis(this.clock.now() + delayMs);
    const after = this.#waiting.findLastIndex((other) => other.at <= at);
    this.#waiting.splice(after + 1, 0, { at, item });
    this.#setAlarm();
  }

  /** Forgets all that wait. Idempotent. */
  close(): void {
    this.#waiting.length = 0;
    this.#setAlarm();
  }

  #setAlarm(): void {
    const at = this.#waiting[0]?.at;
    if (at === this.#alarm?.at) return;
    this.#alarm?.cancel();
    this.#alarm = at === undefined ? undefined : { at, cancel: this.clock.wakeAt(at, this.#deliverDue) };
  }

  readonly #deliverDue = (): void => {
    this.#alarm = undefined;
    const now = this.clock.now();
    for (let first = this.#waiting[0]; first !== undefined && first.at <= now; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.deliver(first.item);
    }
    this.#setAlarm();
  };
}
