/** Random numbers that are the same for the same seed: mulberry32, a 32-bit generator by Tommy Ettinger, good enough for faults. */

/** A stream of numbers in [0, 1). Not for anything that must be hard to guess. */
export function randomStream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let n = Math.imul(state ^ (state >>> 15), state | 1);
    n ^= n + Math.imul(n ^ (n >>> 7), n | 61);
    return ((n ^ (n >>> 14)) >>> 0) / 2 ** 32;
  };
}
