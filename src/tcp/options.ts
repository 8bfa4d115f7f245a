/** What a connection is opened with, and the values that stand in for what is left out. RFC 9293 §3.10.1. */
import type { TcpOption } from '../wire/tcp-options.js';

/** The OPEN call's parameters. Clock readings and random numbers come in here, or with the events. */
export interface OpenOptions extends Partial<Tuning> {
  /** The initial sequence number, reduced modulo 2^32. Choose it as RFC 6528 §3 says. */
  readonly iss: number;
  /** The largest payload to receive, in bytes, as the MSS option states it. RFC 9293 §3.7.1. */
  readonly mss: number;
  /** The largest payload that the path carries, as far as its MTU is known: larger segments are never sent. Left out: not known. */
  readonly pathMss?: number;
  /** The receive buffer, in bytes: what may be delivered and not yet consumed. */
  readonly window: number;
  /** The shift offered for our window, 0 to 14. Left out: no window scaling. RFC 7323 §2.2. */
  readonly windowShift?: number;
  /** Whether selective acknowledgments are offered. RFC 2018 §2. */
  readonly sack?: boolean;
  /** Offers timestamps; TSval is `now` in whole milliseconds plus `offset`, modulo 2^32. RFC 7323 §3.2. */
  readonly timestamps?: { readonly offset: number };
  /** The options of our SYN or SYN/ACK as they are to go out; what is negotiated is read from them. */
  readonly options?: readonly TcpOption[];
  /** What our SYN carries: the first bytes of the stream, before any that is written. RFC 9293 §3.4; RFC 7413. */
  readonly synData?: Uint8Array;
}

/** What is rarely changed: timers, limits, congestion. */
export interface Tuning {
  /** The segment size assumed where the other side names none: 536 over IPv4, 1220 over IPv6. RFC 9293 §3.7.1. */
  readonly defaultMss: number;
  /**
   * What segments are cut down to, one after the other, while larger ones are lost again and again, and nobody says why:
   * `tcp_base_mss` and the size that every path carries. RFC 4821 §7.7; RFC 8201 §4.
   */
  readonly baseMss: readonly number[];
  /** How often a SYN or SYN/ACK is sent again before the attempt ends as `timed-out`. */
  readonly synRetries: number;
  /** How often a segment or a window probe is sent again without an answer. RFC 9293 §3.8.3. */
  readonly maxRetransmissions: number;
  /** RFC 6298 §2. */
  readonly initialRtoMs: number;
  /** RFC 6298 §2 asks for 1000; every common kernel takes less. */
  readonly minRtoMs: number;
  readonly maxRtoMs: number;
  /** How long an acknowledgment may wait for company, at most 500; 0 sends each at once. RFC 9293 §3.8.6.3. */
  readonly delayedAckMs: number;
  /** 2 MSL, the stay in TIME-WAIT. RFC 9293 §3.6.1. */
  readonly timeWaitMs: number;
  /** The longest stay in FIN-WAIT-2, where nothing else ends the wait for a peer that is gone. Infinity: no limit. */
  readonly finWait2Ms: number;
  /** The initial congestion window in segments. RFC 6928 §2. */
  readonly initialWindowSegments: number;
  /** Challenge ACKs sent in any `challengeAckPeriodMs`, and SYN/ACKs to a SYN that comes again. RFC 5961 §7. */
  readonly challengeAckLimit: number;
  readonly challengeAckPeriodMs: number;
}

/** All of a connection's options, the left out ones filled in. */
export type Settings = OpenOptions & Tuning;

/** What a Linux host offers over Ethernet: `<mss 1460,sackOK,TS val N ecr 0,nop,wscale 7>`, window 64240. */
export const LINUX_OFFER = {
  mss: 1460,
  window: 64240,
  windowShift: 7,
  sack: true,
  timestamps: { offset: 0 },
} as const satisfies Omit<OpenOptions, 'iss'>;

/** Linux's values (`tcp_syn_retries`, `tcp_retries2`, `TCP_RTO_MIN`, …), the initial RTO being RFC 6298's and Linux's. */
export const DEFAULT_TUNING: Tuning = {
  defaultMss: 536,
  baseMss: [1024, 512],
  synRetries: 6,
  maxRetransmissions: 15,
  initialRtoMs: 1000,
  minRtoMs: 200,
  maxRtoMs: 120_000,
  delayedAckMs: 40,
  timeWaitMs: 60_000,
  finWait2Ms: Infinity,
  initialWindowSegments: 10,
  challengeAckLimit: 10,
  challengeAckPeriodMs: 5000,
};

export const settingsOf = (options: OpenOptions): Settings => ({ ...DEFAULT_TUNING, ...options });
