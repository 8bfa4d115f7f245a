/** The latest of a series of values, for whoever iterates: one who is slow misses some, and never the last. */

interface Box<Value> {
  readonly value: Value;
}

export class Latest<Value> {
  #latest: Box<Value> | undefined;
  #over: { readonly error?: unknown } | undefined;
  #waiting: (() => void)[] = [];

  set(value: Value): void {
    this.#latest = { value };
    this.#wake();
  }

  /** Ends the series, with what all who iterate are to be thrown, if anything. */
  end(error?: unknown): void {
    this.#over = error === undefined ? {} : { error };
    this.#wake();
  }

  async *iterate(): AsyncGenerator<Value, void, void> {
    let seen: Box<Value> | undefined;
    for (;;) {
      if (this.#latest !== undefined && this.#latest !== seen) {
        seen = this.#latest;
        yield seen.value;
      } else if (this.#over !== undefined) {
        if ('error' in this.#over) throw this.#over.error;
        return;
      } else {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
