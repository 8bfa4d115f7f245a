/** Of a long transfer the beginning and the end, and in between how much it was, in place of a line for each segment. */
import { TcpFlag } from '../wire/index.js';
import { isRemarked } from './moment-words.js';
import type { Moment, MomentOf } from '../evidence/moment.js';

/** Shown before and behind what is summed up. */
const KEPT = 4;
/** Fewer than so many are shown one by one. */
const LEAST_SUMMED = 12;

const CONTROL = TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST;

const isData = (moment: Moment): moment is MomentOf<'packet'> =>
  moment.type === 'packet' && (moment.packet.segment.flags & CONTROL) === 0 && !isRemarked(moment);

export function withBulkSummed(moments: readonly Moment[]): readonly Moment[] {
  const shown: Moment[] = [];
  let row: MomentOf<'packet'>[] = [];
  const end = (): void => {
    const middle = row.slice(KEPT, -KEPT);
    const [first] = middle;
    if (first === undefined || middle.length < LEAST_SUMMED) shown.push(...row);
    else shown.push(...row.slice(0, KEPT), summed(first, middle), ...row.slice(-KEPT));
    row = [];
  };
  for (const moment of moments) {
    if (isData(moment)) row.push(moment);
    else {
      end();
      shown.push(moment);
    }
  }
  end();
  return shown;
}

const summed = ({ ms }: Moment, packets: readonly MomentOf<'packet'>[]): MomentOf<'bulk'> => ({
  ...{ type: 'bulk', ms, isTelling: true, segments: packets.length },
  bytes: packets.reduce((sum, { packet }) => sum + packet.segment.payload.length, 0),
});

/** Of data in a row so many are shown as they come. */
const SHOWN_AT_ONCE = 8;
/** A row that is long is told of so often; what comes after such a pause begins another. */
const ROW_MS = 1000;

/** The same while it goes on: no more lines than a reader can follow, and none held back for more than a second of the run. */
export class BulkUnderWay {
  #shown = 0;
  #rest: MomentOf<'packet'>[] = [];
  #sum: MomentOf<'bulk'> | undefined;
  #lastMs = -Infinity;

  /** What is to be shown now that it has come. */
  see(moment: Moment): readonly Moment[] {
    if (!isData(moment)) {
      return [...this.#endRow(), moment];
    }
    const before = moment.ms - this.#lastMs >= ROW_MS ? this.#endRow() : [];
    this.#lastMs = moment.ms;
    if (this.#shown < SHOWN_AT_ONCE) {
      this.#shown += 1;
      return [...before, moment];
    }
    this.#addToRest(moment);
    const since = this.#sum?.ms ?? this.#rest[0]?.ms ?? moment.ms;
    return moment.ms - since >= ROW_MS ? this.end() : before;
  }

  /** What is held back. */
  end(): readonly Moment[] {
    const held = this.#sum === undefined ? this.#rest : [this.#sum];
    this.#sum = undefined;
    this.#rest = [];
    return held;
  }

  #endRow(): readonly Moment[] {
    this.#shown = 0;
    return this.end();
  }

  #addToRest(moment: MomentOf<'packet'>): void {
    if (this.#sum !== undefined) {
      const { segments, bytes } = this.#sum;
      this.#sum = { ...this.#sum, segments: segments + 1, bytes: bytes + moment.packet.segment.payload.length };
      return;
    }
    this.#rest.push(moment);
    const [first] = this.#rest;
    if (first === undefined || this.#rest.length < LEAST_SUMMED) return;
    this.#sum = summed(first, this.#rest);
    this.#rest = [];
  }
}
