/** Large output: as fast as the reader takes it, and no longer than it wants it (`| head`). */
import type { Writable } from 'node:stream';

const enough = 1 << 18;

export class Stdout {
  readonly #stream: Writable;
  #pending = '';
  #closed = false;

  constructor(stream: Writable = process.stdout) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.#closed = true;
    });
  }

  /** Whether the reader has gone: nothing more need be written. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Takes text; writes where there is enough of it. */
  async write(text: string): Promise<void> {
    this.#pending += text;
    if (this.#pending.length >= enough) await this.flush();
  }

  /** Writes all that was taken. */
  async flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = '';
    if (text !== '') await this.writeBytes(text);
  }

  async writeBytes(bytes: Uint8Array | string): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      // An error has its own event.
      this.#stream.write(bytes, () => {
        resolve();
      });
    });
  }
}
