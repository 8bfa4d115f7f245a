/** The user's calls: SEND, RECEIVE, CLOSE and ABORT. RFC 9293 §3.10.2 to §3.10.5. */
import { isWorthOpening, send, windowGain } from './emit.js';
import { sendSyn } from './output.js';
import { NO_PAYLOAD, RST } from './segments.js';
import { append } from './send-queue.js';
import { bareSeq, hasUnsent, rcvWnd } from './tcb.js';
import { close, drop, enter, type Turn } from './turn.js';

/** SEND: bytes behind those already queued. */
export function write(turn: Turn, data: Uint8Array): void {
  const { tcb } = turn;
  switch (tcb.state) {
    case 'CLOSE':
      drop(turn, 'written without a connection', 'RFC 9293 §3.10.2');
      return;
    case 'LISTEN':
      tcb.sendQueue = append(tcb.sendQueue, data);
      tcb.origin = 'active';
      enter(turn, 'SYN_SENT', 'RFC 9293 §3.10.2');
      sendSyn(turn, 'RFC 9293 §3.10.2');
      return;
    case 'SYN_SENT':
    case 'SYN_RECV':
    case 'ESTABLISHED':
    case 'CLOSE_WAIT':
      if (tcb.finQueued) drop(turn, 'written after CLOSE', 'RFC 9293 §3.10.2');
      else tcb.sendQueue = append(tcb.sendQueue, data);
      return;
    case 'FIN_WAIT1':
    case 'FIN_WAIT2':
    case 'CLOSING':
    case 'LAST_ACK':
    case 'TIME_WAIT':
      drop(turn, 'written after CLOSE', 'RFC 9293 §3.10.2');
      return;
  }
}

/**
 * RECEIVE: the user took bytes out of the buffer. An ACK of its own tells of it only where the window would be twice as
 * large by it (as Linux does): otherwise the ACK of the next data does.
 */
export function consumed(turn: Turn, bytes: number): void {
  const { tcb } = turn;
  tcb.unread = Math.max(tcb.unread - bytes, 0);
  if (tcb.state !== 'ESTABLISHED' && tcb.state !== 'FIN_WAIT1' && tcb.state !== 'FIN_WAIT2') return;
  if (isWorthOpening(tcb) && windowGain(tcb) >= rcvWnd(tcb)) turn.ackNow = 'RFC 9293 §3.8.6.2.2';
}

/** CLOSE: no more will be written; the FIN follows the queued bytes. */
export function closeCalled(turn: Turn): void {
  const { tcb } = turn;
  switch (tcb.state) {
    case 'CLOSE':
      drop(turn, 'closed without a connection', 'RFC 9293 §3.10.4');
      return;
    case 'LISTEN':
      close(turn, 'closed', 'RFC 9293 §3.10.4');
      return;
    case 'SYN_SENT':
      close(turn, 'aborted', 'RFC 9293 §3.10.4');
      return;
    case 'SYN_RECV':
      if (tcb.finQueued) {
        drop(turn, 'closed twice', 'RFC 9293 §3.10.4');
        return;
      }
      tcb.finQueued = true;
      // With bytes queued, the call waits for ESTABLISHED.
      if (tcb.sendQueue.start === tcb.sendQueue.end) enter(turn, 'FIN_WAIT1', 'RFC 9293 §3.10.4');
      return;
    case 'ESTABLISHED':
      tcb.finQueued = true;
      enter(turn, 'FIN_WAIT1', 'RFC 9293 §3.10.4');
      return;
    case 'CLOSE_WAIT':
      tcb.finQueued = true;
      enter(turn, 'LAST_ACK', 'RFC 9293 §3.10.4');
      return;
    case 'FIN_WAIT1':
    case 'FIN_WAIT2':
    case 'CLOSING':
    case 'LAST_ACK':
    case 'TIME_WAIT':
      drop(turn, 'closed twice', 'RFC 9293 §3.10.4');
      return;
  }
}

/** ABORT: RST to the other side where it has something to forget, and no TCB any more. */
export function abort(turn: Turn): void {
  const { tcb } = turn;
  switch (tcb.state) {
    case 'CLOSE':
      drop(turn, 'aborted without a connection', 'RFC 9293 §3.10.5');
      return;
    case 'SYN_RECV':
    case 'ESTABLISHED':
    case 'FIN_WAIT1':
    case 'FIN_WAIT2':
    case 'CLOSE_WAIT':
      sendReset(turn);
      break;
    case 'CLOSING':
    case 'LAST_ACK':
      // These are entered at CLOSE; for the RFC, only once the FIN behind the queued bytes is sent.
      if (hasUnsent(tcb)) sendReset(turn);
      break;
    case 'LISTEN':
    case 'SYN_SENT':
    case 'TIME_WAIT':
      break;
  }
  close(turn, 'aborted', 'RFC 9293 §3.10.5');
}

/** `<SEQ=SND.NXT><CTL=RST>`. */
const sendReset = (turn: Turn): void => {
  send(turn, bareSeq(turn.tcb), RST, NO_PAYLOAD, 'RFC 9293 §3.10.5', false);
};
