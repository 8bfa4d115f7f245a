/** The transmission control block: all that is known of one connection, as a value. RFC 9293 §3.3.1. */
import { seq, seqAdd, seqDiff, seqLe, seqLt, type Seq } from '../wire/seq.js';
import { initialCongestion, type Congestion } from './congestion.js';
import { settingsOf, type OpenOptions, type Settings } from './options.js';
import { EMPTY_REASSEMBLY, type Reassembly } from './reassembly.js';
import { initialRtt, type Rtt } from './rtt.js';
import { append, emptySendQueue, type SendQueue } from './send-queue.js';
import { NO_PAYLOAD } from './segments.js';
import type { Millis, TcpState } from './types.js';

/**
 * How the connection came to be: by an active OPEN, by a passive OPEN of its own (`listen`: a reset in SYN_RECV takes
 * it back to LISTEN), or from a listener that stays one (`passiveOpen`: a reset in SYN_RECV ends it).
 */
export type Origin = 'active' | 'listening' | 'accepted';

/** The other side's FIN, of a segment that begins at `from`. */
export interface Fin {
  readonly from: Seq;
  readonly at: Seq;
}

export interface Tcb {
  readonly state: TcpState;
  readonly origin: Origin;
  readonly settings: Settings;

  // Send sequence variables. RFC 9293 §3.3.1.
  readonly iss: Seq;
  readonly sndUna: Seq;
  readonly sndNxt: Seq;
  /** In bytes, after scaling. */
  readonly sndWnd: number;
  readonly sndWl1: Seq;
  readonly sndWl2: Seq;
  /** MAX.SND.WND, the largest window ever offered to us. RFC 5961 §5.2. */
  readonly maxSndWnd: number;
  readonly sendQueue: SendQueue;
  /** The user has called CLOSE: a FIN stands behind the queued bytes. */
  readonly finQueued: boolean;

  // Receive sequence variables. RFC 9293 §3.3.1.
  readonly irs: Seq;
  readonly rcvNxt: Seq;
  /** The right edge of the window we offered: RCV.NXT + RCV.WND. */
  readonly rcvAdv: Seq;
  /** Bytes delivered and not yet consumed. */
  readonly unread: number;
  readonly reassembly: Reassembly;
  /** The sequence number of the other side's FIN, once it was seen. */
  readonly rcvFin: Fin | undefined;
  /** Where text ends that came behind the FIN that was taken, the furthest: no TCP sends any, so one of the two was forged. */
  readonly textBehindFin: Seq | undefined;

  // What the SYNs agreed on.
  /** The largest payload to send, before options are taken off it. RFC 9293 §3.7.1. */
  readonly sendMss: number;
  /** `sendMss` as it was when the handshake was over. */
  readonly agreedMss: number;
  /** What the path carries at most, by all that was heard and seen of it; it only falls. RFC 1191 §6.3 lets it. */
  readonly pathMss: number;
  readonly windowScaling: boolean;
  readonly sndShift: number;
  readonly rcvShift: number;
  readonly sack: boolean;
  /** The blocks of the last acknowledgment: what the other side holds beyond it. RFC 2018 §5. */
  readonly peerBlocks: readonly (readonly [left: Seq, right: Seq])[];
  readonly timestamps: boolean;
  readonly tsOffset: number;
  /** TS.Recent and when it was set; the time is undefined before the first. RFC 7323 §4.3. */
  readonly tsRecent: number;
  readonly tsRecentAt: Millis | undefined;
  readonly lastAckSent: Seq;

  // Acknowledgments to send. RFC 9293 §3.8.6.3.
  /** Data segments taken since the last acknowledgment. */
  readonly unacknowledged: number;
  readonly ackAt: Millis | undefined;
  /** Challenge ACKs sent since `challengesSince`, and SYN/ACKs to repeated SYNs. RFC 5961 §7. */
  readonly challenges: number;
  readonly challengesSince: Millis;

  // Retransmission. RFC 6298.
  readonly rtt: Rtt;
  /** The segment being timed ends here, and was sent then. */
  readonly timedEnd: Seq | undefined;
  readonly timedAt: Millis;
  /** When something was last sent again; at first, when the connection was opened. */
  readonly retransmittedAt: Millis;
  /** When the retransmission or the persist timer goes off. */
  readonly retransmitAt: Millis | undefined;
  /** Retransmissions and probes since the last answer. */
  readonly retransmissions: number;
  /** After a timeout: what is sent again next; otherwise SND.NXT. */
  readonly resendNxt: Seq;
  /** The end of the first segment that was last sent again. */
  readonly repairEnd: Seq;
  readonly lastSentAt: Millis;
  readonly congestion: Congestion;
  /** How often what was under way went out again, the path having become narrower. */
  readonly refits: number;

  /** When TIME-WAIT ends, or the wait in FIN-WAIT-2. */
  readonly waitUntil: Millis | undefined;
  /** `ended` was said. */
  readonly ended: boolean;
}

