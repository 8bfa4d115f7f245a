/** What has been opened, closed again in reverse order, whatever happens in between. */

export class Leases {
  readonly #open: (() => void)[] = [];

  /** Keeps `lease` until `close`; gives it back for use. */
  add<Lease extends { close(): void }>(lease: Lease): Lease {
    this.defer(() => {
      lease.close();
    });
    return lease;
  }

  /** Runs `action` at `close`. */
  defer(action: () => void): void {
    this.#open.push(action);
  }

  /** Closes all, the last opened first, even where one fails; the first failure is thrown in the end. Idempotent. */
  close(): void {
    const failures: unknown[] = [];
    for (let close = this.#open.pop(); close !== undefined; close = this.#open.pop()) {
      try {
        close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
