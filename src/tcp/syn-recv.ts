/** SYN-RECEIVED: our SYN/ACK waits for its ACK; RST or a new SYN takes a passive open back. RFC 9293 §3.10.7.4. */
import { seqAdd, seqGt, seqLe } from '../wire/seq.js';
import { advance, updateWindow } from './acknowledge.js';
import { mayAnswer, sendResetFor } from './emit.js';
import { sendAt } from './output.js';
import { ACK, has, SYN } from './segments.js';
import { newTcb } from './tcb.js';
import { close, drop, enter, type Turn } from './turn.js';
import type { IncomingSegment } from './types.js';

const CLAUSE = 'RFC 9293 §3.10.7.4';

/**
 * The other side's SYN once more. Alone, it says that our SYN/ACK was lost: it goes out again at once, but not for each of many
 * (tcp_check_req asks tcp_oow_rate_limited). With an ACK, it is
 * the other half of a simultaneous open (RFC 9293 §3.5, Figure 7), and what is left of it without the SYN is returned;
 * its window, which no SYN scales (RFC 7323 §2.2), then stands as in any other segment.
 */
export function repeatedSyn(turn: Turn, segment: IncomingSegment): IncomingSegment | undefined {
  const { tcb } = turn;
  if (has(segment, ACK)) {
    const window = Math.floor(segment.window / 2 ** tcb.sndShift);
    return { ...segment, seq: seqAdd(segment.seq, 1), flags: segment.flags & ~SYN, window };
  }
  drop(turn, 'the SYN that we have', CLAUSE);
  if (mayAnswer(turn)) sendAt(turn, tcb.iss, 1, CLAUSE);
  return undefined;
}

/** RST that is believed, or a SYN that is not the one that we have. */
export function backToListen(turn: Turn): void {
  const { tcb, now } = turn;
  switch (tcb.origin) {
    case 'active':
      close(turn, 'refused', CLAUSE);
      return;
    case 'accepted':
      close(turn, 'reset', CLAUSE);
      return;
    case 'listening': {
      enter(turn, 'LISTEN', CLAUSE);
      // What comes next is a connection of its own.
      Object.assign(tcb, { ...newTcb(tcb.settings, 'listening', now), state: 'LISTEN' });
      return;
    }
  }
}

/** The ACK field of a segment in SYN_RECV: whether the connection is established by it. */
export function ackInSynRecv(turn: Turn, segment: IncomingSegment): boolean {
  const { tcb } = turn;
  if (!seqGt(segment.ack, tcb.sndUna) || !seqLe(segment.ack, tcb.sndNxt)) {
    sendResetFor(turn, segment, 'ACK of something never sent', CLAUSE);
    return false;
  }
  enter(turn, 'ESTABLISHED', CLAUSE);
  advance(turn, segment);
  updateWindow(turn, segment);
  turn.actions.push({ type: 'established', clause: CLAUSE });
  if (tcb.finQueued) enter(turn, 'FIN_WAIT1', 'RFC 9293 §3.10.4');
  return true;
}
