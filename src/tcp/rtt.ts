/** Round-trip time and retransmission timeout. RFC 6298 §2 to §5. */
import type { Settings } from './options.js';

export interface Rtt {
  /** Smoothed round-trip time, undefined before the first sample. */
  readonly srttMs: number | undefined;
  readonly rttvarMs: number;
  /** RTO before backoff. */
  readonly rtoMs: number;
  /** How often the timer was doubled. RFC 6298 §5, rule 5.5. */
  readonly backoff: number;
}

/** G, the clock granularity. RFC 6298 §2. */
const GRANULARITY_MS = 1;

/** RTO once a SYN has been sent twice and nothing was measured. RFC 6298 §5, rule 5.7. */
const RTO_AFTER_LOST_SYN_MS = 3000;

type Limits = Pick<Settings, 'minRtoMs' | 'maxRtoMs'>;

export const initialRtt = (initialRtoMs: number): Rtt => ({
  srttMs: undefined,
  rttvarMs: 0,
  rtoMs: initialRtoMs,
  backoff: 0,
});

/** A measurement: rules 2.2 and 2.3; it ends the backoff. */
export function sampled(rtt: Rtt, sampleMs: number, limits: Limits): Rtt {
  const { srttMs, rttvarMs } =
    rtt.srttMs === undefined
      ? { srttMs: sampleMs, rttvarMs: sampleMs / 2 }
      : {
          rttvarMs: 0.75 * rtt.rttvarMs + 0.25 * Math.abs(rtt.srttMs - sampleMs),
          srttMs: 0.875 * rtt.srttMs + 0.125 * sampleMs,
        };
  const rtoMs = srttMs + Math.max(GRANULARITY_MS, 4 * rttvarMs);
  return { srttMs, rttvarMs, rtoMs: Math.min(Math.max(rtoMs, limits.minRtoMs), limits.maxRtoMs), backoff: 0 };
}

/** The timer went off: rule 5.5. */
export const backedOff = (rtt: Rtt): Rtt => ({ ...rtt, backoff: rtt.backoff + 1 });

/** The backoff is over, without a measurement. */
export const unwound = (rtt: Rtt): Rtt => (rtt.backoff === 0 ? rtt : { ...rtt, backoff: 0 });

/** The handshake is complete, and took more than one SYN: rule 5.7. */
export const afterLostSyn = (rtt: Rtt): Rtt =>
  rtt.srttMs === undefined ? { ...rtt, rtoMs: Math.max(rtt.rtoMs, RTO_AFTER_LOST_SYN_MS), backoff: 0 } : rtt;

/** The time that the timer runs for. */
export const timeoutMs = (rtt: Rtt, limits: Limits): number => Math.min(rtt.rtoMs * 2 ** rtt.backoff, limits.maxRtoMs);
