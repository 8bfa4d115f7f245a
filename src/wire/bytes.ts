/** Big-endian fields in a `Uint8Array`, and where packets are allocated. */

/** A shared empty array: most packets have no payload, no trailer. */
export const noBytes: Uint8Array = new Uint8Array(0);

/** The byte at `at`; 0 beyond the end, which callers have ruled out. */
export const u8 = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;

/** The 16-bit field at `at`. */
export const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** The 32-bit field at `at`, unsigned. */
export const u32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;

/** Writes the low 16 bits of `value` at `at`. */
export const put16 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
};

/** Writes the low 32 bits of `value` at `at`. */
export const put32 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
};

/** Copies `source` to `at`; short ones without the cost of a call into the engine. */
export const putBytes = (bytes: Uint8Array, at: number, source: Uint8Array): void => {
  if (source.length > 32) bytes.set(source, at);
  else for (let i = 0; i < source.length; i++) bytes[at + i] = source[i] ?? 0;
};

/** The bytes `[start, end)` without a copy; the shared empty array where there are none. */
export const view = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  start >= end ? noBytes : bytes.subarray(start, end);

/** A copy of the bytes `[start, end)`. */
export const copyOf = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  start >= end ? noBytes : bytes.slice(start, end);

/** Whether two byte strings are the same. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

// V8 keeps typed arrays of up to 64 bytes inside their object; a larger one costs ten times as much to make.
// Those are cut from a slab instead, as Node's own Buffer does.
const inlineBytes = 64;
const slabBytes = 1 << 16;
const pooledBytes = 1 << 12;
let slab = new ArrayBuffer(0);
let slabUsed = 0;

/** `length` zero bytes. Those of medium size share one `ArrayBuffer`, each part of it handed out once. */
export const allocate = (length: number): Uint8Array => {
  if (length <= inlineBytes || length > pooledBytes) return new Uint8Array(length);
  if (slabUsed + length > slab.byteLength) {
    slab = new ArrayBuffer(slabBytes);
    slabUsed = 0;
  }
  const bytes = new Uint8Array(slab, slabUsed, length);
  slabUsed = (slabUsed + length + 7) & ~7; // packets start aligned: the checksum reads words
  return bytes;
};

const hexPair = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hex digits, two per byte. */
export const toHex = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += hexPair[byte] ?? '';
  return text;
};

/** Bytes from hex digits; undefined where the text is anything else. */
export const fromHex = (text: string): Uint8Array | undefined => {
  if (text.length % 2 !== 0 || /[^0-9a-fA-F]/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
};

/** The bytes to keep for long: a copy where they are a view of a buffer more than twice as long, which they would keep alive. */
export const toKeep = (bytes: Uint8Array): Uint8Array =>
  bytes.buffer.byteLength > 2 * bytes.length ? new Uint8Array(bytes) : bytes;
