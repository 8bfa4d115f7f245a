/** SYN-RECEIVED and the synchronized states: the checks of a segment, in order. RFC 9293 §3.10.7.4; RFC 5961; RFC 7323 §5.3. */
import { seq, seqAdd, seqGe, seqGt, seqInRange, seqLe, seqLt } from '../wire/seq.js';
import { acknowledge } from './acknowledge.js';
import { afterAck, restartTimeWait } from './closing.js';
import { challenge, sendAck } from './emit.js';
import { timestampsOf, type Timestamps } from './negotiate.js';
import { ACK, FIN, has, RST, segLen, SYN } from './segments.js';
import { ackInSynRecv, backToListen, repeatedSyn } from './syn-recv.js';
import { rcvWnd, synUnacknowledged } from './tcb.js';
import { takeText } from './text.js';
import { close, drop, type Turn } from './turn.js';
import type { IncomingSegment } from './types.js';

const CLAUSE = 'RFC 9293 §3.10.7.4';

/** TS.Recent is no measure any more after so long without a segment. RFC 7323 §5.5. */
const TS_RECENT_VALID_MS = 24 * 24 * 3600 * 1000;

export function segmentInOtherStates(turn: Turn, arrived: IncomingSegment): void {
  const { tcb } = turn;
  let segment = arrived;
  if (has(segment, RST)) {
    resetArrived(turn, segment);
    return;
  }
  if (synUnacknowledged(tcb) && has(segment, SYN) && segment.seq === tcb.irs) {
    const rest = repeatedSyn(turn, segment);
    if (rest === undefined) return;
    segment = rest;
  }
  if (has(segment, SYN)) {
    synArrived(turn, segment);
    return;
  }
  const timestamps = tcb.timestamps ? timestampsOf(segment) : undefined;
  if (!isTimely(turn, segment, timestamps)) return;
  if (!isInWindow(turn, segment)) {
    refuse(turn, segment, 'outside the window', CLAUSE);
    return;
  }
  if (!has(segment, ACK)) {
    drop(turn, 'no ACK', CLAUSE);
    return;
  }
  if (!(tcb.state === 'SYN_RECV' ? ackInSynRecv : acknowledge)(turn, segment)) return;
  noteTimestamp(turn, segment, timestamps);
  afterAck(turn);
  if (segment.payload.length > 0 || has(segment, FIN)) textArrived(turn, segment);
}

/** RST: believed at exactly RCV.NXT only; elsewhere in the window the other side is asked to repeat it. RFC 5961 §3.2. */
function resetArrived(turn: Turn, segment: IncomingSegment): void {
  const { tcb } = turn;
  if (segment.seq !== tcb.rcvNxt) {
    if (seqInRange(segment.seq, tcb.rcvNxt, rcvWnd(tcb))) challenge(turn, 'RST not at RCV.NXT', 'RFC 5961 §3.2');
    else drop(turn, 'RST outside the window', 'RFC 5961 §3.2');
  } else if (tcb.state === 'SYN_RECV') {
    backToListen(turn);
  } else {
    close(turn, 'reset', CLAUSE);
  }
}

/** SYN, wherever it stands: whoever sent it proves by a RST that it is real. RFC 5961 §4.2. */
function synArrived(turn: Turn, segment: IncomingSegment): void {
  const { tcb } = turn;
  const startsAnew = tcb.state === 'SYN_RECV' && tcb.origin !== 'active' && isInWindow(turn, segment);
  if (!startsAnew) {
    challenge(turn, 'SYN on a connection', 'RFC 5961 §4.2');
    return;
  }
  drop(turn, 'another SYN', CLAUSE);
  backToListen(turn);
}

