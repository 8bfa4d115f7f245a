/** What an IP address can be the address of. RFC 1122 §3.2.1.3, RFC 4291 §2.4. */
import { parseAddress } from './address.js';

/** `broadcast`: the limited one; whether another address is a subnet's broadcast address, it does not tell. */
export type AddressKind = 'unspecified' | 'multicast' | 'broadcast' | 'unicast';

/** undefined where the text is no address. */
export function addressKind(text: string): AddressKind | undefined {
  const bytes = parseAddress(text);
  if (bytes === undefined) return undefined;
  const [first = 0] = bytes;
  if (bytes.length === 16) {
    if (first === 0xff) return 'multicast';
    return bytes.every((byte) => byte === 0) ? 'unspecified' : 'unicast';
  }
  if (first === 0) return 'unspecified'; // "this network"
  if (first >= 224 && first < 240) return 'multicast';
  return bytes.every((byte) => byte === 255) ? 'broadcast' : 'unicast';
}
