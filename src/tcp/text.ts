/** Segment text and FIN: delivered in order, kept beyond a gap, acknowledged. RFC 9293 §3.10.7.4, seventh and eighth. */
import { seqAdd, seqDiff, seqGt, seqLe, seqLt, type Seq } from '../wire/seq.js';
import { finArrived } from './closing.js';
import { LINUX_OFFER } from './options.js';
import { cut, insert, take } from './reassembly.js';
import { FIN, has } from './segments.js';
import type { Fin } from './tcb.js';
import { after, drop, type Turn } from './turn.js';
import type { IncomingSegment } from './types.js';

const CLAUSE = 'RFC 9293 §3.10.7.4';

/** Takes what of the segment lies in the window and was not there before. */
export function takeText(turn: Turn, segment: IncomingSegment): void {
  const { tcb } = turn;
  const { payload } = segment;
  const skip = Math.max(seqDiff(tcb.rcvNxt, segment.seq), 0);
  const start = seqAdd(segment.seq, skip);
  const end = seqAdd(segment.seq, payload.length);
  if (tcb.rcvFin !== undefined && goesOnBehind(tcb.rcvFin, tcb.rcvNxt, start, end)) tcb.rcvFin = undefined;
  const edge = tcb.rcvFin !== undefined && seqLt(tcb.rcvFin.at, tcb.rcvAdv) ? tcb.rcvFin.at : tcb.rcvAdv;
  const room = Math.max(seqDiff(edge, start), 0);
  const text = payload.subarray(skip, skip + room);
  const isCut = payload.length - skip > room;
  if (has(segment, FIN) && !isCut) finSeen(turn, { from: start, at: end });
  if (text.length > 0) {
    if (start === tcb.rcvNxt) inOrder(turn, text, skip > 0 || isCut);
    else outOfOrder(turn, start, text);
  } else if (payload.length > 0) {
    drop(turn, 'no room for its text', CLAUSE);
    turn.ackNow = CLAUSE;
  }
  if (tcb.rcvFin === undefined) return;
  if (tcb.rcvFin.at === tcb.rcvNxt) finArrived(turn);
  else if (seqGt(tcb.rcvFin.at, tcb.rcvNxt)) turn.ackNow = 'RFC 5681 §4.2';
}

/**
 * Whether text from `start` to `end` shows that the FIN was no end: anybody can forge one that lies in the window. Linux lets go
 * of a FIN that waits where one segment has all of it and more (tcp_data_queue_ofo, tcp_ofo_queue).
 */
const goesOnBehind = ({ from, at }: Fin, rcvNxt: Seq, start: Seq, end: Seq): boolean =>
  (seqLe(start, from) || start === rcvNxt) && seqGt(end, at);

/** Of several the lowest counts; nothing stands behind it, whatever came before, unless that has all of it and more. */
function finSeen({ tcb }: Turn, fin: Fin): void {
  if (tcb.rcvFin !== undefined && seqLe(tcb.rcvFin.at, fin.at)) return;
  if (tcb.reassembly.pieces.some(({ seq, data }) => goesOnBehind(fin, tcb.rcvNxt, seq, seqAdd(seq, data.length))))
    return;
  tcb.rcvFin = fin;
  tcb.reassembly = cut(tcb.reassembly, fin.at);
}

function inOrder(turn: Turn, text: Uint8Array, trimmed: boolean): void {
  const { tcb } = turn;
  deliver(turn, text);
  tcb.rcvNxt = seqAdd(tcb.rcvNxt, text.length);
  if (tcb.reassembly.pieces.length > 0) {
    const { data, rcvNxt, rest } = take(tcb.reassembly, tcb.rcvNxt);
    tcb.reassembly = rest;
    tcb.rcvNxt = rcvNxt;
    for (const piece of data) deliver(turn, piece);
    turn.ackNow = 'RFC 5681 §4.2';
  } else if (trimmed) {
    turn.ackNow = CLAUSE;
  } else {
    acknowledgeLater(turn);
  }
}

/** Every second segment is acknowledged at once, a single one after a while. RFC 9293 §3.8.6.3; RFC 5681 §4.2. */
function acknowledgeLater(turn: Turn): void {
  const { tcb, now } = turn;
  tcb.unacknowledged++;
  if (tcb.unacknowledged >= 2 || tcb.settings.delayedAckMs <= 0) turn.ackNow = 'RFC 9293 §3.8.6.3';
  else tcb.ackAt ??= after(now, tcb.settings.delayedAckMs);
}

function deliver(turn: Turn, data: Uint8Array): void {
  turn.tcb.unread += data.length;
  turn.actions.push({ type: 'deliver', data, clause: CLAUSE });
}

/** Beyond a gap: kept, and the gap told at once. RFC 5681 §4.2. */
function outOfOrder(turn: Turn, start: Seq, text: Uint8Array): void {
  const { tcb } = turn;
  const { window, mss } = tcb.settings;
  // Whoever is offered large segments may send smaller ones, as the path asks for.
  const kept = insert(tcb.reassembly, start, text, 2 * Math.ceil(window / Math.min(mss, LINUX_OFFER.mss)) + 16);
  if (kept === undefined) drop(turn, 'too many pieces to put in order', CLAUSE);
  else tcb.reassembly = kept;
  turn.ackNow = 'RFC 5681 §4.2';
}