/** PAWS: a segment older than the newest timestamp is an old duplicate. RFC 7323 §5.3. */
function isTimely(turn: Turn, segment: IncomingSegment, timestamps: Timestamps | undefined): boolean {
  const { tcb, now } = turn;
  // Missing where they were agreed on: RFC 7323 §3.2 would have the segment dropped, Linux takes it (tcp_fast_parse_options).
  if (timestamps === undefined) return true;
  const outdated = tcb.tsRecentAt === undefined || now - tcb.tsRecentAt > TS_RECENT_VALID_MS;
  if (outdated || seqGe(seq(timestamps.value), seq(tcb.tsRecent))) return true;
  refuse(turn, segment, 'timestamp older than TS.Recent', 'RFC 7323 §5.3');
  return false;
}

/**
 * The sequence number, first check. Beyond its letter, a segment without text may stand at the right edge, where an ACK
 * stands that followed a full window; and into a closed window the ACK of a segment at RCV.NXT is taken, its text is not.
 */
function isInWindow({ tcb }: Turn, segment: IncomingSegment): boolean {
  const edge = tcb.rcvAdv;
  const end = seqAdd(segment.seq, segLen(segment));
  if (segment.seq === tcb.rcvNxt) return true;
  if (end === segment.seq) return seqGt(segment.seq, tcb.rcvNxt) && seqLe(segment.seq, edge);
  return seqLt(segment.seq, edge) && seqGt(end, tcb.rcvNxt);
}

/** Not acceptable: dropped, and answered by an ACK; one without text or control not too often, lest two sides never end. */
function refuse(turn: Turn, segment: IncomingSegment, why: string, clause: 'RFC 7323 §5.3' | typeof CLAUSE): void {
  const { tcb } = turn;
  if (segLen(segment) === 0) {
    challenge(turn, why, clause);
    return;
  }
  drop(turn, why, clause);
  const finAgain = has(segment, FIN) && seqAdd(segment.seq, segLen(segment)) === tcb.rcvNxt;
  if (finAgain && tcb.state === 'TIME_WAIT') restartTimeWait(turn);
  sendAck(turn, clause);
}

/**
 * TS.Recent: the timestamp of the segment that spans the last ACK we sent. Of a segment that has passed all checks: else whoever
 * guesses no more than the four-tuple could set it so high that PAWS drops the other side's. RFC 7323 §4.3; tcp_ack.
 */
function noteTimestamp(turn: Turn, segment: IncomingSegment, timestamps: Timestamps | undefined): void {
  const { tcb, now } = turn;
  if (timestamps === undefined || !seqLe(segment.seq, tcb.lastAckSent)) return;
  if (seqLt(seq(timestamps.value), seq(tcb.tsRecent)) && tcb.tsRecentAt !== undefined) {
    if (now - tcb.tsRecentAt <= TS_RECENT_VALID_MS) return;
  }
  tcb.tsRecent = timestamps.value;
  tcb.tsRecentAt = now;
}

/** Text and FIN count where the other side has not closed. */
function textArrived(turn: Turn, segment: IncomingSegment): void {
  switch (turn.tcb.state) {
    case 'ESTABLISHED':
    case 'FIN_WAIT1':
    case 'FIN_WAIT2':
      takeText(turn, segment);
      return;
    case 'CLOSE':
    case 'LISTEN':
    case 'SYN_SENT':
    case 'SYN_RECV':
    case 'CLOSE_WAIT':
    case 'CLOSING':
    case 'LAST_ACK':
    case 'TIME_WAIT':
      textBehindFin(turn, segment);
      return;
  }
}

/** tcp_rcv_state_process() resets such a connection; by hand the text is dropped, and known to have come. */
function textBehindFin(turn: Turn, segment: IncomingSegment): void {
  const { tcb } = turn;
  drop(turn, 'text after FIN', CLAUSE);
  const end = seqAdd(segment.seq, segment.payload.length);
  if (segment.payload.length === 0 || seqLe(end, tcb.textBehindFin ?? seqAdd(tcb.rcvNxt, -1))) return;
  tcb.textBehindFin = end;
}
