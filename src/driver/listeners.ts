/** A set of listeners called in the order in which they came. */
import type { Unsubscribe } from './ports.js';

export class Listeners<Value> {
  readonly #listeners = new Set<(value: Value) => void>();

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  add(listener: (value: Value) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  emit(value: Value): void {
    for (const listener of this.#listeners) listener(value);
  }
}
