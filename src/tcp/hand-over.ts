/** What somebody else needs to know of a connection to carry it on: the numbers that TCP_REPAIR gives to a kernel's socket. */
import type { Seq } from '../wire/seq.js';
import { tsClock } from './negotiate.js';
import { rcvWnd, type Tcb } from './tcb.js';
import type { Millis } from './types.js';

/** Nothing is under way: SND.UNA and SND.NXT are one. Windows in bytes, after scaling. */
export interface HandOver {
  readonly sndNxt: Seq;
  readonly sndWnd: number;
  readonly maxSndWnd: number;
  readonly sndWl1: Seq;
  readonly rcvNxt: Seq;
  /** RCV.WND as it was offered last. */
  readonly rcvWnd: number;
  /** The largest payload that the other side takes, before options are taken off it. RFC 9293 §3.7.1. */
  readonly mss: number;
  /** Both 0 where window scaling was not agreed on. RFC 7323 §2.2. */
  readonly sndShift: number;
  readonly rcvShift: number;
  readonly sack: boolean;
  /** Where the clock of our timestamps stands, in milliseconds; undefined where none were agreed on. */
  readonly timestamp: Seq | undefined;
}

/** The connection at `now`. What stands in the reassembly queue is not in it: it has to come again. RFC 2018 §8. */
export const handOver = (tcb: Tcb, now: Millis): HandOver => ({
  sndNxt: tcb.sndNxt,
  sndWnd: tcb.sndWnd,
  maxSndWnd: tcb.maxSndWnd,
  sndWl1: tcb.sndWl1,
  rcvNxt: tcb.rcvNxt,
  rcvWnd: rcvWnd(tcb),
  mss: tcb.sendMss,
  sndShift: tcb.windowScaling ? tcb.sndShift : 0,
  rcvShift: tcb.windowScaling ? tcb.rcvShift : 0,
  sack: tcb.sack,
  timestamp: tcb.timestamps ? tsClock(tcb, now) : undefined,
});
