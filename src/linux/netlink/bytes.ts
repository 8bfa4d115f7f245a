/** Bytes for the kernel and from it, of which nothing is read beyond what was received. */
import { notUnderstood, type RawshakeError, type Text } from '../../error.js';

/** Messages and attributes begin at multiples of four bytes. netlink(7), NLMSG_ALIGN. */
export const aligned = (length: number): number => (length + 3) & ~3;

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const damaged = (what: Text): RawshakeError => notUnderstood('netlink', what);

/**
 * A view of `what`, where it has at least so many bytes.
 * @throws {RawshakeError} RS_NOT_UNDERSTOOD where it has not
 */
export function viewOfLeast(leastBytes: number, bytes: Uint8Array, what: string): DataView {
  if (bytes.length < leastBytes)
    throw damaged({
      en: `a ${what} of ${bytes.length} bytes where ${leastBytes} are the least`,
      zh: `${what} 只有 ${bytes.length} 字节，而至少应有 ${leastBytes} 字节`,
    });
  return viewOf(bytes);
}

/** All of them, one behind the other, in memory that does not move. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(new ArrayBuffer(parts.reduce((sum, { length }) => sum + length, 0)));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A text up to its NUL. */
export function textIn(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return UTF8.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
const UTF8 = new TextDecoder();

export const textBytes = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);
