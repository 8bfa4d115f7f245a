/** Of a long transfer the beginning and the end, and in between how much it was, in place of a line for each segment. */
import { TcpFlag } from '../wire/index.js';
import { remarkOf } from './moment-words.js';
import type { Moment, MomentOf } from '../evidence/moment.js';

/** Shown before and behind what is summed up. */
const KEPT = 4;
/** Fewer than so many are shown one by one. */
const LEAST_SUMMED = 12;

const CONTROL = TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST;

const isData = (moment: Moment): moment is MomentOf<'packet'> =>
  moment.type === 'packet' && (moment.packet.segment.flags & CONTROL) === 0 && remarkOf(moment) === undefined;

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
