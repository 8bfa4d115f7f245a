/** Netlink attributes, with those that are nested in them: written, and read. struct nlattr, netlink(7). */
import * as linux from '../libc/constants.js';
import { aligned, damaged, joined, textBytes, textIn, viewOf, viewOfLeast } from './bytes.js';

const HEADER_BYTES = 4; // struct nlattr: length, type

/**
 * One to be written: its number, and a text, which ends with NUL; a number of 32 bits, or a bigint of 64; bytes as they are; or
 * attributes that are nested in it.
 */
export type Attribute = readonly [type: number, value: string | number | bigint | Uint8Array | readonly Attribute[]];

/** How a protocol has its numbers: rtnetlink as the host has them, netfilter as the network. */
export type ByteOrder = 'host' | 'network';

export const attributeBytes = (attributes: readonly Attribute[], order: ByteOrder = 'host'): Uint8Array =>
  joined(
    attributes.map(([type, value]) => {
      const isNested = Array.isArray(value);
      const bytes = valueBytes(value, order);
      const whole = new Uint8Array(aligned(HEADER_BYTES + bytes.length));
      const view = viewOf(whole);
      view.setUint16(0, HEADER_BYTES + bytes.length, true);
      view.setUint16(2, isNested ? type | linux.NLA_F_NESTED : type, true);
      whole.set(bytes, HEADER_BYTES);
      return whole;
    }),
  );

function valueBytes(value: Attribute[1], order: ByteOrder): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return textBytes(value);
  if (typeof value === 'object') return attributeBytes(value, order);
  const bytes = new Uint8Array(typeof value === 'bigint' ? 8 : 4);
  if (typeof value === 'bigint') viewOf(bytes).setBigUint64(0, value, order === 'host');
  else viewOf(bytes).setUint32(0, value, order === 'host');
  return bytes;
}

/**
 * Calls `take` with the number and the value of each, one after the other; nested ones as they are.
 * @throws {RawshakeError} RS_NOT_UNDERSTOOD where a length does not fit, or there are not so many bytes
 */
function eachAttribute(bytes: Uint8Array, from: number, take: (type: number, value: Uint8Array) => void): void {
  const view = viewOfLeast(from, bytes, 'body');
  for (let at = from; at < bytes.length;) {
    const left = bytes.length - at;
    const length = left < HEADER_BYTES ? 0 : view.getUint16(at, true);
    if (length < HEADER_BYTES || length > left)
      throw damaged({
        en: `an attribute of ${length} bytes where ${left} are left`,
        zh: `属性有 ${length} 字节，而只剩 ${left} 字节`,
      });
    take(view.getUint16(at + 2, true) & linux.NLA_TYPE_MASK, bytes.subarray(at + HEADER_BYTES, at + length));
    at += aligned(length);
  }
}

/** Those of a message, or nested in another, by their numbers. */
export class Attributes {
  readonly #values = new Map<number, Uint8Array>();

  /**
   * Those that stand in `bytes` from byte `from` on.
   * @throws {RawshakeError} RS_NOT_UNDERSTOOD where a length does not fit
   */
  constructor(bytes: Uint8Array, from = 0) {
    eachAttribute(bytes, from, (type, value) => this.#values.set(type, value));
  }

  has(type: number): boolean {
    return this.#values.has(type);
  }

  /** A view of what was received; undefined where there is none of that number. */
  bytes(type: number): Uint8Array | undefined {
    return this.#values.get(type);
  }

  /** Empty where there is none. */
  text(type: number): string {
    return textIn(this.bytes(type) ?? NOTHING);
  }

  /** Those that are nested in it; none where there is none. Throws as the constructor does. */
  nested(type: number): Attributes {
    return new Attributes(this.bytes(type) ?? NOTHING);
  }

  /** Those that are nested in it as a list, in which all have the same number. Throws as the constructor does. */
  list(type: number): readonly Attributes[] {
    const found: Attributes[] = [];
    eachAttribute(this.bytes(type) ?? NOTHING, 0, (_type, value) => found.push(new Attributes(value)));
    return found;
  }

  /**
   * A signed number of 32 bits, in the host's order.
   * @throws {RawshakeError} RS_NOT_UNDERSTOOD where it is shorter
   */
  i32(type: number): number | undefined {
    return this.#view(type, 4)?.getInt32(0, true);
  }

  /** The same of 32 bits without a sign, in network order. */
  be32(type: number): number | undefined {
    return this.#view(type, 4)?.getUint32(0);
  }

  /** The same of 64 bits. */
  be64(type: number): bigint | undefined {
    return this.#view(type, 8)?.getBigUint64(0);
  }

  #view(type: number, leastBytes: number): DataView | undefined {
    const value = this.bytes(type);
    return value && viewOfLeast(leastBytes, value, 'value');
  }
}

const NOTHING = new Uint8Array();
