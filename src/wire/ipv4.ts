/** The IPv4 header. RFC 791 §3.1; DSCP and ECN: RFC 2474, RFC 3168; the reserved bit: RFC 3514. */
import { ipv4Text, ipv4Value } from './address-cache.js';
import { put16, put32, u16, u32, u8 } from './bytes.js';
import { checksum, halves, pseudoHeaderSum, sumsToZero } from './checksum.js';
import { badLength, badVersion, fits, truncated, type WireError } from './error.js';
import { finalHop, ipv4OptionsLength, readIpv4Options, writeIpv4Options, type Ipv4Option } from './ipv4-options.js';
import { IPV4 } from './layout.js';
import { err, ok, type Result } from './result.js';

/** What an IPv4 header is to be: a field left out is computed, a field given is emitted as it is, even if wrong. */
export interface Ipv4Init {
  readonly version: 4;
  /** Dotted decimal. */
  readonly src: string;
  /** Dotted decimal. */
  readonly dst: string;
  /** Header length in 32-bit words. */
  readonly ihl?: number;
  /** The whole byte: DSCP in the upper six bits, ECN in the lower two. 0 where left out. */
  readonly tos?: number;
  /** Header and all behind it, in bytes. */
  readonly totalLength?: number;
  /** Identification. 0 where left out: with DF set nothing needs it (RFC 6864 §4.1). */
  readonly id?: number;
  /** The reserved ("evil") bit. Clear where left out. */
  readonly reservedFlag?: boolean;
  /** Set where left out, unless the packet is a fragment. */
  readonly dontFragment?: boolean;
  /** Clear where left out. */
  readonly moreFragments?: boolean;
  /** In units of 8 bytes. 0 where left out. */
  readonly fragmentOffset?: number;
  /** 64 where left out. */
  readonly ttl?: number;
  /** The protocol behind the header; that of the layer given where left out. */
  readonly protocol?: number;
  readonly checksum?: number;
  /** In this order; padded with zeros to whole 32-bit words. */
  readonly options?: readonly Ipv4Option[];
}

/** An IPv4 header as it was seen. */
export interface Ipv4Header {
  readonly version: 4;
  readonly src: string;
  readonly dst: string;
  readonly ihl: number;
  readonly tos: number;
  readonly totalLength: number;
  readonly id: number;
  readonly reservedFlag: boolean;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** In units of 8 bytes. */
  readonly fragmentOffset: number;
  readonly ttl: number;
  readonly protocol: number;
  readonly checksum: number;
  /** Whether the header's checksum fits its bytes. */
  readonly checksumOk: boolean;
  readonly options: readonly Ipv4Option[];
}

/** Header length without options, in bytes. */
const baseBytes = IPV4.end;

/** The bytes that the header takes. */
export const ipv4HeaderBytes = (init: Ipv4Init): number =>
  init.options === undefined ? baseBytes : baseBytes + ((ipv4OptionsLength(init.options) + 3) & ~3);

const fragmentWord = (init: Ipv4Init): number => {
  const offset = init.fragmentOffset === undefined ? 0 : fits('ip.fragmentOffset', init.fragmentOffset, 13);
  const more = init.moreFragments === true;
  const whole = init.dontFragment ?? (!more && offset === 0);
  return (init.reservedFlag === true ? 0x8000 : 0) | (whole ? 0x4000 : 0) | (more ? 0x2000 : 0) | offset;
};

/**
 * Writes a header at `at`. `headerBytes`: what `ipv4HeaderBytes` gave; `totalLength` and `protocol`: for where they
 * are left out. `out` holds zeros there. Returns the sum of the addresses for the pseudo header (RFC 9293 §3.1).
 * Throws `WireInputError`.
 */
