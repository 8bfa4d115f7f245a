/** The writing half of a connection: how much was written, how much of it the other side has, and who waits for room. */
export type Callback = (error?: Error | null) => void;

const SEND_BUFFER_BYTES = 256 * 1024;

export class Outbound {
  #waiting: Callback | undefined;
  #written: number;
  #acknowledged = 0;

  /** `written`: bytes that the SYN carried. `bufferBytes`: so many may wait to be acknowledged, default 256 KiB. */
  constructor(
    written: number,
    private readonly bufferBytes = SEND_BUFFER_BYTES,
  ) {
    this.#written = written;
  }

  get written(): number {
    return this.#written;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  add(bytes: number): void {
    this.#written += bytes;
  }

  /** Calls back at once where there is room for more beside the `queued` bytes, else when there is. */
  whenRoom(queued: number, callback: Callback): void {
    if (queued < this.bufferBytes) callback();
    else this.#waiting = callback;
  }

  /** The other side has told to have so many bytes more. */
  acknowledge(bytes: number): void {
    this.#acknowledged += bytes;
  }

  /** Calls back whoever waits, if what is `queued` still leaves room. */
  makeRoom(queued: number): void {
    if (queued < this.bufferBytes) this.giveUp()?.();
  }

  /** Who waits, and is not waited for any more. */
  giveUp(): Callback | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
