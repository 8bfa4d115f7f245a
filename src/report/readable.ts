/** Data as a person can read it: the beginning of a payload, or of other bytes. */
import { beginning, printable } from '../printable.js';

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** `"hello"`; of long data the first `most` characters, escapes counted as they stand. */
export const readable = (bytes: Uint8Array, most: number): string =>
  // A character has four bytes at most: those that are shown lie whole in what is decoded.
  `"${beginning(printable(UTF8.decode(bytes.subarray(0, 4 * (most + 1)))), most)}"`;
