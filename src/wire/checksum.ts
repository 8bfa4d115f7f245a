/** The Internet checksum: RFC 1071; its incremental update: RFC 1624; pseudo headers: RFC 9293 §3.1, RFC 8200 §8.1. */
/** From this many bytes on, making a 32-bit view pays. */
const wideBytes = 160;
/** Bytes summed before the carries are folded, so that no partial sum passes 2^31. */
const chunkBytes = 1 << 16;

/** Folds the carries of an unsigned sum below 2^32 back into 16 bits. RFC 1071 §4.1. */
export const fold = (sum: number): number => {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
};

/** The two 16-bit halves of a 32-bit field, added. */
export const halves = (value: number): number => (value >>> 16) + (value & 0xffff);

const sumBytes = (bytes: Uint8Array, start: number, end: number): number => {
  let high = 0;
  let low = 0;
  let i = start;
  for (const last = end - 3; i < last; i += 4) {
    high += (bytes[i] ?? 0) + (bytes[i + 2] ?? 0);
    low += (bytes[i + 1] ?? 0) + (bytes[i + 3] ?? 0);
  }
  if (i + 1 < end) {
    high += bytes[i] ?? 0;
    low += bytes[i + 1] ?? 0;
    i += 2;
  }
  if (i < end) high += bytes[i] ?? 0;
  return high * 256 + low;
};

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
/** The folded sum of the same bytes one byte further on: halves the other way round. RFC 1071 §2(B). */
export const swap = (sum: number): number => ((sum & 0xff) << 8) | (sum >>> 8);

/** The sum by 32-bit words in the machine's byte order, which RFC 1071 §2(B) allows. At most `chunkBytes` bytes. */
const sumWords = (bytes: Uint8Array, start: number, end: number): number => {
  const head = start + (-(bytes.byteOffset + start) & 3);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + head, (end - head) >>> 2);
  let low = 0;
  let high = 0;
  let i = 0;
  for (const last = words.length - 3; i < last; i += 4) {
    const a = words[i] ?? 0;
    const b = words[i + 1] ?? 0;
    const c = words[i + 2] ?? 0;
    const d = words[i + 3] ?? 0;
    low += (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff);
    high += (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16);
  }
  for (; i < words.length; i++) {
    const word = words[i] ?? 0;
    low += word & 0xffff;
    high += word >>> 16;
  }
  const native = fold(low + high);
  const tail = sumBytes(bytes, head + words.length * 4, end);
  const aligned = fold((littleEndian ? swap(native) : native) + tail);
  // Words that start at an odd distance from `start` have their halves the other way round. RFC 1071 §2(A).
  return sumBytes(bytes, start, head) + ((head - start) % 2 === 0 ? aligned : swap(aligned));
};

/**
 * The one's complement sum of `bytes[start, end)` as 16-bit big-endian words, an odd last byte padded with zero.
 * Added to `initial`, carries not folded.
 */
export const onesSum = (bytes: Uint8Array, start = 0, end = bytes.length, initial = 0): number => {
  let sum = initial;
  let from = start;
  while (end - from >= wideBytes) {
    const to = Math.min(from + chunkBytes, end);
    sum = fold(sum + sumWords(bytes, from, to));
    from = to;
  }
  return sum + sumBytes(bytes, from, end); // what a chunk leaves may be too little for a view
};

/** The Internet checksum of `bytes[start, end)` on top of a sum already taken (a pseudo header's). RFC 1071 §1. */
export const checksum = (bytes: Uint8Array, start = 0, end = bytes.length, initial = 0): number =>
  ~fold(onesSum(bytes, start, end, initial)) & 0xffff;

/** Whether `bytes[start, end)`, checksum field and all, sum to zero: `0xffff` in one's complement. RFC 1071 §1. */
export const sumsToZero = (bytes: Uint8Array, start: number, end: number, initial: number): boolean =>
  fold(onesSum(bytes, start, end, initial)) === 0xffff;

/**
 * The sum of a pseudo header: addresses as they stand in `bytes[start, end)`, protocol and length of what follows.
 * RFC 9293 §3.1 (IPv4), RFC 8200 §8.1 (IPv6): the sums are of the same form.
 */
export const pseudoHeaderSum = (
  bytes: Uint8Array,
  start: number,
  end: number,
  protocol: number,
  lengthBytes: number,
): number => sumBytes(bytes, start, end) + protocol + halves(lengthBytes);

/** The checksum after a 16-bit word changed from `before` to `after`. RFC 1624 §3, equation 3. */
export const updateChecksum = (old: number, before: number, after: number): number =>
  ~fold((~old & 0xffff) + (~before & 0xffff) + after) & 0xffff;

/** The checksum after a 32-bit field changed from `before` to `after`. RFC 1624 §3, equation 3. */
export const updateChecksum32 = (old: number, before: number, after: number): number =>
  ~fold((~old & 0xffff) + halves(~before) + halves(after)) & 0xffff;
