/** SYN-SENT: our SYN is out; SYN/ACK answers it, SYN alone crosses it. RFC 9293 §3.10.7.3. */
import { seqAdd, seqGt, seqLe } from '../wire/seq.js';
import { advance } from './acknowledge.js';
import { sendAck, sendResetFor } from './emit.js';
import { takeSyn } from './listen.js';
import { sendSyn } from './output.js';
import { ACK, FIN, has, RST, SYN } from './segments.js';
import { close, drop, enter, type Turn } from './turn.js';
import { takeText } from './text.js';
import type { IncomingSegment } from './types.js';

const CLAUSE = 'RFC 9293 §3.10.7.3';

export function segmentInSynSent(turn: Turn, segment: IncomingSegment): void {
  const { tcb } = turn;
  const acks = has(segment, ACK);
  if (acks && (seqLe(segment.ack, tcb.iss) || seqGt(segment.ack, tcb.sndNxt))) {
    sendResetFor(turn, segment, 'ACK of something never sent', CLAUSE);
  } else if (has(segment, RST)) {
    if (acks) close(turn, 'refused', CLAUSE);
    else drop(turn, 'RST that acknowledges nothing', CLAUSE);
  } else if (!has(segment, SYN)) {
    drop(turn, 'neither SYN nor RST', CLAUSE);
  } else if (acks) {
    takeSyn(turn, segment);
    enter(turn, 'ESTABLISHED', CLAUSE);
    advance(turn, segment);
    sendAck(turn, CLAUSE);
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
