/** Large output: as fast as the reader takes it, and no longer than it wants it (`| head`). */
const enough = 1 << 18;

export class Stdout {
  #pending = '';
  #closed = false;

  /** Whether the reader has gone, or nothing more can be written, which is said elsewhere: nothing more need be. */
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
    this.#closed = await new Promise<boolean>((resolve) => {
      process.stdout.write(bytes, (error) => {
        resolve(error !== null && error !== undefined);
      });
    });
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
