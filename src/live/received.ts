/** What the other side sends: all of it handed on, no faster than it is taken, and the beginning kept for the report. */
import { Writable } from 'node:stream';

/** As much as a report holds. */
const KEPT_BYTES = 1 << 20;

export class Received extends Writable {
  /** Grows with what is kept: single bytes are not to cost an object each. */
  #kept = Buffer.alloc(0);
  #keptBytes = 0;
  #bytes = 0;
  #readerGone = false;

  /** `output` stays open at the end. */
  constructor(private readonly output: Writable | undefined) {
    super({ highWaterMark: 0 });
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that are in no report. */
  get leftOut(): number {
    return this.#bytes - this.#keptBytes;
  }

  /** Nobody reads `output` any more: the transfer has ended by that, and not by a failure. */
  get readerGone(): boolean {
    return this.#readerGone;
  }

  /** The beginning as text; a character that is cut off is not in it. */
  text(): string {
    return new TextDecoder().decode(this.#kept.subarray(0, this.#keptBytes), { stream: this.leftOut > 0 });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#bytes += chunk.length;
    this.#keep(chunk.subarray(0, KEPT_BYTES - this.#keptBytes));
    if (this.output === undefined) callback();
    else {
      this.output.write(chunk, (error: NodeJS.ErrnoException | null | undefined) => {
        this.#readerGone ||= error?.code === 'EPIPE';
        callback(error);
      });
    }
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const needed = this.#keptBytes + bytes.length;
    if (needed > this.#kept.length) {
      const larger = Buffer.alloc(Math.max(needed, 2 * this.#kept.length));
      larger.set(this.#kept.subarray(0, this.#keptBytes));
      this.#kept = larger;
    }
    this.#kept.set(bytes, this.#keptBytes);
    this.#keptBytes = needed;
  }
}
