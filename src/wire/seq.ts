/** Sequence number arithmetic: 32 bits, modulo 2^32. RFC 9293 §3.4. */

declare const seqBrand: unique symbol;

/** A TCP sequence number, 0 to 2^32 - 1. Compared with `seqLt` and its kin, never with `<`. */
export type Seq = number & { readonly [seqBrand]: true };

/** Any integer reduced modulo 2^32. */
export const seq = (n: number): Seq => (n >>> 0) as Seq;

/** `a + n` modulo 2^32; `n` may be negative. */
export const seqAdd = (a: Seq, n: number): Seq => ((a + n) >>> 0) as Seq;

/** The signed distance `a - b`, -2^31 to 2^31 - 1: positive where `a` comes after `b`. */
export const seqDiff = (a: Seq, b: Seq): number => (a - b) | 0;

export const seqLt = (a: Seq, b: Seq): boolean => ((a - b) | 0) < 0;
export const seqLe = (a: Seq, b: Seq): boolean => ((a - b) | 0) <= 0;
export const seqGt = (a: Seq, b: Seq): boolean => ((a - b) | 0) > 0;
export const seqGe = (a: Seq, b: Seq): boolean => ((a - b) | 0) >= 0;

/** Whether `n` lies in the half-open range `[start, start + length)`. */
export const seqInRange = (n: Seq, start: Seq, length: number): boolean => (n - start) >>> 0 < length;
