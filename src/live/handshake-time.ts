/** How long a handshake took: from the first SYN to the ACK that completed it, as the connection itself tells of what it sends. */
import type { TraceEntry } from '../driver/trace.js';
import type { Millis } from '../tcp/types.js';

export class HandshakeTime {
  #synAt: Millis | undefined;
  #ackAt: Millis | undefined;
  #isComplete = false;

  /** As `onTrace` of the connection. */
  readonly hear = (entry: TraceEntry): void => {
    if (entry.type === 'state') this.#isComplete ||= entry.to === 'ESTABLISHED';
    if (entry.type !== 'sent') return;
    this.#synAt ??= entry.at;
    if (this.#isComplete) this.#ackAt ??= entry.at;
  };

  /** undefined: it was not completed. */
  get ms(): number | undefined {
    return this.#synAt === undefined || this.#ackAt === undefined ? undefined : this.#ackAt - this.#synAt;
  }
}
