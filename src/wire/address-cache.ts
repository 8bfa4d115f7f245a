/** Address texts remembered both ways: a packet is built and parsed many times for each address that is new. */
import { formatIpv4Address, formatIpv6Address, parseIpv4Address, parseIpv6Address } from './address.js';
import { put32, u32 } from './bytes.js';
import { halves } from './checksum.js';
import { badField } from './error.js';

/** Texts kept per direction and family; beyond it, the oldest knowledge is thrown away as a whole. */
const capacity = 4096;

/** An IPv6 address ready to be written: four 32-bit words, and the sum of its eight 16-bit ones for pseudo headers. */
export interface Ipv6Value {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly sum: number;
}

const ipv4Values = new Map<string, number>();
const ipv6Values = new Map<string, Ipv6Value>();

const remember = <K, V>(map: Map<K, V>, key: K, value: V): V => {
  if (map.size >= capacity) map.clear();
  map.set(key, value);
  return value;
};

/** The 32 bits of an IPv4 address text. Throws `WireInputError` where it is none. */
export const ipv4Value = (field: string, text: string): number => {
  const known = ipv4Values.get(text);
  if (known !== undefined) return known;
  const value = parseIpv4Address(text);
  if (value === undefined) throw badField(field, text, 'an IPv4 address such as 192.0.2.1');
  return remember(ipv4Values, text, value);
};

/** The value of an IPv6 address text. Throws `WireInputError` where it is none. */
export const ipv6Value = (field: string, text: string): Ipv6Value => {
  const known = ipv6Values.get(text);
  if (known !== undefined) return known;
  const bytes = parseIpv6Address(text);
  if (bytes === undefined) throw badField(field, text, 'an IPv6 address such as 2001:db8::1');
  const [a, b, c, d] = [u32(bytes, 0), u32(bytes, 4), u32(bytes, 8), u32(bytes, 12)];
  return remember(ipv6Values, text, { a, b, c, d, sum: halves(a) + halves(b) + halves(c) + halves(d) });
};

/** Writes the 16 bytes of an address at `at`. */
export const putIpv6 = (out: Uint8Array, at: number, value: Ipv6Value): void => {
  put32(out, at, value.a);
  put32(out, at + 4, value.b);
  put32(out, at + 8, value.c);
  put32(out, at + 12, value.d);
};

// Texts of parsed addresses: direct-mapped, so that a flood of new addresses costs no more than formatting them.
const slots = 1024;
const slotOf = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> 22;

const ipv4Keys = new Uint32Array(slots);
const ipv4Texts = new Array<string>(slots).fill('0.0.0.0');

/** The text of an IPv4 address of 32 bits. */
export const ipv4Text = (value: number): string => {
  const slot = slotOf(value);
  if (ipv4Keys[slot] !== value) {
    ipv4Keys[slot] = value;
    ipv4Texts[slot] = formatIpv4Address(value);
  }
  return ipv4Texts[slot] ?? '';
};

const ipv6Keys = new Uint32Array(4 * slots);
const ipv6Texts = new Array<string>(slots).fill('::');

/** The text of the IPv6 address at `at`. */
export const ipv6Text = (bytes: Uint8Array, at: number): string => {
  const a = u32(bytes, at);
  const b = u32(bytes, at + 4);
  const c = u32(bytes, at + 8);
  const d = u32(bytes, at + 12);
  const slot = slotOf(a ^ (b << 3) ^ (c << 7) ^ d);
  const key = 4 * slot;
  if (ipv6Keys[key] !== a || ipv6Keys[key + 1] !== b || ipv6Keys[key + 2] !== c || ipv6Keys[key + 3] !== d) {
    ipv6Keys[key] = a;
    ipv6Keys[key + 1] = b;
    ipv6Keys[key + 2] = c;
    ipv6Keys[key + 3] = d;
    ipv6Texts[slot] = formatIpv6Address(bytes, at);
  }
  return ipv6Texts[slot] ?? '';
};
