/** What a step sends before it ends: data, FIN, retransmissions, acknowledgments, and the timer for them. RFC 9293 §3.8. */
import { seqAdd, seqDiff, seqGt, seqLt, type Seq } from '../wire/seq.js';
import { allowance, restarted } from './congestion.js';
import { send, sendAck } from './emit.js';
import { payloadRoom } from './negotiate.js';
import { timeoutMs } from './rtt.js';
import { ACK, FIN, NO_PAYLOAD, PSH, SYN } from './segments.js';
import { read } from './send-queue.js';
import { flightSize, hasUnsent, smss, streamOffset, synUnacknowledged, type Tcb } from './tcb.js';
import { after, type Turn } from './turn.js';
import type { Clause, TcpState } from './types.js';

/** The states that may send data or FIN. */
function maySend(state: TcpState): boolean {
  switch (state) {
    case 'ESTABLISHED':
    case 'CLOSE_WAIT':
    case 'FIN_WAIT1':
    case 'CLOSING':
    case 'LAST_ACK':
      return true;
    case 'CLOSE':
    case 'LISTEN':
    case 'SYN_SENT':
    case 'SYN_RECV':
    case 'FIN_WAIT2':
    case 'TIME_WAIT':
      return false;
  }
}

/** Ends a step: sends what may go, then an ACK if one is still asked for. */
export function output(turn: Turn): void {
  const { tcb } = turn;
  if (maySend(tcb.state)) {
    resend(turn);
    sendNew(turn);
    if (tcb.retransmitAt === undefined && (flightSize(tcb) > 0 || hasUnsent(tcb))) armRetransmission(turn);
  }
  if (turn.ackNow !== undefined) sendAck(turn, turn.ackNow);
}

/** Starts the retransmission timer anew; where the window is closed it is the persist timer. RFC 6298 §5. */
export function armRetransmission(turn: Turn): void {
  turn.tcb.retransmitAt = after(turn.now, timeoutMs(turn.tcb.rtt, turn.tcb.settings));
}

/** Sends the SYN, or once one was received the SYN/ACK. */
export function sendSyn(turn: Turn, clause: Clause, retransmission = false): void {
  const { tcb } = turn;
  const opens = tcb.state === 'SYN_SENT';
  const data = (opens ? tcb.settings.synData : undefined) ?? NO_PAYLOAD;
  time(turn, seqAdd(tcb.iss, 1), tcb.sndNxt !== tcb.iss);
  tcb.sndNxt = seqAdd(tcb.iss, 1 + data.length);
  tcb.resendNxt = tcb.sndNxt;
  send(turn, tcb.iss, opens ? SYN : SYN | ACK, data, clause, retransmission);
  armRetransmission(turn);
}

/** Karn: what is sent twice is not timed. RFC 6298 §3. */
function time(turn: Turn, end: Seq, again: boolean): void {
  const { tcb, now } = turn;
  if (again) {
    tcb.timedEnd = undefined;
    tcb.retransmittedAt = now;
  } else if (tcb.timedEnd === undefined) {
    tcb.timedEnd = end;
    tcb.timedAt = now;
  }
}

/** After a timeout, all that was under way goes out again as the congestion window opens. RFC 5681 §3.1. */
function resend(turn: Turn): void {
  const { tcb } = turn;
  if (tcb.sndWnd === 0) return;
  while (seqLt(tcb.resendNxt, tcb.sndNxt)) {
    const usable = Math.min(tcb.congestion.cwnd, tcb.sndWnd) - seqDiff(tcb.resendNxt, tcb.sndUna);
    if (usable <= 0) return;
    const most = Math.min(payloadRoom(tcb), usable, seqDiff(tcb.sndNxt, tcb.resendNxt));
    tcb.resendNxt = sendAt(turn, tcb.resendNxt, most, 'RFC 5681 §3.1');
  }
}

/** Sends what was never sent, as far as both windows allow and without silly segments. RFC 9293 §3.8.6.2.1. */
function sendNew(turn: Turn): void {
  const { tcb } = turn;
  if (!hasUnsent(tcb)) return;
  restartAfterIdle(turn);
  const room = payloadRoom(tcb);
  while (hasUnsent(tcb)) {
    const flight = flightSize(tcb);
    const usable = Math.min(allowance(tcb.congestion, smss(tcb)), tcb.sndWnd) - flight;
    const unsent = tcb.sendQueue.end - streamOffset(tcb, tcb.sndNxt);
    const whole = Math.min(unsent, room);
    if (usable <= 0) return;
    if (usable < whole && usable < tcb.maxSndWnd / 2 && flight > 0) return;
    sendAt(turn, tcb.sndNxt, Math.min(usable, room + 1), unsent === 0 ? 'RFC 9293 §3.10.4' : 'RFC 9293 §3.10.2');
  }
}

/** RFC 5681 §4.1: after an idle RTO the window is the initial one again. */
function restartAfterIdle(turn: Turn): void {
  const { tcb, now } = turn;
  if (flightSize(tcb) > 0 || now < after(tcb.lastSentAt, timeoutMs(tcb.rtt, tcb.settings))) return;
  tcb.congestion = restarted(tcb.congestion, smss(tcb), tcb.settings.initialWindowSegments);
}

/**
 * Sends what stands at `start` of our sequence space, `most` octets at most: the SYN, or bytes and, behind the last of
 * them, the FIN. Returns where it ends.
 */
export function sendAt(turn: Turn, start: Seq, most: number, clause: Clause): Seq {
  const { tcb, now } = turn;
  const again = seqLt(start, tcb.sndNxt);
  if (synUnacknowledged(tcb) && start === tcb.iss) {
    time(turn, seqAdd(start, 1), again);
    send(turn, start, SYN | ACK, NO_PAYLOAD, clause, again);
    return seqAdd(start, 1);
  }
  const offset = streamOffset(tcb, start);
  const payload = read(tcb.sendQueue, offset, Math.min(most, payloadRoom(tcb)));
  const emptiesQueue = offset + payload.length === tcb.sendQueue.end;
  const fin = tcb.finQueued && emptiesQueue && most > payload.length;
  const end = seqAdd(start, payload.length + (fin ? 1 : 0));
  const flags = ACK | (payload.length > 0 && emptiesQueue ? PSH : 0) | (fin ? FIN : 0);
  time(turn, end, again);
  send(turn, start, flags, payload, clause, again);
  if (seqGt(end, tcb.sndNxt)) {
    if (tcb.resendNxt === tcb.sndNxt) tcb.resendNxt = end;
    tcb.sndNxt = end;
  }
  tcb.lastSentAt = now;
  if (tcb.retransmitAt === undefined) armRetransmission(turn);
  return end;
}

/** Sends again the first segment that is not acknowledged. RFC 5681 §3.2. */
export function retransmitFirst(turn: Turn, clause: Clause): void {
  const { tcb } = turn;
  const most = Math.min(flightSize(tcb), payloadRoom(tcb) + 1, Math.max(tcb.sndWnd, 1));
  const end = sendAt(turn, tcb.sndUna, most, clause);
  tcb.repairEnd = end;
  if (seqGt(end, tcb.resendNxt)) tcb.resendNxt = end;
}

/** The window is closed, so the timer, which runs while there is something to send, is for probing it. RFC 9293 §3.8.6.1. */
export const isPersisting = (tcb: Tcb): boolean => tcb.sndWnd === 0 && !synUnacknowledged(tcb);
