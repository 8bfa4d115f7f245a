/** IPv6 extension headers. RFC 8200 §4; authentication header: RFC 4302 §2; segment routing: RFC 8754 §2. */
import { copyOf, put16, put32, putBytes, u16, u32, u8 } from './bytes.js';
import { badField, fits, fits32, tooMany, truncated, type WireError } from './error.js';
import { ipv6OptionsLength, readIpv6Options, writeIpv6Options, type Ipv6Option } from './ipv6-options.js';

export interface Chained {
  /** The protocol behind this header; computed where left out. */
  readonly nextHeader?: number;
  /** The length byte as it stands: 8-byte units beyond the first 8 (`authentication`: 4-byte units less 2). */
  readonly length?: number;
}

/** One extension header, in the order in which it stands in the packet. */
export type Ipv6Extension =
  /** Options for every router (protocol 0). RFC 8200 §4.3. */
  | (Chained & { readonly kind: 'hopByHop'; readonly options: readonly Ipv6Option[] })
  /** Options for the destination (protocol 60). RFC 8200 §4.6. */
  | (Chained & { readonly kind: 'destination'; readonly options: readonly Ipv6Option[] })
  /** Nodes to visit (protocol 43); `data`: all behind the first 4 bytes. RFC 8200 §4.4. */
  | (Chained & {
      readonly kind: 'routing';
      readonly routingType: number;
      readonly segmentsLeft: number;
      readonly data: Uint8Array;
    })
  /** A part of a larger packet (protocol 44). RFC 8200 §4.5. */
  | {
      readonly kind: 'fragment';
      readonly nextHeader?: number;
      /** In units of 8 bytes. */
      readonly offset: number;
      readonly more: boolean;
      readonly id: number;
      /** The reserved byte behind the next header. 0 where left out. */
      readonly reserved?: number;
      /** The two reserved bits before the M flag. 0 where left out. */
      readonly reservedBits?: number;
    }
  /** Authentication (protocol 51); `data`: all behind the first 2 bytes. RFC 4302 §2. */
  | (Chained & { readonly kind: 'authentication'; readonly data: Uint8Array })
  /** Any other of the common form (RFC 6564): mobility, HIP, Shim6; `data`: all behind the first 2 bytes. */
  | (Chained & { readonly kind: 'other'; readonly protocol: number; readonly data: Uint8Array });

/** Protocol numbers of the extension headers ("IPv6 Extension Header Types", IANA). */
export const Ipv6ExtensionProtocol = {
  HOP_BY_HOP: 0,
  ROUTING: 43,
  FRAGMENT: 44,
  AUTHENTICATION: 51,
  NO_NEXT_HEADER: 59,
  DESTINATION: 60,
  MOBILITY: 135,
  HOST_IDENTITY: 139,
  SHIM6: 140,
} as const;

/** The protocol number by which the header before announces an extension. */
export const extensionProtocol = (extension: Ipv6Extension): number => {
  switch (extension.kind) {
    case 'hopByHop':
      return Ipv6ExtensionProtocol.HOP_BY_HOP;
    case 'destination':
      return Ipv6ExtensionProtocol.DESTINATION;
    case 'routing':
      return Ipv6ExtensionProtocol.ROUTING;
    case 'fragment':
      return Ipv6ExtensionProtocol.FRAGMENT;
    case 'authentication':
      return Ipv6ExtensionProtocol.AUTHENTICATION;
    case 'other':
      return fits('ip.extensions.protocol', extension.protocol, 8);
  }
};

const extensionLength = (extension: Ipv6Extension): number => {
  switch (extension.kind) {
    case 'hopByHop':
    case 'destination':
      return 2 + ipv6OptionsLength(extension.options);
    case 'routing':
      return 4 + extension.data.length;
    case 'fragment':
      return 8;
    case 'authentication':
    case 'other':
      return 2 + extension.data.length;
  }
};

/** The bytes that the extension headers take together. */
export const ipv6ExtensionsLength = (extensions: readonly Ipv6Extension[]): number =>
  extensions.reduce((length, extension) => length + extensionLength(extension), 0);

