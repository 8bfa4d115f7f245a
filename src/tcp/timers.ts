/** Timers as data: when the next one is due, and what it does. RFC 9293 §3.8.1, §3.8.6.1 and §3.10.8; RFC 6298 §5. */
import { onTimeout } from './congestion.js';
import { armRetransmission, isPersisting, sendAt, sendSyn } from './output.js';
import { suspectBlackHole } from './path-mtu.js';
import { backedOff } from './rtt.js';
import { flightSize, smss, synUnacknowledged, type Tcb } from './tcb.js';
import { close, type Turn } from './turn.js';
import type { Millis } from './types.js';

/** One segment may be lost, and once more sent again; Linux waits for one more (`tcp_retries1`), which its users feel. */
const BLACK_HOLE_TIMEOUTS = 2;

/** When the next `timer` event is due; undefined while the connection waits for others only. */
export function pollAt(tcb: Tcb): Millis | undefined {
  let next = tcb.retransmitAt;
  for (const deadline of [tcb.ackAt, tcb.waitUntil]) {
    if (deadline !== undefined && (next === undefined || deadline < next)) next = deadline;
  }
  return next;
}

/** Does what is due by now; a timer that is not due does nothing. */
export function timersExpire(turn: Turn): void {
  const { tcb, now } = turn;
  if (tcb.waitUntil !== undefined && tcb.waitUntil <= now) {
    if (tcb.state === 'TIME_WAIT') close(turn, 'closed', 'RFC 9293 §3.10.8');
    else close(turn, 'timed-out', 'RFC 9293 §3.8.3');
    return;
  }
  if (tcb.retransmitAt !== undefined && tcb.retransmitAt <= now) retransmissionTimeout(turn);
  if (tcb.ackAt !== undefined && tcb.ackAt <= now) turn.ackNow = 'RFC 9293 §3.8.6.3';
}

function retransmissionTimeout(turn: Turn): void {
  const { tcb } = turn;
  const { synRetries, maxRetransmissions } = tcb.settings;
  if (tcb.retransmissions >= (synUnacknowledged(tcb) ? synRetries : maxRetransmissions)) {
    close(turn, 'timed-out', 'RFC 9293 §3.8.3');
    return;
  }
  tcb.retransmissions++;
  tcb.rtt = backedOff(tcb.rtt);
  if (tcb.state === 'SYN_SENT' || tcb.state === 'SYN_RECV') {
    sendSyn(turn, 'RFC 6298 §5', true);
  } else if (isPersisting(tcb)) {
    // The probe is one octet, sent into the closed window again and again. It does not tell of congestion.
    sendAt(turn, tcb.sndUna, 1, 'RFC 9293 §3.8.6.1');
  } else {
    if (tcb.retransmissions >= BLACK_HOLE_TIMEOUTS) suspectBlackHole(turn);
    tcb.congestion = onTimeout(tcb.sndNxt, flightSize(tcb), smss(tcb));
    tcb.resendNxt = sendAt(turn, tcb.sndUna, Math.min(flightSize(tcb), Math.max(tcb.sndWnd, 1)), 'RFC 6298 §5');
  }
  armRetransmission(turn);
}
