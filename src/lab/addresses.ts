/** Who is who in a lab: the documentation ranges of RFC 5737 and RFC 3849, and locally administered link addresses. */
import type { Text } from '../error.js';
import type { EndName } from '../evidence/host.js';
import { addressBytes } from '../linux/libc/sockaddr.js';
import { isLoopback, noHost } from '../wire/address-class.js';
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

const PREFIX_BITS: Readonly<Record<Family, number>> = { 4: 24, 6: 64 };

/** The length of a prefix that is one address. */
export const ALONE: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

/** Of the network that both are in, where they are neighbours as hosts mostly are; else each is alone in its own. */
export function prefixBits(family: Family, one: string, other: string): number {
  const [first, second] = [addressBytes(one), addressBytes(other)];
  const bits = PREFIX_BITS[family];
  const isNear = first.subarray(0, bits / 8).every((byte, i) => byte === second[i]);
  // Its first and last address are no host's. RFC 1122 §3.2.1.3.
  const areHosts = family === 6 || [first, second].every(({ 3: last = 0 }) => last > 0 && last < 255);
  return isNear && areHosts ? bits : ALONE[family];
}

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

/** The canonical text of an address that some host may have on a link; undefined where none may. */
export function hostAddress(family: Family, text: string): string | undefined {
  const canonical = family === 4 ? canonicalIpv4(text) : canonicalIpv6(text);
  if (canonical === undefined || canonical.startsWith('::ffff:')) return undefined; // of IPv4: RFC 4291 §2.5.5.2
  return noHost(canonical) !== undefined || isLoopback(canonical) || isLinkLocal(canonical) ? undefined : canonical;
}

function canonicalIpv4(text: string): string | undefined {
  const value = parseIpv4Address(text);
  return value === undefined ? undefined : formatIpv4Address(value);
}

function canonicalIpv6(text: string): string | undefined {
  const bytes = parseIpv6Address(text);
  return bytes === undefined ? undefined : formatIpv6Address(bytes);
}

/** Of such an address the link is a part: RFC 4007. */
const isLinkLocal = (address: string): boolean => /^fe[89ab]/.test(address);

function labIpv4(text: string): string | undefined {
  const value = parseIpv4Address(text);
  if (value === undefined || value >>> 8 !== 0xc00002) return undefined;
  return (value & 0xff) === 0 || (value & 0xff) === 0xff ? undefined : formatIpv4Address(value);
}

function labIpv6(text: string): string | undefined {
  const canonical = canonicalIpv6(text) ?? '';
  return /^2001:db8::[1-9a-f][\da-f]*$/.test(canonical) ? canonical : undefined;
}

/** The one link of each host. */
export const LINK = 'eth0';
/** Over which a host talks to itself, even to the address of its link. */
export const LOOPBACK = 'lo';

/** The hand-made side's port. It is reserved in the lab, so that no kernel takes it for a connection of its own. */
export const CLIENT_PORT = 41000;
export const SERVER_PORT = 8888;
