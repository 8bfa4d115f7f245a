/** The IPv6 header. RFC 8200 §3. */
import { ipv6Text, ipv6Value, putIpv6 } from './address-cache.js';
import { put16, put32, u16, u32, u8 } from './bytes.js';
import { onesSum, pseudoHeaderSum } from './checksum.js';
import { badVersion, fits, truncated, type WireError } from './error.js';
import { finalDestination, type Ipv6Extension } from './ipv6-extensions.js';
import { IPV6 } from './layout.js';
import { err, ok, type Result } from './result.js';

/** What an IPv6 header is to be: a field left out is computed, a field given is emitted as it is, even if wrong. */
export interface Ipv6Init {
  readonly version: 6;
  readonly src: string;
  readonly dst: string;
  /** The whole byte: DSCP in the upper six bits, ECN in the lower two. 0 where left out. */
  readonly trafficClass?: number;
  /** 20 bits. 0 where left out. RFC 6437. */
  readonly flowLabel?: number;
  /** All behind the 40 bytes of the header, in bytes. */
  readonly payloadLength?: number;
  /** What follows the 40 bytes: the first extension header, or the layer given where left out. */
  readonly nextHeader?: number;
  /** 64 where left out. */
  readonly hopLimit?: number;
  /** Extension headers in this order. RFC 8200 §4. */
  readonly extensions?: readonly Ipv6Extension[];
}

/** An IPv6 header as it was seen. */
export interface Ipv6Header {
  readonly version: 6;
  /** As RFC 5952 writes it. */
  readonly src: string;
  /** As RFC 5952 writes it. */
  readonly dst: string;
  readonly trafficClass: number;
  readonly flowLabel: number;
  readonly payloadLength: number;
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly extensions: readonly Ipv6Extension[];
}

/** Length of the header without extensions, in bytes. */
export const ipv6BaseBytes = IPV6.end;

/**
 * Writes the 40 bytes at `at`. `payloadLength`, `nextHeader`: for where they are left out. Returns the sum of the
 * addresses for the pseudo header (RFC 8200 §8.1). Throws `WireInputError`.
 */
export const writeIpv6 = (
  out: Uint8Array,
  at: number,
  init: Ipv6Init,
  payloadLength: number,
  nextHeader: number,
): number => {
  const { trafficClass, flowLabel, hopLimit } = init;
  const label = flowLabel === undefined ? 0 : fits('ip.flowLabel', flowLabel, 20);
  const traffic = trafficClass === undefined ? 0 : fits('ip.trafficClass', trafficClass, 8);
  put32(out, at + IPV6.first, 0x60000000 | (traffic << 20) | label);
  put16(out, at + IPV6.payloadLength, fits('ip.payloadLength', init.payloadLength ?? payloadLength, 16));
  out[at + IPV6.nextHeader] = init.nextHeader === undefined ? nextHeader : fits('ip.nextHeader', init.nextHeader, 8);
  out[at + IPV6.hopLimit] = hopLimit === undefined ? 64 : fits('ip.hopLimit', hopLimit, 8);
  const src = ipv6Value('ip.src', init.src);
  const dst = ipv6Value('ip.dst', init.dst);
  putIpv6(out, at + IPV6.src, src);
  putIpv6(out, at + IPV6.dst, dst);
  const final = init.extensions === undefined ? undefined : finalDestination(init.extensions);
  return src.sum + (final === undefined ? dst.sum : onesSum(final));
};

/** Reads the 40 bytes at `start`; extension headers are read by `readIpv6Extensions`. */
export const readIpv6 = (
  bytes: Uint8Array,
  start: number,
  end: number,
  extensions: readonly Ipv6Extension[],
): Result<Ipv6Header, WireError> => {
  if (end - start < ipv6BaseBytes) return err(truncated('ipv6', start, ipv6BaseBytes, end - start));
  const first = u32(bytes, start + IPV6.first);
  if (first >>> 28 !== 6) return badVersion(start, 6, first >>> 28);
  return ok({
    version: 6,
    src: ipv6Text(bytes, start + IPV6.src),
    dst: ipv6Text(bytes, start + IPV6.dst),
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xfffff,
    payloadLength: u16(bytes, start + IPV6.payloadLength),
    nextHeader: u8(bytes, start + IPV6.nextHeader),
    hopLimit: u8(bytes, start + IPV6.hopLimit),
    extensions,
  });
};

/** The sum of the pseudo header for what follows the IPv6 header at `at` and its extensions. RFC 8200 §8.1. */
export const ipv6PseudoSum = (
  bytes: Uint8Array,
  at: number,
  extensions: readonly Ipv6Extension[],
  protocol: number,
  lengthBytes: number,
): number => {
  const final = extensions.length === 0 ? undefined : finalDestination(extensions);
  if (final === undefined) return pseudoHeaderSum(bytes, at + IPV6.src, at + IPV6.end, protocol, lengthBytes);
  return pseudoHeaderSum(bytes, at + IPV6.src, at + IPV6.dst, protocol, lengthBytes) + onesSum(final);
};
