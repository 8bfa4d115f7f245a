/** The moments of a run one by one while they happen: a queue of bounded length between who sees them and one reader. */
import type { Moment, MomentOf } from './moment.js';

/** Some 10 MB of packets with a full segment each. */
const MOST_WAITING = 5000;

type Step = IteratorResult<Moment, undefined>;

/**
 * Given to whoever is to fill it (`onBench`, `runExperiment`, `dial`), and read by `for await`, which ends with the run. Each moment is
 * final. They come in the order of time, with the exceptions that its source tells of. Of a run as long as it may be, no more than
 * so many wait for the reader: who is slower is given a `left-out` in place of the oldest ones.
 * @example
 * const feed = new Feed();
 * const tell = async () => {
 *   for await (const moment of feed) console.log(momentSentence(moment, { language: 'en' }));
 * };
 * const [run] = await Promise.all([runExperiment(experiment, { family: 4, feed }), tell()]);
 */
export class Feed implements AsyncIterable<Moment> {
  #waiting: Moment[] = [];
  /** How many at its beginning have been given: let go of together, for that is what costs. */
  #given = 0;
  /** What is missing before the first that waits. */
  #gap: { readonly ms: number; packets: number; others: number } | undefined;
  readonly #readers: ((step: Step) => void)[] = [];
  #isOpen = true;
  #isRead = false;

  /** @param most how many moments wait for the reader at the most; at least 1 */
  constructor(private readonly most = MOST_WAITING) {}

  /** Whether anything that is pushed will be read still: not once it has ended, or its reader has left the loop. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Of one that is not open, nothing becomes of it. */
  push(moment: Moment): void {
    if (!this.#isOpen) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader({ value: moment, done: false });
      return;
    }
    this.#waiting.push(moment);
    if (this.#waiting.length - this.#given <= this.most) return;
    const oldest = this.#take();
    if (oldest !== undefined) this.#leaveOut(oldest);
  }

  /** Nothing more is to come; what waits is given still. Idempotent. */
  end(): void {
    this.#isOpen = false;
    for (const reader of this.#readers.splice(0)) reader(DONE);
  }

  /** @throws {TypeError} where it has a reader already: each would see a part of it */
  [Symbol.asyncIterator](): AsyncIterator<Moment, undefined> {
    if (this.#isRead) throw new TypeError('a feed has one reader, and this one has it already');
    this.#isRead = true;
    return {
      next: () => this.#next(),
      return: () => {
        this.end();
        this.#waiting = [];
        this.#given = 0;
        this.#gap = undefined;
        return Promise.resolve(DONE);
      },
    };
  }

  #leaveOut(moment: Moment): void {
    const gap = (this.#gap ??= { ms: moment.ms, packets: 0, others: 0 });
    if (moment.type === 'packet') gap.packets += 1;
    else if (moment.type === 'left-out') {
      gap.packets += moment.packets;
      gap.others += moment.others ?? 0;
    } else gap.others += 1;
  }

  #take(): Moment | undefined {
    const moment = this.#waiting[this.#given];
    if (moment === undefined) return undefined;
    this.#given += 1;
    if (this.#given === this.#waiting.length || this.#given > this.most) {
      this.#waiting = this.#waiting.slice(this.#given);
      this.#given = 0;
    }
    return moment;
  }

  #next(): Promise<Step> {
    const moment = this.#gap === undefined ? this.#take() : leftOut(this.#gap);
    this.#gap = undefined;
    if (moment !== undefined) return Promise.resolve({ value: moment, done: false });
    if (!this.#isOpen) return Promise.resolve(DONE);
    return new Promise((resolve) => this.#readers.push(resolve));
  }
}

const DONE = { value: undefined, done: true } as const;

/** In the place of the first moment that is missing. */
const leftOut = (gap: Pick<MomentOf<'left-out'>, 'ms' | 'packets' | 'others'>): MomentOf<'left-out'> => ({
  ...{ type: 'left-out', isTelling: true },
  ...gap,
});
