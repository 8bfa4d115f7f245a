/** Netlink messages and their attributes: written, and read, where nothing is read beyond what was received, or guessed. netlink(7). */
import { notUnderstood } from '../../error.js';
import * as linux from '../libc/constants.js';

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

/** struct nlmsgerr: errno, and the header of the request. */
const ERROR_BYTES = 4 + HEADER_BYTES;

/** What the kernel says of an NLMSG_ERROR in words, to a socket that has NETLINK_EXT_ACK and NETLINK_CAP_ACK. */
export function reasonOf({ flags, body }: NetlinkMessage): string | undefined {
  if ((flags & linux.NLM_F_ACK_TLVS) === 0 || (flags & linux.NLM_F_CAPPED) === 0) return undefined;
  const reason = attributesIn(body, ERROR_BYTES).get(linux.NLMSGERR_ATTR_MSG);
  return reason === undefined ? undefined : new TextDecoder().decode(reason).replace(/\0.*$/s, '');
}

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
    yield [view.getUint16(at + 2, true) & linux.NLA_TYPE_MASK, body.subarray(at + ATTRIBUTE_BYTES, at + length)];
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

/** An attribute to be written: its number, and its value as bytes, or the attributes that are nested in it. */
export type Attribute = readonly [type: number, value: Uint8Array | readonly Attribute[]];

export function attributeBytes(attributes: readonly Attribute[]): Uint8Array {
  return joined(
    attributes.map(([number, value]) => {
      const isNested = !(value instanceof Uint8Array);
      const bytes = isNested ? attributeBytes(value) : value;
      const whole = new Uint8Array(aligned(ATTRIBUTE_BYTES + bytes.length));
      const view = viewOf(whole);
      view.setUint16(0, ATTRIBUTE_BYTES + bytes.length, true);
      view.setUint16(2, isNested ? number | linux.NLA_F_NESTED : number, true);
      whole.set(bytes, ATTRIBUTE_BYTES);
      return whole;
    }),
  );
}

export interface Request {
  /** NLMSG_…, or what the protocol has. */
  readonly type: number;
  /** NLM_F_…, beside that it is a request. */
  readonly flags?: number;
  /** The protocol's own struct, in front of the attributes. */
  readonly body: Uint8Array;
  readonly attributes?: readonly Attribute[];
}

/** A message to the kernel; its sequence number comes with the sending. */
export function requestMessage({ type, flags = 0, body, attributes = [] }: Request): Uint8Array {
  const whole = joined([new Uint8Array(HEADER_BYTES), body, attributeBytes(attributes)]);
  const view = viewOf(whole);
  view.setUint32(0, whole.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, linux.NLM_F_REQUEST | flags, true);
  return whole;
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
