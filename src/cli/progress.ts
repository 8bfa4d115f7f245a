/** How far a long run has come: one line on stderr that is written over, where a person sees it and nothing else. */

const everyMs = 100;
const clearLine = '\r\u001b[K';

export class Progress {
  readonly #shown: boolean;
  #nextMs = performance.now() + everyMs;
  #drawn = false;

  /** `besideOutput`: also where stdout is the terminal; `end` is then to be called before anything is printed there. */
  constructor({ besideOutput = false } = {}) {
    this.#shown = process.stderr.isTTY && (besideOutput || !process.stdout.isTTY);
  }

  /** `text` is asked for only where it is shown. */
  update(text: () => string): void {
    if (!this.#shown || performance.now() < this.#nextMs) return;
    this.#nextMs = performance.now() + everyMs;
    this.#drawn = true;
    process.stderr.write(`${clearLine}rawshake: ${text()}`);
  }

  /** Leaves nothing behind. */
  end(): void {
    if (this.#drawn) process.stderr.write(clearLine);
    this.#drawn = false;
  }
}
