/** The kernel's clocks. CLOCK_MONOTONIC orders everything here; packets are stamped in CLOCK_REALTIME and converted. */
import { setTimeout as startTimer, clearTimeout as stopTimer } from 'node:timers';
import type { Clock } from '../../driver/ports.js';
import { type Millis, millis } from '../../tcp/types.js';
import { libc } from './libc.js';

const CLOCK_REALTIME = 0;
const CLOCK_TAI = 11;

/** CLOCK_MONOTONIC in milliseconds, with a resolution below a microsecond. */
export const monotonicNow = (): Millis => millis(Number(process.hrtime.bigint()) / 1e6);

/** CLOCK_REALTIME minus CLOCK_MONOTONIC, in milliseconds, from the tightest of a few paired readings. */
export function realtimeOffset(): Millis {
  const time = new BigInt64Array(2); // struct timespec
  let best = { gap: Infinity, offset: 0 };
  for (let i = 0; i < 5; i++) {
    const before = monotonicNow();
    libc('clock_gettime', CLOCK_REALTIME, time);
    const after = monotonicNow();
    const realtime = Number(time[0]) * 1000 + Number(time[1]) / 1e6;
    if (after - before < best.gap) best = { gap: after - before, offset: realtime - (before + after) / 2 };
  }
  return millis(best.offset);
}

/** By how much CLOCK_TAI is ahead of CLOCK_REALTIME: whole seconds, in milliseconds; 0 where nobody has set it. */
export function taiAheadMs(): number {
  const [realtime, tai] = [CLOCK_REALTIME, CLOCK_TAI].map((clock) => {
    const time = new BigInt64Array(2); // struct timespec
    libc('clock_gettime', clock, time);
    return Number(time[0]) + Number(time[1]) / 1e9;
  });
  return Math.round((tai ?? 0) - (realtime ?? 0)) * 1000;
}

/** A difference below it is the measurement's. */
const STEP_MS = 1;

/** That offset over time: the wall clock is set, and goes on where CLOCK_MONOTONIC stands still, while the machine is suspended. */
export class RealtimeOffset {
  #offset: Millis;

  constructor(private readonly measure: () => Millis = realtimeOffset) {
    this.#offset = measure();
  }

  now(): Millis {
    const measured = this.measure();
    if (Math.abs(measured - this.#offset) > STEP_MS) this.#offset = measured;
    return this.#offset;
  }
}

/** The running system's clock, with Node's timers. */
export const systemClock: Clock = {
  now: monotonicNow,
  wakeAt(at, wake) {
    const timer = startTimer(wake, Math.max(0, at - monotonicNow()));
    return () => {
      stopTimer(timer);
    };
  },
};
