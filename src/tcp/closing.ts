/** FINs: ours acknowledged, theirs arrived, TIME-WAIT and its end. RFC 9293 §3.6 and §3.10.7.4, fifth and eighth. */
import { seq, seqAdd, seqDiff, seqGt } from '../wire/seq.js';
import { timestampsOf } from './negotiate.js';
import { EMPTY_REASSEMBLY } from './reassembly.js';
import { ACK, has, RST, SYN } from './segments.js';
import { finAcknowledged, type Tcb } from './tcb.js';
import { after, close, end, enter, type Turn } from './turn.js';
import type { IncomingSegment } from './types.js';

const CLAUSE = 'RFC 9293 §3.10.7.4';

/** After the ACK field: the edges that the ACK of our FIN takes. */
export function afterAck(turn: Turn): void {
  const { tcb, now } = turn;
  if (!finAcknowledged(tcb)) return;
  switch (tcb.state) {
    case 'FIN_WAIT1':
      enter(turn, 'FIN_WAIT2', CLAUSE);
      if (tcb.settings.finWait2Ms < Infinity) tcb.waitUntil = after(now, tcb.settings.finWait2Ms);
      return;
    case 'CLOSING':
      timeWait(turn);
      return;
    case 'LAST_ACK':
      close(turn, 'closed', CLAUSE);
      return;
    case 'CLOSE':
    case 'LISTEN':
    case 'SYN_SENT':
    case 'SYN_RECV':
    case 'ESTABLISHED':
    case 'FIN_WAIT2':
    case 'CLOSE_WAIT':
    case 'TIME_WAIT':
      return;
  }
}

/** The other side's FIN is in order. */
export function finArrived(turn: Turn): void {
  const { tcb } = turn;
  tcb.rcvNxt = seqAdd(tcb.rcvNxt, 1);
  tcb.reassembly = EMPTY_REASSEMBLY;
  turn.ackNow = CLAUSE;
  turn.actions.push({ type: 'peer-closed', clause: CLAUSE });
  switch (tcb.state) {
    case 'ESTABLISHED':
      enter(turn, 'CLOSE_WAIT', CLAUSE);
      return;
    case 'FIN_WAIT1':
      enter(turn, 'CLOSING', CLAUSE);
      return;
    case 'FIN_WAIT2':
      timeWait(turn);
      return;
    case 'CLOSE':
    case 'LISTEN':
    case 'SYN_SENT':
    case 'SYN_RECV':
    case 'CLOSE_WAIT':
    case 'CLOSING':
    case 'LAST_ACK':
    case 'TIME_WAIT':
      return;
  }
}

/** Both FINs are acknowledged; late segments are answered for 2 MSL more. RFC 9293 §3.6.1. */
function timeWait(turn: Turn): void {
  const { tcb } = turn;
  enter(turn, 'TIME_WAIT', CLAUSE);
  end(turn, 'closed', CLAUSE);
  tcb.retransmitAt = undefined;
  restartTimeWait(turn);
}

/** The other side's FIN came again: our ACK was lost, and the 2 MSL begin anew. */
export function restartTimeWait(turn: Turn): void {
  const { tcb, now } = turn;
  tcb.waitUntil = after(now, tcb.settings.timeWaitMs);
}

/**
 * Whether a SYN may take the place of a connection in TIME_WAIT: it is newer by its timestamp, or by its sequence
 * number. The listener then forgets the old one and opens a new one. RFC 6191 §2; RFC 9293 §3.6.1.
 */
export function mayReplace(tcb: Tcb, segment: IncomingSegment): boolean {
  if (tcb.state !== 'TIME_WAIT' || !has(segment, SYN) || has(segment, ACK) || has(segment, RST)) return false;
  const timestamps = timestampsOf(segment);
  if (tcb.timestamps && timestamps !== undefined) {
    const newer = seqDiff(seq(timestamps.value), seq(tcb.tsRecent));
    if (newer !== 0) return newer > 0;
  }
  return seqGt(segment.seq, tcb.rcvNxt);
}
