/** Slow start, congestion avoidance, fast retransmit and fast recovery. RFC 5681 §3; RFC 6582 §3.2 (NewReno). */
import { seqGe, seqGt, type Seq } from '../wire/seq.js';

export interface Congestion {
  /** The congestion window in bytes. */
  readonly cwnd: number;
  /** The slow start threshold in bytes. */
  readonly ssthresh: number;
  readonly dupAcks: number;
  /** SND.NXT at the last loss: acknowledgments up to here belong to its repair. RFC 6582 §3.2. */
  readonly recover: Seq;
  /** In fast recovery. */
  readonly recovering: boolean;
}

const DUP_ACK_THRESHOLD = 3;

/** No window can be larger. RFC 7323 §2.3. */
const MAX_WINDOW = 0x4000_0000;

export const initialCongestion = (iss: Seq): Congestion => ({
  cwnd: 0,
  ssthresh: MAX_WINDOW,
  dupAcks: 0,
  recover: iss,
  recovering: false,
});

/** The window to begin with. RFC 6928 §2; one segment where a SYN was lost: RFC 5681 §3.1. */
export const opened = (c: Congestion, smss: number, segments: number): Congestion => ({ ...c, cwnd: smss * segments });

/** Half of what was under way, two segments at least. RFC 5681 §3.1, equation 4. */
const halved = (flight: number, smss: number): number => Math.max(Math.floor(flight / 2), 2 * smss);

/** `acked` new bytes were acknowledged, up to `ack`; `flight` bytes are still under way. */
export function onAck(c: Congestion, ack: Seq, acked: number, flight: number, smss: number): Congestion {
  if (c.recovering) {
    if (seqGe(ack, c.recover)) {
      const cwnd = Math.min(c.ssthresh, Math.max(flight, smss) + smss);
      return { ...c, cwnd, dupAcks: 0, recovering: false };
    }
    return { ...c, cwnd: Math.max(c.cwnd - acked, 0) + (acked >= smss ? smss : 0) };
  }
  const growth = c.cwnd < c.ssthresh ? Math.min(acked, smss) : Math.max(1, Math.floor((smss * smss) / c.cwnd));
  return { ...c, cwnd: Math.min(c.cwnd + growth, MAX_WINDOW), dupAcks: 0 };
}

/** A duplicate ACK of `ack`; `retransmit` says that the segment there is to be sent again now. */
export function onDupAck(
  c: Congestion,
  ack: Seq,
  sndNxt: Seq,
  flight: number,
  smss: number,
): { readonly congestion: Congestion; readonly retransmit: boolean } {
  if (c.recovering) return { congestion: { ...c, cwnd: Math.min(c.cwnd + smss, MAX_WINDOW) }, retransmit: false };
  const dupAcks = c.dupAcks + 1;
  if (dupAcks !== DUP_ACK_THRESHOLD || !seqGt(ack, c.recover)) {
    return { congestion: { ...c, dupAcks }, retransmit: false };
  }
  const ssthresh = halved(flight, smss);
  const cwnd = ssthresh + DUP_ACK_THRESHOLD * smss;
  return { congestion: { cwnd, ssthresh, dupAcks, recover: sndNxt, recovering: true }, retransmit: true };
}

/**
 * The retransmission timer went off. When it does so again for the same segment, ssthresh must stay, and does: nothing
 * new went out since, the flight is the same. RFC 5681 §3.1.
 */
export const onTimeout = (sndNxt: Seq, flight: number, smss: number): Congestion => ({
  cwnd: smss,
  ssthresh: halved(flight, smss),
  dupAcks: 0,
  recover: sndNxt,
  recovering: false,
});

/**
 * What is under way, up to `sndNxt`, was too large for the path: it is sent again in smaller segments, of which as many bytes may
 * be under way as before, for nothing tells of congestion. tcp_simple_retransmit().
 */
export const resized = (c: Congestion, sndNxt: Seq): Congestion => ({
  ...c,
  cwnd: c.recovering ? c.ssthresh : c.cwnd,
  dupAcks: 0,
  recover: sndNxt,
  recovering: false,
});

/** Nothing was sent for longer than RTO. RFC 5681 §4.1. */
export const restarted = (c: Congestion, smss: number, segments: number): Congestion => ({
  ...c,
  cwnd: Math.min(c.cwnd, smss * segments),
});

/** What may be under way: two segments more on the first two duplicate ACKs. RFC 3042 §2. */
export const allowance = (c: Congestion, smss: number): number =>
  c.recovering ? c.cwnd : c.cwnd + Math.min(c.dupAcks, DUP_ACK_THRESHOLD - 1) * smss;
