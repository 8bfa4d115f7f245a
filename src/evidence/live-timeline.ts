/** The moments of a run that is under way, in the order of time: those that `timeline` gives of it once it is over. */
import type { Moment } from './moment.js';
import { byTime, MomentMaker, type Seen } from './moment-maker.js';
import { earliest } from './timeline.js';

/** Of a run without any packet. */
const MOST_HELD = 10_000;

/**
 * Fields that tell apart what there is more than one of (`fromPort`, `toPort`, `port`, `tellRemotePort`) are there from the moment on at
 * which there is more than one. All else is as in `timeline`.
 */
export class LiveTimeline {
  #held: Seen[] = [];
  #maker: MomentMaker | undefined;

  /** @param mostHeld how many are kept to wait for the first packet; beyond that, `ms` counts from what came first */
  constructor(private readonly mostHeld = MOST_HELD) {}

  add(seen: Seen): void {
    this.#held.push(seen);
  }

  /**
   * What happened up to then, of which no more is to come; what does come later all the same is told out of order. Nothing before
   * the first packet has passed: moments count from it.
   */
  until(untilMs: number): readonly Moment[] {
    this.#held.sort(byTime);
    const later = this.#held.findIndex(({ atMs }) => atMs > untilMs);
    const due = later === -1 ? this.#held : this.#held.slice(0, later);
    const maker = this.#startedBy(due, due.length > this.mostHeld);
    if (maker === undefined) return [];
    this.#held = later === -1 ? [] : this.#held.slice(later);
    return due.map((seen) => maker.make(seen));
  }

  /** All that is left. */
  end(): readonly Moment[] {
    this.#startedBy(this.#held, true);
    return this.until(Infinity);
  }

  #startedBy(due: readonly Seen[], isOverdue: boolean): MomentMaker | undefined {
    const first = due.find(({ type }) => type === 'packet')?.atMs;
    const start = first ?? (isOverdue ? beginningOf(due) : undefined);
    if (start !== undefined) this.#maker ??= new MomentMaker(start);
    return this.#maker;
  }
}

/** Of a run without packets; calls are nobody's beginning. */
function beginningOf(seen: readonly Seen[]): number {
  const start = earliest(seen.flatMap(({ type, atMs }) => (type === 'call' ? [] : [atMs])));
  return start === Infinity ? 0 : start;
}
