/** Tells of what servers do under pressure, without becoming a flood itself: at once, and then ever more seldom. */
import type { Pressure } from '../driver/listen-options.js';
import type { RawServer } from '../driver/raw-server.js';
import type { Clock } from '../driver/ports.js';

/** What happens, and how often it has since the program began. */
export interface PressureReport {
  readonly pressure: Pressure;
  readonly count: number;
}

/** The first pause between two reports of a kind; each is twice as long as the one before. */
const FIRST_PAUSE_MS = 10_000;

interface Told {
  count: number;
  nextAt: number;
  pauseMs: number;
}

/** Call it with each server; all of them are counted together. */
export function watchPressure(clock: Clock, onReport: (report: PressureReport) => void): (server: RawServer) => void {
  const told = new Map<Pressure, Told>();
  const happened = (pressure: Pressure): void => {
    const known = told.get(pressure);
    const entry = known ?? { count: 0, nextAt: -Infinity, pauseMs: FIRST_PAUSE_MS };
    if (known === undefined) told.set(pressure, entry);
    entry.count += 1;
    const now = clock.now();
    if (now < entry.nextAt) return;
    // After a long quiet it is news again.
    entry.pauseMs = now > entry.nextAt + 2 * entry.pauseMs ? FIRST_PAUSE_MS : 2 * entry.pauseMs;
    entry.nextAt = now + entry.pauseMs;
    onReport({ pressure, count: entry.count });
  };
  return (server) => {
    server.on('pressure', happened);
  };
}
