/** Messages of netfilter, whatever its subsystem: written for the kernel, and read. netlink(7), <linux/netfilter/nfnetlink.h>. */
import {
  type Attribute,
  attributesIn,
  type NetlinkMessage,
  requestMessage,
  valueOf,
  viewOf,
} from '../netlink/messages.js';

/**
 * An attribute: its number, and a text, which ends with NUL; a number of 32 bits, or a bigint of 64, in network order; bytes as they
 * are; or attributes that are nested in it.
 */
export type NfAttribute = readonly [
  type: number,
  value: string | number | bigint | Uint8Array | readonly NfAttribute[],
];

const FAMILY_BYTES = 4; // struct nfgenmsg: family, version, resource

function written([type, value]: NfAttribute): Attribute {
  if (value instanceof Uint8Array) return [type, value];
  if (typeof value === 'string') return [type, new TextEncoder().encode(`${value}\0`)];
  if (typeof value === 'object') return [type, value.map(written)];
  const bytes = new Uint8Array(typeof value === 'bigint' ? 8 : 4);
  if (typeof value === 'bigint') viewOf(bytes).setBigUint64(0, value);
  else viewOf(bytes).setUint32(0, value);
  return [type, bytes];
}

export interface NfRequest {
  /** NFNL_SUBSYS_…; left out in what is nfnetlink's own. */
  readonly subsystem?: number;
  /** As the subsystem numbers them. */
  readonly type: number;
  /** NLM_F_…, beside that it is a request. */
  readonly flags?: number;
  /** NFPROTO_… or AF_…; left out in what is about none. */
  readonly family?: number;
  readonly resource?: number;
  readonly attributes?: readonly NfAttribute[];
}

export function nfMessage({
  subsystem = 0,
  type,
  flags = 0,
  family = 0,
  resource = 0,
  attributes = [],
}: NfRequest): Uint8Array {
  const body = new Uint8Array(FAMILY_BYTES);
  const view = viewOf(body);
  view.setUint8(0, family);
  view.setUint16(2, resource);
  return requestMessage({ type: (subsystem << 8) | type, flags, body, attributes: attributes.map(written) });
}

/** The attributes of a message, by number; nested ones as they are. */
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
