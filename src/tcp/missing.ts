/** What is still to come before all that has arrived is in order: the gaps of the reassembly queue. RFC 9293 §3.10.7.4. */
import { seqAdd, seqDiff } from '../wire/seq.js';
import type { Tcb } from './tcb.js';

/** Of the other side's text: bytes that never arrived although it has sent them. */
export interface Missing {
  readonly bytes: number;
  /** It has closed behind them: its FIN was sent. */
  readonly fin: boolean;
}

/** undefined: all that has arrived is in order. */
export function missingBefore({ reassembly, rcvFin, rcvNxt }: Tcb): Missing | undefined {
  let [next, bytes] = [rcvNxt, 0];
  for (const piece of reassembly.pieces) {
    bytes += seqDiff(piece.seq, next);
    next = seqAdd(piece.seq, piece.data.length);
  }
  // RCV.NXT stands behind a FIN that was reached.
  if (rcvFin !== undefined) bytes += Math.max(seqDiff(rcvFin.at, next), 0);
  return bytes === 0 ? undefined : { bytes, fin: rcvFin !== undefined };
}

/** What has been seen of text that went on behind the FIN that was taken; undefined: none did. */
export const missingBehindFin = ({ textBehindFin, rcvNxt }: Tcb): Missing | undefined =>
  textBehindFin === undefined ? undefined : { bytes: seqDiff(textBehindFin, rcvNxt) + 1, fin: false }; // the FIN stood where the text goes on
