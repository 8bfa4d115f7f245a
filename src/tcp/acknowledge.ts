/** The ACK field: SND.UNA, the round-trip time, duplicate ACKs, SND.WND. RFC 9293 §3.10.7.4, fifth; RFC 5681; RFC 7323 §4. */
import { seq, seqAdd, seqDiff, seqGe, seqGt, seqLe, seqLt } from '../wire/seq.js';
import { onAck, onDupAck, opened } from './congestion.js';
import { challenge } from './emit.js';
import { timestampsOf, tsClock } from './negotiate.js';
import { armRetransmission, retransmitFirst } from './output.js';
import { afterLostSyn, sampled, timeoutMs, unwound } from './rtt.js';
import { FIN, has } from './segments.js';
import { release } from './send-queue.js';
import { flightSize, smss, streamOffset, synUnacknowledged } from './tcb.js';
import { after, type Turn } from './turn.js';
import type { IncomingSegment } from './types.js';

/** Takes the ACK of a segment in a synchronized state; false where the segment goes no further. */
export function acknowledge(turn: Turn, segment: IncomingSegment): boolean {
  const { tcb } = turn;
  const { ack } = segment;
  if (seqGt(ack, tcb.sndNxt)) {
    challenge(turn, 'ACK of something never sent', 'RFC 5961 §5.2');
    return false;
  }
  if (seqLt(ack, seqAdd(tcb.sndUna, -tcb.maxSndWnd))) {
    challenge(turn, 'ACK older than any window', 'RFC 5961 §5.2');
    return false;
  }
  if (seqLt(ack, tcb.sndUna)) return true;
  readBlocks(turn, segment);
  if (seqGt(ack, tcb.sndUna)) advance(turn, segment);
  else if (isDuplicate(turn, segment)) duplicate(turn);
  updateWindow(turn, segment);
  return true;
}

/** SEG.ACK acknowledges something new. */
export function advance(turn: Turn, segment: IncomingSegment): void {
  const { tcb } = turn;
  const { ack } = segment;
  const acked = seqDiff(ack, tcb.sndUna);
  const synAcked = synUnacknowledged(tcb);
  const before = tcb.sendQueue.start;
  measure(turn, segment);
  tcb.sendQueue = release(tcb.sendQueue, streamOffset(tcb, ack));
  tcb.sndUna = ack;
  if (seqLt(tcb.resendNxt, ack)) tcb.resendNxt = ack;
  const bytes = tcb.sendQueue.start - before;
  if (bytes > 0) turn.actions.push({ type: 'acknowledged', bytes, clause: 'RFC 9293 §3.10.7.4' });
  if (!synAcked) {
    tcb.congestion = onAck(tcb.congestion, ack, acked, flightSize(tcb), smss(tcb));
  } else if (tcb.retransmissions > 0) {
    tcb.congestion = opened(tcb.congestion, smss(tcb), 1);
    tcb.rtt = afterLostSyn(tcb.rtt);
  }
  tcb.retransmissions = 0;
  if (flightSize(tcb) === 0) tcb.retransmitAt = undefined;
  else armRetransmission(turn);
  // An ACK of a part of what was sent again tells of no other loss.
  if (tcb.congestion.recovering && seqGe(ack, tcb.repairEnd)) retransmitFirst(turn, 'RFC 6582 §3.2');
}

/**
 * The time from a segment to its ACK. Once something was sent again, only an echo of that or of later counts: an older one
 * may answer what came first, long ago, its first ACK being lost. RFC 6298 §3; RFC 7323 §4.1.
 */
function measure(turn: Turn, segment: IncomingSegment): void {
  const { tcb, now } = turn;
  if (tcb.timedEnd !== undefined && seqGe(segment.ack, tcb.timedEnd)) {
    tcb.timedEnd = undefined;
    tcb.rtt = sampled(tcb.rtt, now - tcb.timedAt, tcb.settings);
    return;
  }
  const echo = tcb.timestamps ? timestampsOf(segment)?.echo : undefined;
  if (echo === undefined) return;
  const elapsedMs = seqDiff(tsClock(tcb, now), seq(echo));
  if (elapsedMs >= 0 && elapsedMs <= Math.ceil(now - tcb.retransmittedAt))
    tcb.rtt = sampled(tcb.rtt, elapsedMs, tcb.settings);
}

/** RFC 5681 §2: something is under way, and the segment says nothing new. */
function isDuplicate(turn: Turn, segment: IncomingSegment): boolean {
  const { tcb } = turn;
  return (
    flightSize(tcb) > 0 &&
    segment.payload.length === 0 &&
    !has(segment, FIN) &&
    tcb.sndWnd > 0 &&
    segment.window * 2 ** tcb.sndShift === tcb.sndWnd
  );
}

function duplicate(turn: Turn): void {
  const { tcb } = turn;
  const { congestion, retransmit } = onDupAck(tcb.congestion, tcb.sndUna, tcb.sndNxt, flightSize(tcb), smss(tcb));
  tcb.congestion = congestion;
  if (retransmit) retransmitFirst(turn, 'RFC 5681 §3.2');
}

/** SND.WND, unless the segment is older than the one it was last taken from. RFC 9293 §3.10.7.4. */
export function updateWindow(turn: Turn, segment: IncomingSegment): void {
  const { tcb } = turn;
  const newer = seqLt(tcb.sndWl1, segment.seq) || (tcb.sndWl1 === segment.seq && seqLe(tcb.sndWl2, segment.ack));
  if (newer) {
    const wasClosed = tcb.sndWnd === 0;
    tcb.sndWnd = segment.window * 2 ** tcb.sndShift;
    tcb.sndWl1 = segment.seq;
    tcb.sndWl2 = segment.ack;
    if (tcb.sndWnd > tcb.maxSndWnd) tcb.maxSndWnd = tcb.sndWnd;
    if (wasClosed && tcb.sndWnd > 0) windowOpened(turn);
  }
  // Whoever answers probes is there, however long the window stays closed. RFC 9293 §3.8.6.1.
  if (tcb.sndWnd === 0) tcb.retransmissions = 0;
}

/**
 * The octet that probed the closed window was dropped there, and goes out again at once. Whatever else is under way was sent while
 * the window was open: its timer sees to it, for a window can be opened as often as somebody likes. RFC 9293 §3.8.6.1; tcp_ack_probe().
 */
function windowOpened(turn: Turn): void {
  const { tcb } = turn;
  tcb.rtt = unwound(tcb.rtt);
  tcb.retransmissions = 0;
  const flight = flightSize(tcb);
  if (flight > 1) {
    const soon = after(turn.now, timeoutMs(tcb.rtt, tcb.settings));
    if (tcb.retransmitAt === undefined || soon < tcb.retransmitAt) tcb.retransmitAt = soon;
    return;
  }
  tcb.retransmitAt = undefined;
  if (flight === 1) retransmitFirst(turn, 'RFC 9293 §3.8.6.1');
}

/** Notes the SACK blocks that can be true. RFC 2018 §5. */
function readBlocks(turn: Turn, segment: IncomingSegment): void {
  const { tcb } = turn;
  if (!tcb.sack) return;
  const sack = segment.options.find((option) => option.kind === 'sack');
  if (sack === undefined) {
    if (tcb.peerBlocks.length > 0) tcb.peerBlocks = [];
    return;
  }
  tcb.peerBlocks = sack.blocks
    .map(([left, right]) => [seq(left), seq(right)] as const)
    .filter(([left, right]) => seqLt(left, right) && seqGe(left, segment.ack) && seqLe(right, tcb.sndNxt));
}
