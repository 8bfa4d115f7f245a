/** Packets as bytes: examples of the RFCs, and captures of what a Linux kernel sends. */
import { fromHex } from '../../src/wire/bytes.js';

/** Bytes from hex digits with spaces. */
export const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text.replace(/\s+/g, ''));
  if (bytes === undefined) throw new Error(`not hex: ${text}`);
  return bytes;
};
