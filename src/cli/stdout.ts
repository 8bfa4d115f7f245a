/** Large output: as fast as the reader takes it, and no longer than it wants it (`| head`). */
import type { Writable } from 'node:stream';
import { RawshakeError } from '../error.js';

const enough = 1 << 18;

/** Each write hears of its error by itself; without a listener the process would end where a reader goes, such as `head`. */
export function letReadersGo(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

export class Stdout {
  readonly #stream: Writable;
  #pending = '';
  #closed = false;

  constructor(stream: Writable = process.stdout) {
    this.#stream = stream;
    // Each write hears of its error by itself; without a listener the process would end here.
    stream.on('error', () => undefined);
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

  /** @throws {RawshakeError} RS_FILE, where it cannot be written for another reason than that nobody reads it */
  async writeBytes(bytes: Uint8Array | string): Promise<void> {
    if (this.#closed) return;
    const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
      this.#stream.write(bytes, resolve);
    });
    if (error === null || error === undefined) return;
    if (error.code !== 'EPIPE') throw unwritable(error);
    this.#closed = true;
  }
}

/** Lines that somebody may read, for as long as a program runs: what is not read in time is left out. */
export class Lines {
  #leftOut = 0;

  get leftOut(): number {
    return this.#leftOut;
  }

  write(line: string): void {
    if (process.stdout.writableLength >= enough) this.#leftOut += 1;
    else process.stdout.write(`${line}\n`);
  }
}

export const unwritable = (cause: NodeJS.ErrnoException): RawshakeError =>
  new RawshakeError('RS_FILE', `standard output: cannot be written (${cause.code ?? cause.message})`, {
    cause,
    hint: { en: 'Write to another place.', zh: '请写到别处。' },
  });
