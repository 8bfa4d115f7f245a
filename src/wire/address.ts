/** Addresses, text <-> bytes: IPv4 (dotted decimal), IPv6 (RFC 4291 §2.2 in, RFC 5952 out), Ethernet. */
import { u16, u32 } from './bytes.js';

const [DOT, ZERO, NINE] = [0x2e, 0x30, 0x39];

/** An IPv4 address as an unsigned 32-bit number; undefined where the text is none. Four decimal parts, no leading zeros. */
export const parseIpv4Address = (text: string): number | undefined => {
  let [value, part, digits, dots] = [0, 0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) return undefined;
      value = value * 256 + part;
      part = digits = 0;
    } else {
      // A second digit behind a zero is a leading zero, which some read as octal.
      if (code < ZERO || code > NINE || (digits > 0 && part === 0)) return undefined;
      part = part * 10 + code - ZERO;
      digits += 1;
      if (part > 255) return undefined;
    }
  }
  return digits === 0 || dots !== 3 ? undefined : value * 256 + part;
};

/** Dotted decimal text of a 32-bit number. */
export const formatIpv4Address = (value: number): string =>
  `${value >>> 24}.${(value >>> 16) & 0xff}.${(value >>> 8) & 0xff}.${value & 0xff}`;

/** The groups of one side of `::` as 16-bit numbers; undefined where one is malformed. */
const groups = (text: string, mayEndInIpv4: boolean): number[] | undefined => {
  if (text === '') return [];
  const values: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      values.push(Number.parseInt(part, 16));
      continue;
    }
    const embedded = mayEndInIpv4 && i === parts.length - 1 ? parseIpv4Address(part) : undefined;
    if (embedded === undefined) return undefined;
    values.push(embedded >>> 16, embedded & 0xffff);
  }
  return values;
};

/** The 16 bytes of an IPv6 address; undefined where the text is none (a zone index such as `%eth0` makes it none). */
export const parseIpv6Address = (text: string): Uint8Array | undefined => {
  const sides = text.split('::');
  const [before = '', after] = sides;
  const head = groups(before, after === undefined);
  const tail = groups(after ?? '', true);
  if (sides.length > 2 || head === undefined || tail === undefined) return undefined;
  const zeros = 8 - head.length - tail.length;
  if (after === undefined ? zeros !== 0 : zeros < 1) return undefined;
  const bytes = new Uint8Array(16);
  for (const [i, group] of [...head, ...Array<number>(zeros).fill(0), ...tail].entries()) {
    bytes[2 * i] = group >>> 8;
    bytes[2 * i + 1] = group;
  }
  return bytes;
};

/** The canonical text of the 16 bytes at `at`. RFC 5952 §4, and §5 for IPv4-mapped addresses. */
export const formatIpv6Address = (bytes: Uint8Array, at = 0): string => {
  const values = Array.from({ length: 8 }, (_, i) => u16(bytes, at + 2 * i));
  if (values.slice(0, 5).every((group) => group === 0) && values[5] === 0xffff)
    return `::ffff:${formatIpv4Address(u32(bytes, at + 12))}`;
  // The first of the longest runs of zeros gives way to `::`; a single zero does not.
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (values[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const text = (from: number, to: number): string =>
    values
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return best.start < 0 ? text(0, 8) : `${text(0, best.start)}::${text(best.start + best.length, 8)}`;
};

/** The 4 or 16 bytes of an IP address; undefined where the text is neither kind. */
export const parseAddress = (text: string): Uint8Array | undefined => {
  if (text.includes(':')) return parseIpv6Address(text);
  const value = parseIpv4Address(text);
  return value === undefined ? undefined : Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
};

/** The IP version that an address belongs to; undefined where the text is no address. */
export const addressVersion = (text: string): 4 | 6 | undefined => {
  const bytes = parseAddress(text);
  return bytes === undefined ? undefined : bytes.length === 4 ? 4 : 6;
};

/** The six bytes of an Ethernet address (`02:00:00:00:00:01`); undefined where the text is none. */
export const parseMac = (text: string): Uint8Array | undefined =>
  /^[0-9a-fA-F]{1,2}([:-][0-9a-fA-F]{1,2}){5}$/.test(text)
    ? Uint8Array.from(text.split(/[:-]/), (part) => Number.parseInt(part, 16))
    : undefined;

/** Lower-case text of a link-layer address of any length, bytes parted by colons. */
export const formatMac = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
