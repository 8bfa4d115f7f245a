/** Segments made: header fields from the TCB, the window to advertise, ACKs and resets. RFC 9293 §3.8.6 and §3.10.7.4. */
import { seq, seqAdd, seqDiff, type Seq } from '../wire/seq.js';
import type { TcpOption } from '../wire/tcp-options.js';
import { segmentOptions, synOptions } from './negotiate.js';
import { ACK, has, NO_PAYLOAD, resetFor, RST, SYN } from './segments.js';
import { bareSeq, rcvWnd, TIMESTAMPS_BYTES, type Tcb } from './tcb.js';
import { after, drop, type Turn } from './turn.js';
import type { Clause, IncomingSegment } from './types.js';

/** Sends a segment of this connection; with ACK set it answers all that was to be acknowledged. */
export function send(
  turn: Turn,
  start: Seq,
  flags: number,
  payload: Uint8Array,
  clause: Clause,
  retransmission: boolean,
): void {
  const { tcb, now, actions } = turn;
  const isSyn = has({ flags }, SYN);
  const acks = has({ flags }, ACK);
  const options: readonly TcpOption[] = isSyn ? synOptions(tcb, now, acks) : segmentOptions(tcb, now);
  const window = has({ flags }, RST) ? 0 : windowField(turn, isSyn);
  if (acks) {
    tcb.lastAckSent = tcb.rcvNxt;
    tcb.unacknowledged = 0;
    tcb.ackAt = undefined;
    turn.ackNow = undefined;
  }
  const segment = { seq: start, ack: acks ? tcb.rcvNxt : seq(0), flags, window, options, payload };
  actions.push({ type: 'send', segment, clause, retransmission });
}

/** `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`. */
export const sendAck = (turn: Turn, clause: Clause): void => {
  send(turn, bareSeq(turn.tcb), ACK, NO_PAYLOAD, clause, false);
};

/** Answers a segment that this connection cannot have caused. RFC 9293 §3.5.2. */
export function sendResetFor(turn: Turn, segment: IncomingSegment, why: string, clause: Clause): void {
  drop(turn, why, clause);
  const reset = resetFor(segment);
  if (reset !== undefined) turn.actions.push({ type: 'send', segment: reset, clause, retransmission: false });
}

/** Drops a segment and tells the other side where we stand, but not too often: RFC 5961 §7. */
export function challenge(turn: Turn, why: string, clause: Clause): void {
  drop(turn, why, clause);
  if (mayAnswer(turn)) sendAck(turn, clause);
}

/** Whether what advances nothing is answered once more: whoever forges its source has another one flooded. RFC 5961 §7. */
export function mayAnswer({ tcb, now }: Turn): boolean {
  if (now >= after(tcb.challengesSince, tcb.settings.challengeAckPeriodMs)) {
    tcb.challengesSince = now;
    tcb.challenges = 0;
  }
  if (tcb.challenges >= tcb.settings.challengeAckLimit) return false;
  tcb.challenges++;
  return true;
}

/** The largest window that the header can state. RFC 7323 §2.3. */
const largestWindow = (tcb: Tcb): number => 0xffff * 2 ** tcb.rcvShift;

/** How far the offered right edge could move now, in bytes. */
export function windowGain(tcb: Tcb): number {
  const free = Math.min(Math.max(tcb.settings.window - tcb.unread, 0), largestWindow(tcb));
  return seqDiff(seqAdd(tcb.rcvNxt, free), tcb.rcvAdv);
}

/** Whether the other side could send a full segment more, or half a buffer. RFC 9293 §3.8.6.2.2. */
export function isWorthOpening(tcb: Tcb): boolean {
  const fullSegment = tcb.settings.mss - (tcb.timestamps ? TIMESTAMPS_BYTES : 0);
  return windowGain(tcb) >= Math.max(Math.min(Math.floor(tcb.settings.window / 2), fullSegment), 1);
}

/** The header's window: its right edge never moves left, and right only by a step worth it. RFC 9293 §3.8.6.2.2. */
function windowField(turn: Turn, isSyn: boolean): number {
  const { tcb } = turn;
  // A SYN's window is not scaled. RFC 7323 §2.2.
  if (isSyn) return Math.min(tcb.settings.window, 0xffff);
  if (isWorthOpening(tcb)) tcb.rcvAdv = seqAdd(tcb.rcvAdv, windowGain(tcb));
  return Math.min(Math.floor(rcvWnd(tcb) / 2 ** tcb.rcvShift), 0xffff);
}