/** A block in CLOSE, as the OPEN call makes it. */
export function newTcb(options: OpenOptions, origin: Origin, now: Millis): Tcb {
  const settings = settingsOf(options);
  const iss = seq(options.iss);
  const zero = seq(0);
  return {
    state: 'CLOSE',
    origin,
    settings,
    iss,
    sndUna: iss,
    sndNxt: iss,
    sndWnd: 0,
    sndWl1: zero,
    sndWl2: zero,
    maxSndWnd: 0,
    sendQueue: append(emptySendQueue(), settings.synData ?? NO_PAYLOAD),
    finQueued: false,
    irs: zero,
    rcvNxt: zero,
    rcvAdv: zero,
    unread: 0,
    reassembly: EMPTY_REASSEMBLY,
    rcvFin: undefined,
    textBehindFin: undefined,
    sendMss: settings.defaultMss,
    agreedMss: settings.defaultMss,
    pathMss: settings.pathMss ?? Infinity,
    windowScaling: false,
    sndShift: 0,
    rcvShift: 0,
    sack: false,
    peerBlocks: [],
    timestamps: false,
    tsOffset: tsOffsetOf(settings, now),
    tsRecent: 0,
    tsRecentAt: undefined,
    lastAckSent: zero,
    unacknowledged: 0,
    ackAt: undefined,
    challenges: 0,
    challengesSince: now,
    rtt: initialRtt(settings.initialRtoMs),
    timedEnd: undefined,
    timedAt: now,
    retransmittedAt: now,
    retransmitAt: undefined,
    retransmissions: 0,
    resendNxt: iss,
    repairEnd: iss,
    lastSentAt: now,
    congestion: initialCongestion(iss),
    refits: 0,
    waitUntil: undefined,
    ended: false,
  };
}

/** The timestamp clock goes on from a TSval that the user crafted. */
export function tsOffsetOf(settings: Settings, now: Millis): number {
  for (const option of settings.options ?? []) {
    if (option.kind === 'timestamps') return option.value - Math.floor(now);
  }
  return settings.timestamps?.offset ?? 0;
}

/** What the SYNs agreed on, as far as the link lets it through, for traces and sockets' address books. */
export interface Negotiated {
  /** The largest payload of our segments, in bytes: what is left of the MSS beside the timestamps. */
  readonly mss: number;
  readonly sendWindowShift: number;
  readonly receiveWindowShift: number;
  readonly sack: boolean;
  readonly timestamps: boolean;
}

export const negotiated = (tcb: Tcb): Negotiated => ({
  mss: tcb.agreedMss - (tcb.timestamps ? TIMESTAMPS_BYTES : 0),
  sendWindowShift: tcb.sndShift,
  receiveWindowShift: tcb.rcvShift,
  sack: tcb.sack,
  timestamps: tcb.timestamps,
});

/** The bytes that the timestamps option takes, padded. RFC 7323, Appendix A. */
export const TIMESTAMPS_BYTES = 12;

/** SMSS: the largest payload of a segment whose only option is the timestamps. RFC 5681 §2. */
export const smss = (tcb: Tcb): number => tcb.sendMss - (tcb.timestamps ? TIMESTAMPS_BYTES : 0);

/** Bytes and controls sent and not acknowledged: FlightSize. RFC 5681 §2. */
export const flightSize = (tcb: Tcb): number => seqDiff(tcb.sndNxt, tcb.sndUna);

/** Whether a segment sent with this sequence number may still be on its way: what an ICMP error must quote. RFC 5927 §4.1. */
export const isInFlight = (tcb: Tcb, start: Seq): boolean => seqLe(tcb.sndUna, start) && seqLt(start, tcb.sndNxt);

/**
 * The sequence number of a segment without text: SND.NXT, but not beyond the other side's window, where a probe or a
 * window that shrank may have left it. What stands beyond is dropped there, ACK, RST and all.
 */
export function bareSeq(tcb: Tcb): Seq {
  const edge = seqAdd(tcb.sndUna, tcb.sndWnd);
  return synUnacknowledged(tcb) || seqLe(tcb.sndNxt, edge) ? tcb.sndNxt : edge;
}

/** RCV.WND as it was offered, in bytes. */
export const rcvWnd = (tcb: Tcb): number => Math.max(seqDiff(tcb.rcvAdv, tcb.rcvNxt), 0);

/** Where a sequence number lies in the stream of written bytes; SYN is at -1, FIN behind the last byte. */
export const streamOffset = (tcb: Tcb, n: Seq): number =>
  tcb.sendQueue.start + seqDiff(n, seqAdd(tcb.iss, 1 + tcb.sendQueue.start));

export const synUnacknowledged = (tcb: Tcb): boolean => tcb.sndUna === tcb.iss;

const finSent = (tcb: Tcb): boolean => tcb.finQueued && streamOffset(tcb, tcb.sndNxt) > tcb.sendQueue.end;

/** Our FIN is sent, and everything up to it acknowledged. */
export const finAcknowledged = (tcb: Tcb): boolean => finSent(tcb) && tcb.sndUna === tcb.sndNxt;

/** There is something to send that was never sent. */
export const hasUnsent = (tcb: Tcb): boolean =>
  streamOffset(tcb, tcb.sndNxt) < tcb.sendQueue.end || (tcb.finQueued && !finSent(tcb));

/** Bytes written and not acknowledged. */
export const queuedBytes = (tcb: Tcb): number => tcb.sendQueue.end - tcb.sendQueue.start;
