/** Of packets under way no more than a reader can follow: so many are told in each second of the run, and the rest are counted. */
import type { Moment, MomentOf } from '../evidence/moment.js';

/** Packets, and sums of them, in a second. */
const MOST = 50;
const SECOND_MS = 1000;

export class ToldASecond {
  #sinceMs = -Infinity;
  #told = 0;
  #rest: MomentOf<'left-out'> | undefined;

  /** What is to be said now that it has come. Whatever is no packet is said in its place. */
  see(moment: Moment): readonly Moment[] {
    const count = countOf(moment);
    if (count === undefined) return [...this.end(), moment];
    const before = moment.ms - this.#sinceMs >= SECOND_MS ? this.#begin(moment.ms) : [];
    this.#told += 1;
    if (this.#told <= MOST) return [...before, moment];
    const { ms, packets, others = 0 } = this.#rest ?? { ms: moment.ms, packets: 0 };
    const more = others + count.others;
    this.#rest = {
      type: 'left-out',
      ms,
      isTelling: true,
      packets: packets + count.packets,
      ...(more > 0 && { others: more }),
    };
    return before;
  }

  /** What was counted and not told. */
  end(): readonly Moment[] {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest === undefined ? [] : [rest];
  }

  #begin(ms: number): readonly Moment[] {
    this.#sinceMs = ms;
    this.#told = 0;
    return this.end();
  }
}

/** undefined: it is neither a packet nor a number of them. */
function countOf(moment: Moment): { readonly packets: number; readonly others: number } | undefined {
  switch (moment.type) {
    case 'packet':
      return { packets: 1, others: 0 };
    case 'bulk':
      return { packets: moment.segments, others: 0 };
    case 'left-out':
      return { packets: moment.packets, others: moment.others ?? 0 };
    case 'scene':
    case 'dropped':
    case 'adopted':
    case 'lookup':
    case 'event':
    case 'call':
      return undefined;
  }
}