/** The length byte for a header of `bytes` bytes, unless it is given. */
const lengthByte = (given: number | undefined, bytes: number, unit: number): number => {
  if (given !== undefined) return fits('ip.extensions.length', given, 8);
  if (bytes % unit !== 0)
    throw badField('ip.extensions', `${bytes} bytes`, `a multiple of ${unit} bytes, or give length`);
  return fits('ip.extensions.length', unit === 8 ? bytes / 8 - 1 : bytes / 4 - 2, 8);
};

const writeExtension = (out: Uint8Array, at: number, extension: Ipv6Extension): void => {
  const bytes = extensionLength(extension);
  switch (extension.kind) {
    case 'hopByHop':
    case 'destination':
      out[at + 1] = lengthByte(extension.length, bytes, 8);
      writeIpv6Options(out, at + 2, extension.options);
      return;
    case 'routing':
      out[at + 1] = lengthByte(extension.length, bytes, 8);
      out[at + 2] = fits('ip.extensions.routingType', extension.routingType, 8);
      out[at + 3] = fits('ip.extensions.segmentsLeft', extension.segmentsLeft, 8);
      putBytes(out, at + 4, extension.data);
      return;
    case 'fragment': {
      const offset = fits('ip.extensions.offset', extension.offset, 13);
      const bits = fits('ip.extensions.reservedBits', extension.reservedBits ?? 0, 2);
      out[at + 1] = fits('ip.extensions.reserved', extension.reserved ?? 0, 8);
      put16(out, at + 2, (offset << 3) | (bits << 1) | (extension.more ? 1 : 0));
      put32(out, at + 4, fits32('ip.extensions.id', extension.id));
      return;
    }
    case 'authentication':
      out[at + 1] = lengthByte(extension.length, bytes, 4);
      putBytes(out, at + 2, extension.data);
      return;
    case 'other':
      out[at + 1] = lengthByte(extension.length, bytes, 8);
      putBytes(out, at + 2, extension.data);
      return;
  }
};

/** Writes extension headers one behind the other at `at`, the last announcing `protocol`. Throws `WireInputError`. */
export const writeIpv6Extensions = (
  out: Uint8Array,
  at: number,
  extensions: readonly Ipv6Extension[],
  protocol: number,
): void => {
  let next = at;
  for (const [i, extension] of extensions.entries()) {
    const follower = extensions[i + 1];
    const announced = follower === undefined ? protocol : extensionProtocol(follower);
    out[next] = fits('ip.extensions.nextHeader', extension.nextHeader ?? announced, 8);
    writeExtension(out, next, extension);
    next += extensionLength(extension);
  }
};

/** The extension headers of a packet, and what stands behind them. */
export interface ExtensionWalk {
  readonly extensions: readonly Ipv6Extension[];
  /** The protocol behind the last one. */
  readonly protocol: number;
  /** Where it starts. */
  readonly at: number;
  /** Whether the packet is a fragment, and if so whether not the first one. */
  readonly fragment: 'whole' | 'first' | 'later';
  /** Why the walk ended early, where bytes were missing. */
  readonly cut: WireError | undefined;
  /** Set where there are more headers than are read: the packet is none that any host takes. */
  readonly tooMany: WireError | undefined;
}

/** Extension headers of one packet that are read. A chain has no end of its own, and nodes drop a long one: RFC 8883. */
export const mostIpv6Extensions = 32;

const isExtension = (protocol: number): boolean => {
  switch (protocol) {
    case Ipv6ExtensionProtocol.HOP_BY_HOP:
    case Ipv6ExtensionProtocol.ROUTING:
    case Ipv6ExtensionProtocol.FRAGMENT:
    case Ipv6ExtensionProtocol.AUTHENTICATION:
    case Ipv6ExtensionProtocol.DESTINATION:
    case Ipv6ExtensionProtocol.MOBILITY:
    case Ipv6ExtensionProtocol.HOST_IDENTITY:
    case Ipv6ExtensionProtocol.SHIM6:
      return true;
  }
  return false;
};

/** The bytes that the header of this protocol takes, by its length byte. */
const announcedBytes = (bytes: Uint8Array, at: number, protocol: number): number => {
  if (protocol === Ipv6ExtensionProtocol.FRAGMENT) return 8;
  const length = u8(bytes, at + 1);
  return protocol === Ipv6ExtensionProtocol.AUTHENTICATION ? 4 * (length + 2) : 8 * (length + 1);
};

