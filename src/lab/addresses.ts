/** Who is who in a lab: the documentation ranges of RFC 5737 and RFC 3849, and locally administered link addresses. */
import type { Text } from '../error.js';
import type { EndName } from '../evidence/host.js';
import { formatIpv4Address, formatIpv6Address, parseIpv4Address, parseIpv6Address } from '../wire/index.js';

export type Family = 4 | 6;

export interface Station {
  readonly 4: string;
  readonly 6: string;
  readonly mac: string;
}

/** Who a lab's hosts are, where they are not to have the usual addresses. */
export type HostAddresses = Readonly<Partial<Record<EndName, { readonly 4?: string; readonly 6?: string }>>>;

export const ADDRESSES: Readonly<Record<EndName, Station>> = {
  client: { 4: '192.0.2.1', 6: '2001:db8::1', mac: '02:00:00:00:00:01' },
  server: { 4: '192.0.2.2', 6: '2001:db8::2', mac: '02:00:00:00:00:02' },
};

/** A third station on the link, which is nobody's: what a hand-made connection may take for its own. */
export const SPARE: Station = { 4: '192.0.2.3', 6: '2001:db8::3', mac: '02:00:00:00:00:03' };

export const PREFIX_BITS: Readonly<Record<Family, number>> = { 4: 24, 6: 64 };

/** What an address of a lab's host has to be, in words. */
export const ADDRESS_RANGE: Readonly<Record<Family, Text>> = {
  4: {
    en: 'an address from 192.0.2.1 to 192.0.2.254 other than 192.0.2.3',
    zh: '192.0.2.1 到 192.0.2.254 的地址（192.0.2.3 除外）',
  },
  6: {
    en: 'an address from 2001:db8::1 to 2001:db8::ffff other than 2001:db8::3',
    zh: '2001:db8::1 到 2001:db8::ffff 的地址（2001:db8::3 除外）',
  },
};

/** The canonical text of an address that a lab's host may have; undefined where it may not. */
export function labAddress(family: Family, text: string): string | undefined {
  const canonical = family === 4 ? labIpv4(text) : labIpv6(text);
  return canonical === SPARE[family] ? undefined : canonical;
}

function labIpv4(text: string): string | undefined {
  const value = parseIpv4Address(text);
  if (value === undefined || value >>> 8 !== 0xc00002) return undefined;
  return (value & 0xff) === 0 || (value & 0xff) === 0xff ? undefined : formatIpv4Address(value);
}

function labIpv6(text: string): string | undefined {
  const bytes = parseIpv6Address(text);
  const canonical = bytes === undefined ? '' : formatIpv6Address(bytes);
  return /^2001:db8::[1-9a-f][\da-f]*$/.test(canonical) ? canonical : undefined;
}

/** The one link of each host. */
export const LINK = 'eth0';
/** Over which a host talks to itself, even to the address of its link. */
export const LOOPBACK = 'lo';

/** The hand-made side's port. It is reserved in the lab, so that no kernel takes it for a connection of its own. */
export const CLIENT_PORT = 41000;
export const SERVER_PORT = 8888;
