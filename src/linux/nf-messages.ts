/** Messages of nf_tables: written for the kernel, and read. netlink(7), <linux/netfilter/nfnetlink.h>. */
import * as linux from './constants.js';

export interface NfMessage {
  /** The netlink type: NLMSG_…, or NFT_MSG_… with the subsystem above it. */
  readonly type: number;
  /** NLM_F_… */
  readonly flags: number;
  /** What stands behind the header. */
  readonly body: Uint8Array;
}

/** An attribute: its number, and a text, which ends with NUL, or a 64-bit number in network order. */
export type NfAttribute = readonly [type: number, value: string | bigint];

const HEADER_BYTES = 16; // struct nlmsghdr
const FAMILY_BYTES = 4; // struct nfgenmsg: family, version, resource
const ATTRIBUTE_BYTES = 4; // struct nlattr: length, type

const aligned = (length: number): number => (length + 3) & ~3;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function valueBytes(value: string | bigint): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(`${value}\0`);
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigUint64(0, value);
  return bytes;
}

/** A message of nf_tables about `family`: AF_INET, AF_INET6. */
export const nfMessage = (
  type: number,
  flags: number,
  family: number,
  attributes: readonly NfAttribute[],
): Uint8Array => message((linux.NFNL_SUBSYS_NFTABLES << 8) | type, flags, family, 0, attributes);

function message(
  type: number,
  flags: number,
  family: number,
  resource: number,
  attributes: readonly NfAttribute[],
): Uint8Array {
  const values = attributes.map(([kind, value]) => ({ kind, bytes: valueBytes(value) }));
  const length = values.reduce(
    (sum, { bytes }) => sum + aligned(ATTRIBUTE_BYTES + bytes.length),
    HEADER_BYTES + FAMILY_BYTES,
  );
  const whole = new Uint8Array(new ArrayBuffer(length));
  const view = viewOf(whole);
  view.setUint32(0, length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, linux.NLM_F_REQUEST | flags, true);
  view.setUint8(16, family);
  view.setUint16(18, resource);
  let at = HEADER_BYTES + FAMILY_BYTES;
  for (const { kind, bytes } of values) {
    view.setUint16(at, ATTRIBUTE_BYTES + bytes.length, true);
    view.setUint16(at + 2, kind, true);
    whole.set(bytes, at + ATTRIBUTE_BYTES);
    at += aligned(ATTRIBUTE_BYTES + bytes.length);
  }
  return whole;
}

/** Messages as one transaction: all or none. */
export function nfBatch(messages: readonly Uint8Array[]): Uint8Array {
  const edge = (type: number): Uint8Array => message(type, 0, 0, linux.NFNL_SUBSYS_NFTABLES, []);
  const all = [edge(linux.NFNL_MSG_BATCH_BEGIN), ...messages, edge(linux.NFNL_MSG_BATCH_END)];
  const whole = new Uint8Array(new ArrayBuffer(all.reduce((sum, { length }) => sum + length, 0)));
  let at = 0;
  for (const one of all) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}

/** All messages of what was received, copied out of it. */
export function nfMessagesIn(bytes: Uint8Array): NfMessage[] {
  const view = viewOf(bytes);
  const found: NfMessage[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const length = view.getUint32(at, true);
    if (length < HEADER_BYTES) break;
    found.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      body: bytes.slice(at + HEADER_BYTES, at + length),
    });
    at += aligned(length);
  }
  return found;
}

/** Of an NLMSG_ERROR; 0: it is an acknowledgement. */
export const errnoOf = ({ body }: NfMessage): number => -viewOf(body).getInt32(0, true);

/** The attributes of a message of nf_tables, by number; nested ones as they are. */
export function nfAttributes({ body }: NfMessage): ReadonlyMap<number, Uint8Array> {
  const view = viewOf(body);
  const found = new Map<number, Uint8Array>();
  for (let at = FAMILY_BYTES; at + ATTRIBUTE_BYTES <= body.length;) {
    const length = Math.max(ATTRIBUTE_BYTES, view.getUint16(at, true));
    found.set(view.getUint16(at + 2, true) & linux.NLA_TYPE_MASK, body.subarray(at + ATTRIBUTE_BYTES, at + length));
    at += aligned(length);
  }
  return found;
}

/** The text in an attribute; empty where there is none. */
export const nfText = (value: Uint8Array | undefined): string =>
  value === undefined ? '' : new TextDecoder().decode(value).replace(/\0.*$/s, '');

/** The number in an attribute. */
export const nfNumber = (value: Uint8Array | undefined): bigint =>
  value === undefined ? 0n : viewOf(value).getBigUint64(0);
