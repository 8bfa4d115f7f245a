/** Netlink messages: written, and read, where nothing is read beyond what was received, or guessed. struct nlmsghdr, netlink(7). */
import * as linux from '../libc/constants.js';
import { type Attribute, attributeBytes, Attributes, type ByteOrder } from './attributes.js';
import { aligned, damaged, joined, viewOf, viewOfLeast } from './bytes.js';

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

// struct nlmsghdr
const HEADER_BYTES = 16;
const [LENGTH, TYPE, FLAGS, SEQUENCE] = [0, 4, 6, 8] as const; // and the port

/**
 * All messages of one datagram. `mayBeCut`: of what was received there may be only the beginning; then the last message may lack
 * bytes, and what is no message is passed over.
 * @throws {RawshakeError} RS_NOT_UNDERSTOOD where a length does not fit
 */
export function messagesIn(datagram: Uint8Array, { mayBeCut = false } = {}): NetlinkMessage[] {
  const view = viewOf(datagram);
  const found: NetlinkMessage[] = [];
  for (let at = 0; at < datagram.length;) {
    const left = datagram.length - at;
    const length = left < HEADER_BYTES ? 0 : view.getUint32(at + LENGTH, true);
    if (mayBeCut && length < HEADER_BYTES) return found;
    if (length < HEADER_BYTES || (length > left && !mayBeCut))
      throw damaged({
        en: `a message of ${length} bytes where ${left} are left`,
        zh: `消息有 ${length} 字节，而只剩 ${left} 字节`,
      });
    found.push({
      type: view.getUint16(at + TYPE, true),
      flags: view.getUint16(at + FLAGS, true),
      sequence: view.getUint32(at + SEQUENCE, true),
      body: datagram.subarray(at + HEADER_BYTES, at + length),
    });
    at += aligned(Math.min(length, left));
  }
  return found;
}

/** Of an NLMSG_ERROR; 0: it is an acknowledgement. */
export const errnoOf = ({ body }: NetlinkMessage): number => -viewOfLeast(4, body, 'body').getInt32(0, true);

/** struct nlmsgerr: errno, and the header of the request. */
const ERROR_BYTES = 4 + HEADER_BYTES;

/** What the kernel says of an NLMSG_ERROR in words, to a socket that has NETLINK_EXT_ACK and NETLINK_CAP_ACK. */
export function reasonOf({ flags, body }: NetlinkMessage): string | undefined {
  if ((flags & linux.NLM_F_ACK_TLVS) === 0 || (flags & linux.NLM_F_CAPPED) === 0) return undefined;
  const attributes = new Attributes(body, ERROR_BYTES);
  return attributes.has(linux.NLMSGERR_ATTR_MSG) ? attributes.text(linux.NLMSGERR_ATTR_MSG) : undefined;
}

export interface Request {
  /** NLMSG_…, or what the protocol has. */
  readonly type: number;
  /** NLM_F_…, beside that it is a request. */
  readonly flags?: number;
  /** The protocol's own structure, in front of the attributes. */
  readonly body: Uint8Array;
  readonly attributes?: readonly Attribute[];
  /** Of the numbers in the attributes. */
  readonly order?: ByteOrder;
}

/** A message to the kernel; its sequence number comes with the sending. */
export function requestMessage({ type, flags = 0, body, attributes = [], order }: Request): Uint8Array {
  const whole = joined([new Uint8Array(HEADER_BYTES), body, attributeBytes(attributes, order)]);
  const view = viewOf(whole);
  view.setUint32(LENGTH, whole.length, true);
  view.setUint16(TYPE, type, true);
  view.setUint16(FLAGS, linux.NLM_F_REQUEST | flags, true);
  return whole;
}

/** Gives messages that stand one behind the other their sequence numbers: the first this one, each of the others `step` more. */
export function numberMessages(messages: Uint8Array, first: number, step: 0 | 1): void {
  const view = viewOf(messages);
  let sequence = first;
  for (let at = 0; at < messages.length; at += aligned(view.getUint32(at + LENGTH, true))) {
    view.setUint32(at + SEQUENCE, sequence, true);
    sequence = (sequence + step) >>> 0;
  }
}
