/** MTUs and the segments that fit into them: what a way carries, and what ICMP says of it. RFC 9293 §3.7.1; RFC 1191; RFC 8201. */
import type { IcmpError } from './icmp.js';

/** What stands before the payload: IP and TCP headers without options. */
const HEADER_BYTES: Readonly<Record<4 | 6, number>> = { 4: 40, 6: 60 };

/** No report leads below it: Linux's `min_pmtu`, and what every link of IPv6 carries (RFC 8200 §5). */
const LEAST_REPORTED: Readonly<Record<4 | 6, number>> = { 4: 552, 6: 1280 };

/** What links carry, for routers that tell of none. RFC 1191 §7.1. */
const PLATEAUS = [65_535, 32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68] as const;

/** The payload of a segment without options in a packet of this length. */
export const segmentRoom = (mtu: number, version: 4 | 6): number => mtu - HEADER_BYTES[version];

/** The MTU that such a segment needs. */
export const mtuFor = (mss: number, version: 4 | 6): number => mss + HEADER_BYTES[version];

/** The next smaller size that is common, where a packet of this length was too large. */
export const plateauBelow = (length: number): number => PLATEAUS.find((mtu) => mtu < length) ?? 68;

/** What a report of a packet that was too large says of the path. */
export interface Reported {
  readonly mtu: number;
  /** The path carries less than this side goes down to: its routers are to cut the packets up. Linux's `mtu_lock`. */
  readonly mayFragment: boolean;
}

/** `sentBytes`: the longest packet that was sent, for what is quoted may say anything. */
export function readReport({ mtu = 0, quoted: { ip } }: IcmpError, sentBytes: number): Reported {
  const length = ip.version === 4 ? ip.totalLength : ip.payloadLength + 40;
  const told = mtu > 0 ? mtu : plateauBelow(Math.min(length, sentBytes));
  const least = LEAST_REPORTED[ip.version];
  return { mtu: Math.max(told, least), mayFragment: ip.version === 4 && told < least };
}
