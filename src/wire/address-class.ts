/** What kind of address it is: which ones no TCP may talk with. RFC 1122 §3.2.1.3, RFC 4291 §2.4, RFC 6890. */
import { ipv4Value } from './address-cache.js';

/** Such an address stands for no single host, so no segment comes from it or goes to it. RFC 9293 §3.9.2.3, MUST-57, MUST-63. */
export type NoHost = 'unspecified' | 'multicast' | 'broadcast';

const FIRST_MULTICAST = 0xe0000000;
const FIRST_RESERVED = 0xf0000000;
const LIMITED_BROADCAST = 0xffffffff;
const FIRST_BEYOND_THIS_NETWORK = 0x01000000;

/**
 * Why an address, in its canonical form, is no host's; undefined where it can be one's. A subnet's broadcast address is known
 * only to who knows the subnet.
 */
export function noHost(address: string): NoHost | undefined {
  if (address.includes(':')) {
    if (address === '::') return 'unspecified';
    return address.startsWith('ff') && address.indexOf(':') === 4 ? 'multicast' : undefined;
  }
  const value = ipv4Value('address', address);
  if (value === LIMITED_BROADCAST) return 'broadcast';
  if (value >= FIRST_MULTICAST && value < FIRST_RESERVED) return 'multicast';
  // 0.0.0.0/8 is "this network": its addresses are never a source that could be answered.
  return value < FIRST_BEYOND_THIS_NETWORK ? 'unspecified' : undefined;
}

/** 127.0.0.0/8 and ::1: never seen on a link. RFC 1122 §3.2.1.3 (g), RFC 4291 §2.5.3. */
export const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');
