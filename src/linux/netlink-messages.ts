/** Netlink messages and their attributes, as they are read: nothing beyond what was received, and nothing guessed. netlink(7). */
import { notUnderstood } from '../error.js';
import { NLA_TYPE_MASK } from './constants.js';

export interface NetlinkMessage {
  /** NLMSG_…, or what the protocol has. */
  readonly type: number;
  /** NLM_F_… */
  readonly flags: number;
  /** That of the request which it answers; 0 in what was not asked for. */
  readonly sequence: number;
  /** What stands behind the header; a view of what was received. */
  readonly body: Uint8Array;
}

/** struct nlmsghdr: length, type, flags, sequence number, port. */
export const HEADER_BYTES = 16;
const ATTRIBUTE_BYTES = 4; // struct nlattr: length, type

/** Messages and attributes begin at multiples of four bytes. */
export const aligned = (length: number): number => (length + 3) & ~3;

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const damaged = (what: string) => notUnderstood(`netlink: ${what}`);

/**
 * All messages of one datagram.
 * @throws {RawshakeError} RS_NOT_UNDERSTOOD where a length does not fit
 */
export function messagesIn(datagram: Uint8Array): NetlinkMessage[] {
  const view = viewOf(datagram);
  const found: NetlinkMessage[] = [];
  for (let at = 0; at < datagram.length;) {
    const left = datagram.length - at;
    const length = left < HEADER_BYTES ? 0 : view.getUint32(at, true);
    if (length < HEADER_BYTES || length > left) throw damaged(`a message of ${length} bytes where ${left} are left`);
    found.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      body: datagram.subarray(at + HEADER_BYTES, at + length),
    });
    at += aligned(length);
  }
  return found;
}

/**
 * The body, where it has at least so many bytes.
 * @throws {RawshakeError} RS_NOT_UNDERSTOOD where it has not
 */
export function bodyOf({ body }: NetlinkMessage, leastBytes: number): DataView {
  if (body.length < leastBytes) throw damaged(`a body of ${body.length} bytes where ${leastBytes} are the least`);
  return viewOf(body);
}

/** Of an NLMSG_ERROR; 0: it is an acknowledgement. */
export const errnoOf = (message: NetlinkMessage): number => -bodyOf(message, 4).getInt32(0, true);

/**
 * The attributes from byte `from` of a body on, one after the other; nested ones as they are.
 * @throws {RawshakeError} RS_NOT_UNDERSTOOD where a length does not fit
 */
export function* attributeList(body: Uint8Array, from: number): Generator<readonly [number, Uint8Array]> {
  const view = viewOf(body);
  for (let at = from; at < body.length;) {
    const left = body.length - at;
    const length = left < ATTRIBUTE_BYTES ? 0 : view.getUint16(at, true);
    if (length < ATTRIBUTE_BYTES || length > left)
      throw damaged(`an attribute of ${length} bytes where ${left} are left`);
    yield [view.getUint16(at + 2, true) & NLA_TYPE_MASK, body.subarray(at + ATTRIBUTE_BYTES, at + length)];
    at += aligned(length);
  }
}

/** The same by number, where each comes once. Throws as that does. */
export const attributesIn = (body: Uint8Array, from: number): ReadonlyMap<number, Uint8Array> =>
  new Map(attributeList(body, from));

/**
 * The value of an attribute, where it has at least so many bytes.
 * @throws {RawshakeError} RS_NOT_UNDERSTOOD where it has not
 */
export function valueOf(value: Uint8Array, leastBytes: number): DataView {
  if (value.length < leastBytes) throw damaged(`a value of ${value.length} bytes where ${leastBytes} are the least`);
  return viewOf(value);
}