const readExtension = (bytes: Uint8Array, at: number, end: number, protocol: number): Ipv6Extension => {
  const chained = { nextHeader: u8(bytes, at), length: u8(bytes, at + 1) };
  switch (protocol) {
    case Ipv6ExtensionProtocol.HOP_BY_HOP:
      return { kind: 'hopByHop', ...chained, options: readIpv6Options(bytes, at + 2, end) };
    case Ipv6ExtensionProtocol.DESTINATION:
      return { kind: 'destination', ...chained, options: readIpv6Options(bytes, at + 2, end) };
    case Ipv6ExtensionProtocol.ROUTING: {
      const lead = { routingType: u8(bytes, at + 2), segmentsLeft: u8(bytes, at + 3) };
      return { kind: 'routing', ...chained, ...lead, data: copyOf(bytes, at + 4, end) };
    }
    case Ipv6ExtensionProtocol.FRAGMENT: {
      const word = u16(bytes, at + 2);
      return {
        kind: 'fragment',
        nextHeader: chained.nextHeader,
        offset: word >>> 3,
        more: (word & 1) !== 0,
        id: u32(bytes, at + 4),
        reserved: chained.length,
        reservedBits: (word >>> 1) & 3,
      };
    }
    case Ipv6ExtensionProtocol.AUTHENTICATION:
      return { kind: 'authentication', ...chained, data: copyOf(bytes, at + 2, end) };
  }
  return { kind: 'other', ...chained, protocol, data: copyOf(bytes, at + 2, end) };
};

const noExtensions: readonly Ipv6Extension[] = [];

/** Walks the extension headers in `bytes[start, end)`, the first of kind `nextHeader`. */
export const readIpv6Extensions = (
  bytes: Uint8Array,
  start: number,
  end: number,
  nextHeader: number,
): ExtensionWalk => {
  if (!isExtension(nextHeader))
    return {
      extensions: noExtensions,
      protocol: nextHeader,
      at: start,
      fragment: 'whole',
      cut: undefined,
      tooMany: undefined,
    };
  const extensions: Ipv6Extension[] = [];
  let fragment: ExtensionWalk['fragment'] = 'whole';
  let protocol = nextHeader;
  let at = start;
  let cut: WireError | undefined;
  let beyond: WireError | undefined;
  while (isExtension(protocol) && fragment !== 'later') {
    if (extensions.length === mostIpv6Extensions) {
      beyond = tooMany('ipv6', at, 'extension headers', mostIpv6Extensions);
      break;
    }
    const need = end - at < 8 ? 8 : announcedBytes(bytes, at, protocol);
    if (at + need > end) {
      cut = truncated('ipv6', at, need, end - at);
      break;
    }
    const extension = readExtension(bytes, at, at + need, protocol);
    extensions.push(extension);
    if (extension.kind === 'fragment' && extension.offset !== 0) fragment = 'later';
    else if (extension.kind === 'fragment' && extension.more) fragment = 'first';
    protocol = u8(bytes, at);
    at += need;
  }
  return { extensions, protocol, at, fragment, cut, tooMany: beyond };
};

/** The routing types whose data has whole addresses, and where the last one to visit stands in it. */
const finalAddressAt = (routingType: number, data: Uint8Array): number | undefined => {
  if (routingType === 0 || routingType === 2) return data.length - 16; // RFC 5095, RFC 6275 §6.4
  if (routingType === 4) return 4; // Segment List[0] is the last segment: RFC 8754 §2
  return undefined;
};

/** Where the packet ends up once its routing header is used up; undefined where that is its destination field. RFC 8200 §8.1. */
export const finalDestination = (extensions: readonly Ipv6Extension[]): Uint8Array | undefined => {
  for (const extension of extensions) {
    if (extension.kind !== 'routing' || extension.segmentsLeft === 0) continue;
    const at = finalAddressAt(extension.routingType, extension.data);
    if (at !== undefined && at >= 4 && at + 16 <= extension.data.length) return extension.data.subarray(at, at + 16);
  }
  return undefined;
};
