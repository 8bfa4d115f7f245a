/** CLOSE: the OPEN calls, and segments without a connection. RFC 9293 §3.10.1 and §3.10.7.1. */
import { sendResetFor } from './emit.js';
import type { OpenOptions } from './options.js';
import { sendSyn } from './output.js';
import { newTcb, type Origin } from './tcb.js';
import { enter, take, type Step, type Turn } from './turn.js';
import type { IncomingSegment, Millis } from './types.js';

/** The active OPEN call: CLOSE to SYN_SENT, a SYN goes out. */
export const activeOpen = (options: OpenOptions, now: Millis): Step =>
  take(newTcb(options, 'active', now), now, (turn) => {
    enter(turn, 'SYN_SENT', 'RFC 9293 §3.10.1');
    sendSyn(turn, 'RFC 9293 §3.10.1');
  });

/** The passive OPEN call: CLOSE to LISTEN. */
export const listen = (options: OpenOptions, now: Millis): Step => listenAs('listening', options, now);

export const listenAs = (origin: Origin, options: OpenOptions, now: Millis): Step =>
  take(newTcb(options, origin, now), now, (turn) => {
    enter(turn, 'LISTEN', 'RFC 9293 §3.10.1');
  });

/** A segment for a connection that is no more. */
export function segmentInClose(turn: Turn, segment: IncomingSegment): void {
  sendResetFor(turn, segment, 'no connection', 'RFC 9293 §3.10.7.1');
}
