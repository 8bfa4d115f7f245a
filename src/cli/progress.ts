/** How far a long run has come: one line on stderr that is written over, where a person sees it and nothing else. */
import { printable } from '../printable.js';
import { shortened } from '../report/columns.js';

const everyMs = 100;
/** Where a terminal does not know its size. */
const usualColumns = 80;
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
    if (!this.#shown || performance.now() < this.#nextMs || process.stderr.writableLength > 0) return;
    this.#nextMs = performance.now() + everyMs;
    this.#drawn = true;
    // What wraps is not cleared.
    const line = shortened(`rawshake: ${printable(text())}`, (process.stderr.columns || usualColumns) - 1, '…');
    process.stderr.write(clearLine + line);
  }

  /** Leaves nothing behind. */
  end(): void {
    if (this.#drawn) process.stderr.write(clearLine);
    this.#drawn = false;
  }
}
