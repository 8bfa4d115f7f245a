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
  /** What is missing before the first that waits. */
  #gap: MomentOf<'left-out'> | undefined;
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
    if (this.#waiting.length <= this.most) return;
    const oldest = this.#waiting.shift();
    if (oldest !== undefined) this.#gap = withLeftOut(this.#gap, oldest);
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
        this.#gap = undefined;
        return Promise.resolve(DONE);
      },
    };
  }

  #next(): Promise<Step> {
    const moment = this.#gap ?? this.#waiting.shift();
    this.#gap = undefined;
    if (moment !== undefined) return Promise.resolve({ value: moment, done: false });
    if (!this.#isOpen) return Promise.resolve(DONE);
    return new Promise((resolve) => this.#readers.push(resolve));
  }
}

const DONE = { value: undefined, done: true } as const;

/** From the first moment that is missing on. */
function withLeftOut(gap: MomentOf<'left-out'> | undefined, moment: Moment): MomentOf<'left-out'> {
  const [before, more] = [counted(gap), counted(moment)];
  return {
    ...{ type: 'left-out', ms: gap?.ms ?? moment.ms, isTelling: true },
    ...{ packets: before.packets + more.packets, others: before.others + more.others },
  };
}

function counted(moment: Moment | undefined): { readonly packets: number; readonly others: number } {
  if (moment === undefined) return { packets: 0, others: 0 };
  if (moment.type === 'left-out') return { packets: moment.packets, others: moment.others ?? 0 };
  return moment.type === 'packet' ? { packets: 1, others: 0 } : { packets: 0, others: 1 };
}
