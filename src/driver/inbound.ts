/** The reading half of a connection: what has arrived goes to its reader when asked for, in order, and the end after it. */
import { toKeep } from '../wire/bytes.js';
import { ReceiveBuffer } from './receive-buffer.js';

export class Inbound {
  /** Delivered, and not asked for yet by the reader, or held back. */
  readonly #unread = new ReceiveBuffer();
  /** The reader has asked for more than there was, or than it may have. */
  #wanted = false;
  #held = false;
  #ended = false;
  #most = Infinity;

  /** `give` is handed what the reader gets next; null is the end. */
  constructor(private readonly give: (bytes: Uint8Array | null) => void) {}

  /** Bytes that wait here. */
  get length(): number {
    return this.#unread.length;
  }

  add(bytes: Uint8Array): void {
    if (!this.#wanted || this.#held || this.#unread.length > 0 || bytes.length > this.#most) {
      this.#unread.add(bytes);
      this.#serve();
      return;
    }
    this.#wanted = false;
    this.give(toKeep(bytes));
  }

  /** Nothing comes any more. */
  end(): void {
    this.#ended = true;
    if (this.#unread.length === 0) this.give(null);
  }

  /** The reader asks for more. */
  want(): void {
    this.#wanted = true;
    this.#serve();
  }

  /** The reader gets no more than so many bytes at a time. */
  limit(most: number): void {
    this.#most = most;
  }

  /** The reader gets nothing until `release()`, whatever it asks for. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#serve();
  }

  #serve(): void {
    if (!this.#wanted || this.#held) return;
    const bytes = this.#unread.take(this.#most);
    if (bytes === undefined && !this.#ended) return;
    this.#wanted = false;
    this.give(bytes ?? null);
  }
}