export const writeIpv4 = (
  out: Uint8Array,
  at: number,
  init: Ipv4Init,
  headerBytes: number,
  totalLength: number,
  protocol: number,
): number => {
  const ihl = fits('ip.ihl', init.ihl ?? headerBytes >>> 2, 4);
  const tos = init.tos === undefined ? 0 : fits('ip.tos', init.tos, 8);
  const total = fits('ip.totalLength', init.totalLength ?? totalLength, 16);
  const id = init.id === undefined ? 0 : fits('ip.id', init.id, 16);
  const ttl = init.ttl === undefined ? 64 : fits('ip.ttl', init.ttl, 8);
  const carried = init.protocol === undefined ? protocol : fits('ip.protocol', init.protocol, 8);
  const fragment = fragmentWord(init);
  const src = ipv4Value('ip.src', init.src);
  const dst = ipv4Value('ip.dst', init.dst);
  const first = 0x4000 | (ihl << 8) | tos;
  const lifetime = (ttl << 8) | carried;
  const options = init.options;
  if (options !== undefined) writeIpv4Options(out, at + baseBytes, options);

  put16(out, at + IPV4.versionAndIhl, first);
  put16(out, at + IPV4.totalLength, total);
  put16(out, at + IPV4.id, id);
  put16(out, at + IPV4.fragment, fragment);
  put16(out, at + IPV4.ttl, lifetime);
  put32(out, at + IPV4.src, src);
  put32(out, at + IPV4.dst, dst);
  const hop = options === undefined ? undefined : finalHop(options);
  const addresses = halves(src) + halves(dst);
  if (init.checksum === undefined) {
    const fields = first + total + id + fragment + lifetime + addresses;
    put16(out, at + IPV4.checksum, checksum(out, at + baseBytes, at + headerBytes, fields));
  } else {
    put16(out, at + IPV4.checksum, fits('ip.checksum', init.checksum, 16));
  }
  return hop === undefined ? addresses : halves(src) + halves(ipv4Value('ip.options.route', hop));
};

/** Reads the header in `bytes[start, end)`. */
export const readIpv4 = (bytes: Uint8Array, start: number, end: number): Result<Ipv4Header, WireError> => {
  const have = end - start;
  if (have < baseBytes) return err(truncated('ipv4', start, baseBytes, have));
  const first = u8(bytes, start + IPV4.versionAndIhl);
  if (first >>> 4 !== 4) return badVersion(start, 4, first >>> 4);
  const header = (first & 15) * 4;
  if (header < baseBytes) return badLength('ipv4', start, 'header length', baseBytes, header);
  if (header > have) return err(truncated('ipv4', start, header, have));
  const tos = u8(bytes, start + IPV4.tos);
  const totalLength = u16(bytes, start + IPV4.totalLength);
  const id = u16(bytes, start + IPV4.id);
  const fragment = u16(bytes, start + IPV4.fragment);
  const ttl = u8(bytes, start + IPV4.ttl);
  const protocol = u8(bytes, start + IPV4.protocol);
  const sum = u16(bytes, start + IPV4.checksum);
  const src = u32(bytes, start + IPV4.src);
  const dst = u32(bytes, start + IPV4.dst);
  const fields = ((first + ttl) << 8) + tos + protocol + totalLength + id + fragment + sum + halves(src) + halves(dst);
  return ok({
    version: 4,
    src: ipv4Text(src),
    dst: ipv4Text(dst),
    ihl: first & 15,
    tos,
    totalLength,
    id,
    reservedFlag: (fragment & 0x8000) !== 0,
    dontFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset: fragment & 0x1fff,
    ttl,
    protocol,
    checksum: sum,
    checksumOk: sumsToZero(bytes, start + baseBytes, start + header, fields),
    options: readIpv4Options(bytes, start + baseBytes, start + header),
  });
};

/** The sum of the pseudo header for what follows the IPv4 header at `at`. RFC 9293 §3.1. */
export const ipv4PseudoSum = (
  bytes: Uint8Array,
  at: number,
  options: readonly Ipv4Option[] | undefined,
  protocol: number,
  lengthBytes: number,
): number => {
  const hop = options === undefined || options.length === 0 ? undefined : finalHop(options);
  if (hop === undefined) return pseudoHeaderSum(bytes, at + IPV4.src, at + IPV4.end, protocol, lengthBytes);
  return (
    pseudoHeaderSum(bytes, at + IPV4.src, at + IPV4.dst, protocol, lengthBytes) +
    halves(ipv4Value('ip.options.route', hop))
  );
};
