/** What is told and what is only counted: equal findings once and then now and then, and never more than can be read. */
import { Generations } from '../../diagnosis/generations.js';

const MOST_GROUPS = 4096;
/** In so many milliseconds so many are told at the most. */
const SPAN_MS = 10_000;
const MOST_IN_SPAN = 20;

interface Group {
  count: number;
}

export class Groups {
  readonly #groups = new Generations<Group>(MOST_GROUPS);
  #toldAtMs: number[] = [];
  /** Findings that would have been told, and were too many. */
  leftOut = 0;

  /** @param all each is told, as far as they can be read */
  constructor(private readonly all: boolean) {}

  /** How many of its kind there are by now, where it is to be told; else undefined. The first, the tenth, the hundredth. */
  tell(key: string, atMs: number): number | undefined {
    const group = this.#groups.get(key) ?? { count: 0 };
    group.count += 1;
    if (group.count === 1) this.#groups.add(key, group);
    if (!this.all && !isPowerOfTen(group.count)) return undefined;
    this.#toldAtMs = this.#toldAtMs.filter((before) => atMs - before < SPAN_MS);
    if (!this.all && this.#toldAtMs.length >= MOST_IN_SPAN) {
      this.leftOut += 1;
      return undefined;
    }
    this.#toldAtMs.push(atMs);
    return group.count;
  }
}

const isPowerOfTen = (count: number): boolean => Number.isInteger(Math.log10(count));
