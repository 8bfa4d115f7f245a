/** LISTEN: a SYN begins a connection, an ACK is answered by RST. RFC 9293 §3.10.7.2. */
import { seqAdd } from '../wire/seq.js';
import { listenAs } from './closed.js';
import { opened } from './congestion.js';
import { sendResetFor } from './emit.js';
import { negotiate } from './negotiate.js';
import type { OpenOptions } from './options.js';
import { sendSyn } from './output.js';
import { ACK, FIN, has, RST, SYN } from './segments.js';
import { smss } from './tcb.js';
import { drop, enter, take, type Step, type Turn } from './turn.js';
import type { IncomingSegment, Millis } from './types.js';

const CLAUSE = 'RFC 9293 §3.10.7.2';

/** Nobody opens what he ends: such a SYN is a scan, or slips past filters. So does Linux: tcp_rcv_state_process. */
export const SYN_WITH_FIN = 'SYN with FIN for a listener';

/**
 * A segment met a listener that stays one: for a SYN without FIN, a connection of its own goes from LISTEN to SYN_RECV and sends
 * SYN/ACK. For anything else the connection stays in LISTEN, and is to be forgotten once its actions are done.
 */
export function passiveOpen(options: OpenOptions, syn: IncomingSegment, now: Millis): Step {
  const listener = listenAs('accepted', options, now).tcb;
  return take(listener, now, (turn) => {
    segmentInListen(turn, syn);
  });
}

export function segmentInListen(turn: Turn, segment: IncomingSegment): void {
  if (has(segment, RST)) {
    drop(turn, 'RST for a listener', CLAUSE);
  } else if (has(segment, ACK)) {
    sendResetFor(turn, segment, 'ACK for a listener', CLAUSE);
  } else if (!has(segment, SYN)) {
    drop(turn, 'neither SYN, ACK nor RST', CLAUSE);
  } else if (has(segment, FIN)) {
    drop(turn, SYN_WITH_FIN, CLAUSE);
  } else {
    takeSyn(turn, segment);
    enter(turn, 'SYN_RECV', CLAUSE);
    sendSyn(turn, CLAUSE);
  }
}

/**
 * Notes what a SYN tells: IRS, RCV.NXT, options, window. Bytes (and in SYN-SENT a FIN) that come with a first SYN are not taken, and so
 * not acknowledged: the other side sends them again.
 */
export function takeSyn(turn: Turn, syn: IncomingSegment): void {
  const { tcb } = turn;
  tcb.irs = syn.seq;
  tcb.rcvNxt = seqAdd(syn.seq, 1);
  tcb.rcvAdv = seqAdd(tcb.rcvNxt, Math.min(tcb.settings.window, 0xffff));
  negotiate(turn, syn);
  tcb.sndWnd = syn.window;
  tcb.maxSndWnd = syn.window;
  tcb.sndWl1 = syn.seq;
  tcb.sndWl2 = has(syn, ACK) ? syn.ack : tcb.iss;
  tcb.congestion = opened(tcb.congestion, smss(tcb), tcb.settings.initialWindowSegments);
}
