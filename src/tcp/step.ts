/** One event through the machine: the connection's next value, and what is to be done. RFC 9293 §3.10. */
import { abort, closeCalled, consumed, write } from './calls.js';
import { segmentInClose } from './closed.js';
import { segmentInListen } from './listen.js';
import { output } from './output.js';
import { pathMtuFell } from './path-mtu.js';
import { segmentInSynSent } from './syn-sent.js';
import { segmentInOtherStates } from './synchronized.js';
import type { Tcb } from './tcb.js';
import { timersExpire } from './timers.js';
import { take, type Step, type Turn } from './turn.js';
import type { IncomingSegment, Millis, TcpEvent } from './types.js';

/** `now` must not go back from one step to the next. */
export const step = (tcb: Tcb, event: TcpEvent, now: Millis): Step =>
  take(tcb, now, (turn) => {
    happen(turn, event);
    output(turn);
  });

function happen(turn: Turn, event: TcpEvent): void {
  switch (event.type) {
    case 'segment':
      segmentArrives(turn, event.segment);
      return;
    case 'write':
      write(turn, event.data);
      return;
    case 'consumed':
      consumed(turn, event.bytes);
      return;
    case 'close':
      closeCalled(turn);
      return;
    case 'abort':
      abort(turn);
      return;
    case 'path-mtu':
      pathMtuFell(turn, event.mss);
      return;
    case 'timer':
      timersExpire(turn);
      return;
  }
}

/** SEGMENT ARRIVES. RFC 9293 §3.10.7. */
function segmentArrives(turn: Turn, segment: IncomingSegment): void {
  switch (turn.tcb.state) {
    case 'CLOSE':
      segmentInClose(turn, segment);
      return;
    case 'LISTEN':
      segmentInListen(turn, segment);
      return;
    case 'SYN_SENT':
      segmentInSynSent(turn, segment);
      return;
    case 'SYN_RECV':
    case 'ESTABLISHED':
    case 'FIN_WAIT1':
    case 'FIN_WAIT2':
    case 'CLOSE_WAIT':
    case 'CLOSING':
    case 'LAST_ACK':
    case 'TIME_WAIT':
      segmentInOtherStates(turn, segment);
      return;
  }
}
