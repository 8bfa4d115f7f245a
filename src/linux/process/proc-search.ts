/**
 * A look through /proc, which anybody can swell by what he has open: it is given up after a while, and when a signal is to
 * end the program.
 */
import { opendirSync } from 'node:fs';
import { interruptedForMs } from '../libc/interruption.js';

/** Of a machine that is nobody's target all is seen by then. */
const MOST_MS = 1000;
const MOST_LOOKS = 200_000;

export class ProcSearch {
  readonly #until = performance.now() + MOST_MS;
  #left: number;

  constructor(mostLooks = MOST_LOOKS) {
    this.#left = mostLooks;
  }

  /** Whether what was found is not all that there may be. */
  get givenUp(): boolean {
    return this.#left < 0;
  }

  /** To be asked before each look. */
  goesOn(): boolean {
    if (--this.#left >= 0 && (performance.now() > this.#until || interruptedForMs() >= 0)) this.#left = -1;
    return !this.givenUp;
  }

  /** The names in a folder, as far as it goes on. Throws as opendir(3). */
  namesIn(folder: string): readonly string[] {
    const open = opendirSync(folder);
    try {
      const names: string[] = [];
      for (let entry = open.readSync(); entry !== null && this.goesOn(); entry = open.readSync())
        names.push(entry.name);
      return names;
    } finally {
      open.closeSync();
    }
  }
}
