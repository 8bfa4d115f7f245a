/** Messages of nf_tables: written for the kernel, and read. netlink(7), <linux/netfilter/nfnetlink.h>. */
import type { NftFamily } from '../filter/ports.js';
import * as linux from './constants.js';
import { aligned, attributesIn, HEADER_BYTES, type NetlinkMessage, valueOf, viewOf } from './netlink-messages.js';

/**
 * An attribute: its number, and a text, which ends with NUL; a number of 32 bits, or a bigint of 64, in network order; bytes as they
 * are; or attributes that are nested in it.
 */
export type NfAttribute = readonly [
  type: number,
  value: string | number | bigint | Uint8Array | readonly NfAttribute[],
];

export const NF_FAMILIES: Readonly<Record<NftFamily, number>> = {
  inet: linux.NFPROTO_INET,
  netdev: linux.NFPROTO_NETDEV,
  ip: linux.AF_INET,
  ip6: linux.AF_INET6,
};

const FAMILY_BYTES = 4; // struct nfgenmsg: family, version, resource
const ATTRIBUTE_BYTES = 4; // struct nlattr: length, type

function valueBytes(value: NfAttribute[1]): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return new TextEncoder().encode(`${value}\0`);
  if (typeof value === 'object') return attributeBytes(value);
  const bytes = new Uint8Array(typeof value === 'bigint' ? 8 : 4);
  if (typeof value === 'bigint') viewOf(bytes).setBigUint64(0, value);
  else viewOf(bytes).setUint32(0, value);
  return bytes;
}

function attributeBytes(attributes: readonly NfAttribute[]): Uint8Array {
  const values = attributes.map(([type, value]) => ({
    type: Array.isArray(value) ? type | linux.NLA_F_NESTED : type,
    bytes: valueBytes(value),
  }));
  const whole = new Uint8Array(values.reduce((sum, { bytes }) => sum + aligned(ATTRIBUTE_BYTES + bytes.length), 0));
  const view = viewOf(whole);
  let at = 0;
  for (const { type, bytes } of values) {
    view.setUint16(at, ATTRIBUTE_BYTES + bytes.length, true);
    view.setUint16(at + 2, type, true);
    whole.set(bytes, at + ATTRIBUTE_BYTES);
    at += aligned(ATTRIBUTE_BYTES + bytes.length);
  }
  return whole;
}

/** A message of nf_tables about `family`: NFPROTO_…. */
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
  const values = attributeBytes(attributes);
  const length = HEADER_BYTES + FAMILY_BYTES + values.length;
  const whole = new Uint8Array(new ArrayBuffer(length));
  const view = viewOf(whole);
  view.setUint32(0, length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, linux.NLM_F_REQUEST | flags, true);
  view.setUint8(16, family);
  view.setUint16(18, resource);
  whole.set(values, HEADER_BYTES + FAMILY_BYTES);
  return whole;
}

export interface BatchOptions {
  /** false: the kernel checks them, and changes nothing. Default: true. */
  readonly commit?: boolean;
  /** Only if nobody has changed any rule since it was this: otherwise ERESTART. */
  readonly generation?: number;
}

/** Messages as one transaction, all or none. nfnetlink_rcv_batch() */
export function nfBatch(messages: readonly Uint8Array[], { commit = true, generation }: BatchOptions = {}): Uint8Array {
  const edge = (type: number, attributes: readonly NfAttribute[] = []): Uint8Array =>
    message(type, 0, 0, linux.NFNL_SUBSYS_NFTABLES, attributes);
  const only: readonly NfAttribute[] = generation === undefined ? [] : [[linux.NFNL_BATCH_GENID, generation]];
  const end = commit ? [edge(linux.NFNL_MSG_BATCH_END)] : [];
  const all = [edge(linux.NFNL_MSG_BATCH_BEGIN, only), ...messages, ...end];
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

/** The attributes that are nested in one; none where there is none. */
export const nfNested = (value: Uint8Array | undefined): ReadonlyMap<number, Uint8Array> =>
  value === undefined ? new Map() : attributesIn(value, 0);

/** The text in an attribute; empty where there is none. */
export const nfText = (value: Uint8Array | undefined): string =>
  value === undefined ? '' : new TextDecoder().decode(value).replace(/\0.*$/s, '');

/** The 64-bit number in an attribute. */
export const nfNumber = (value: Uint8Array | undefined): bigint =>
  value === undefined ? 0n : valueOf(value, 8).getBigUint64(0);

/** The 32-bit number in an attribute; undefined where there is none. */
export const nfNumber32 = (value: Uint8Array | undefined): number | undefined =>
  value === undefined ? undefined : valueOf(value, 4).getUint32(0);
