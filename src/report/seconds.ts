/** Times in JSON. */

/** Seconds since `startMs`, to the microsecond. */
export const secondsSince = (startMs: number, atMs: number): number => Math.round((atMs - startMs) * 1000) / 1e6;
