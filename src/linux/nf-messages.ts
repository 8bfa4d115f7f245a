/** Messages of nf_tables: written for the kernel, and read. netlink(7), <linux/netfilter/nfnetlink.h>. */
import * as linux from './constants.js';
import { aligned, attributesIn, HEADER_BYTES, type NetlinkMessage, valueOf, viewOf } from './netlink-messages.js';

/** An attribute: its number, and a text, which ends with NUL, or a 64-bit number in network order. */
export type NfAttribute = readonly [type: number, value: string | bigint];

const FAMILY_BYTES = 4; // struct nfgenmsg: family, version, resource
const ATTRIBUTE_BYTES = 4; // struct nlattr: length, type

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

/** The attributes of a message of nf_tables, by number; nested ones as they are. */
export const nfAttributes = ({ body }: NetlinkMessage): ReadonlyMap<number, Uint8Array> =>
  attributesIn(body, FAMILY_BYTES);

/** The text in an attribute; empty where there is none. */
export const nfText = (value: Uint8Array | undefined): string =>
  value === undefined ? '' : new TextDecoder().decode(value).replace(/\0.*$/s, '');

/** The number in an attribute. */
export const nfNumber = (value: Uint8Array | undefined): bigint =>
  value === undefined ? 0n : valueOf(value, 8).getBigUint64(0);
