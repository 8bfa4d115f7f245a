/** SYN-SENT: our SYN is out; SYN/ACK answers it, SYN alone crosses it. RFC 9293 §3.10.7.3. */
import { seqAdd, seqGt, seqLe } from '../wire/seq.js';
import { advance } from './acknowledge.js';
import { sendAck, sendResetFor } from './emit.js';
import { takeSyn } from './listen.js';
import { sendSyn } from './output.js';
import { ACK, FIN, has, RST, SYN } from './segments.js';
import { after, close, drop, enter, type Turn } from './turn.js';
import { takeText } from './text.js';
import type { IncomingSegment } from './types.js';

/** Linux's TCP_TIMEOUT_MIN, two jiffies. */
const SYN_AGAIN_MS = 8;

const CLAUSE = 'RFC 9293 §3.10.7.3';

export function segmentInSynSent(turn: Turn, segment: IncomingSegment): void {
  const { tcb } = turn;
  const acks = has(segment, ACK);
  if (acks && (seqLe(segment.ack, tcb.iss) || seqGt(segment.ack, tcb.sndNxt))) {
    sendResetFor(turn, segment, 'ACK of something never sent', CLAUSE);
    // The RST makes room over there where an old connection stood, so the SYN need not wait. tcp_rcv_synsent_state_process.
    if (!has(segment, RST) && tcb.retransmissions === 0) tcb.retransmitAt = after(turn.now, SYN_AGAIN_MS);
  } else if (has(segment, RST)) {
    if (acks) close(turn, 'refused', CLAUSE);
    else drop(turn, 'RST that acknowledges nothing', CLAUSE);
  } else if (!has(segment, SYN)) {
    drop(turn, 'neither SYN nor RST', CLAUSE);
  } else if (acks) {
    takeSyn(turn, segment);
    enter(turn, 'ESTABLISHED', CLAUSE);
    advance(turn, segment);
    // What went with the SYN and was not taken goes out again at once. RFC 7413 §4.2.2.
    tcb.resendNxt = tcb.sndUna;
    if (tcb.sndUna === tcb.sndNxt) sendAck(turn, CLAUSE);
    else turn.ackNow = CLAUSE; // it may carry the ACK
    turn.actions.push({ type: 'established', clause: CLAUSE });
    if (segment.payload.length > 0 || has(segment, FIN)) {
      takeText(turn, { ...segment, seq: seqAdd(segment.seq, 1), flags: segment.flags & ~SYN });
    }
  } else {
    takeSyn(turn, segment);
    enter(turn, 'SYN_RECV', CLAUSE);
    sendSyn(turn, CLAUSE);
  }
}
