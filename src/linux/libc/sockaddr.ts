/** Socket addresses as libc wants them: sockaddr_in, sockaddr_in6, sockaddr_ll. `<linux/in.h>`, `<linux/if_packet.h>`. */
import { isIPv6 } from 'node:net';
import { parseIpv4Address, parseIpv6Address } from '../../wire/address.js';
import { AF_INET, AF_INET6, AF_PACKET } from './constants.js';

export type Family = 4 | 6;
export const familyOf = (address: string): Family => (isIPv6(address) ? 6 : 4);
export const domainOf = (family: Family): number => (family === 4 ? AF_INET : AF_INET6);

/** The address in network order: 4 or 16 bytes. */
export function addressBytes(address: string): Uint8Array {
  const v4 = parseIpv4Address(address);
  if (v4 !== undefined) return Uint8Array.of(v4 >>> 24, v4 >>> 16, v4 >>> 8, v4);
  const v6 = parseIpv6Address(address);
  if (v6 === undefined) throw new TypeError(`not an IP address: ${address}`);
  return v6;
}

/** The port in network order. */
export const portBytes = (port: number): Uint8Array => Uint8Array.of(port >>> 8, port & 0xff);

/** sockaddr_in (16 bytes) or sockaddr_in6 (28 bytes), in memory that does not move. `scope`: the interface of a link-local address. */
export function socketAddress(address: string, port: number, scope = 0): Uint8Array {
  const family = familyOf(address);
  const bytes = new Uint8Array(new ArrayBuffer(family === 4 ? 16 : 28));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, domainOf(family), true);
  view.setUint16(2, port);
  bytes.set(addressBytes(address), family === 4 ? 4 : 8);
  if (family === 6) view.setUint32(24, scope, true);
  return bytes;
}

/** sockaddr_ll (20 bytes) that binds an AF_PACKET socket to one interface and ethertype. */
export function linkAddress(interfaceIndex: number, ethertype: number): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(20));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, ethertype);
  view.setInt32(4, interfaceIndex, true);
  return bytes;
}
