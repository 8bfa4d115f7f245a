/** Neighbour discovery for IPv6: the bodies of ICMPv6 messages 133 to 137. RFC 4861 §4. */
import { formatMac, parseMac } from './address.js';
import { ipv6Text, ipv6Value, putIpv6 } from './address-cache.js';
import { copyOf, put16, put32, putBytes, u16, u32, u8 } from './bytes.js';
import { badField, fits, fits32 } from './error.js';

/** One option. RFC 4861 §4.6. */
export type NdpOption =
  /** Ethernet address of the sender (solicitations), or of the target (advertisements, redirects). */
  | { readonly kind: 'sourceLinkLayer' | 'targetLinkLayer'; readonly address: string }
  /** MTU of the link in bytes. `reserved`: the 16 bits before it. */
  | { readonly kind: 'mtu'; readonly mtu: number; readonly reserved?: number }
  /** Any other: its type and the bytes behind type and length. `length` (8-byte units) where the length byte is to lie. */
  | { readonly kind: 'unknown'; readonly type: number; readonly data: Uint8Array; readonly length?: number }
  /** Bytes as they are, where not even a length byte is left. */
  | { readonly kind: 'raw'; readonly data: Uint8Array };

export interface WithOptions {
  readonly options: readonly NdpOption[];
  /** The bits that the message reserves, as they stand. 0 where left out. */
  readonly reserved?: number;
}

/** One message, all but its code and checksum. */
export type NdpMessage =
  /** RFC 4861 §4.1. */
  | ({ readonly kind: 'routerSolicitation' } & WithOptions)
  /** RFC 4861 §4.2. */
  | ({
      readonly kind: 'routerAdvertisement';
      readonly hopLimit: number;
      /** The whole byte: M, O, and those of later RFCs. */
      readonly flags: number;
      /** In seconds. */
      readonly lifetime: number;
      /** In milliseconds. */
      readonly reachableTime: number;
      /** In milliseconds. */
      readonly retransTimer: number;
    } & Omit<WithOptions, 'reserved'>)
  /** Who has `target`? RFC 4861 §4.3. */
  | ({ readonly kind: 'neighborSolicitation'; readonly target: string } & WithOptions)
  /** RFC 4861 §4.4. */
  | ({
      readonly kind: 'neighborAdvertisement';
      readonly target: string;
      /** Sent by a router. */
      readonly router: boolean;
      /** An answer to a solicitation. */
      readonly solicited: boolean;
      /** Overrides what the receiver has cached. */
      readonly override: boolean;
    } & WithOptions)
  /** RFC 4861 §4.5. */
  | ({ readonly kind: 'redirect'; readonly target: string; readonly destination: string } & WithOptions);

const NdpType = {
  ROUTER_SOLICITATION: 133,
  ROUTER_ADVERTISEMENT: 134,
  NEIGHBOR_SOLICITATION: 135,
  NEIGHBOR_ADVERTISEMENT: 136,
  REDIRECT: 137,
} as const;

/** Bytes behind type, code and checksum, before the options. */
const fixedBytes: Readonly<Record<NdpMessage['kind'], number>> = {
  routerSolicitation: 4,
  routerAdvertisement: 12,
  neighborSolicitation: 20,
  neighborAdvertisement: 20,
  redirect: 36,
};

const optionLength = (option: NdpOption): number => {
  switch (option.kind) {
    case 'sourceLinkLayer':
    case 'targetLinkLayer':
    case 'mtu':
      return 8;
    case 'unknown':
      return 2 + option.data.length;
    case 'raw':
      return option.data.length;
  }
};

/** The bytes of a message behind type, code and checksum. */
export const ndpBodyLength = (message: NdpMessage): number =>
  message.options.reduce((length, option) => length + optionLength(option), fixedBytes[message.kind]);

const writeOption = (out: Uint8Array, at: number, option: NdpOption): void => {
  switch (option.kind) {
    case 'sourceLinkLayer':
    case 'targetLinkLayer': {
      const mac = parseMac(option.address);
      if (mac === undefined) throw badField('icmpv6.options.address', option.address, 'such as 02:00:00:00:00:01');
      out[at] = option.kind === 'sourceLinkLayer' ? 1 : 2;
      out[at + 1] = 1;
      putBytes(out, at + 2, mac);
      return;
    }
    case 'mtu':
      out[at] = 5;
      out[at + 1] = 1;
      put16(out, at + 2, fits('icmpv6.options.reserved', option.reserved ?? 0, 16));
      put32(out, at + 4, fits32('icmpv6.options.mtu', option.mtu));
      return;
    case 'unknown':
      out[at] = fits('icmpv6.options.type', option.type, 8);
      out[at + 1] = fits('icmpv6.options.length', option.length ?? (2 + option.data.length + 7) >>> 3, 8);
      putBytes(out, at + 2, option.data);
      return;
    case 'raw':
      putBytes(out, at, option.data);
      return;
  }
};

/** Writes a message's body at `at`, which is behind its checksum. Throws `WireInputError`. */
export const writeNdpBody = (out: Uint8Array, at: number, message: NdpMessage): void => {
  switch (message.kind) {
    case 'routerSolicitation':
      put32(out, at, fits32('icmpv6.reserved', message.reserved ?? 0));
      break;
    case 'routerAdvertisement':
      out[at] = fits('icmpv6.hopLimit', message.hopLimit, 8);
      out[at + 1] = fits('icmpv6.flags', message.flags, 8);
      put16(out, at + 2, fits('icmpv6.lifetime', message.lifetime, 16));
      put32(out, at + 4, fits32('icmpv6.reachableTime', message.reachableTime));
      put32(out, at + 8, fits32('icmpv6.retransTimer', message.retransTimer));
      break;
    case 'neighborSolicitation':
      put32(out, at, fits32('icmpv6.reserved', message.reserved ?? 0));
      putIpv6(out, at + 4, ipv6Value('icmpv6.target', message.target));
      break;
    case 'neighborAdvertisement': {
      const bits = (message.router ? 4 : 0) | (message.solicited ? 2 : 0) | (message.override ? 1 : 0);
      put32(out, at, (bits << 29) | fits('icmpv6.reserved', message.reserved ?? 0, 29));
      putIpv6(out, at + 4, ipv6Value('icmpv6.target', message.target));
      break;
    }
    case 'redirect':
      put32(out, at, fits32('icmpv6.reserved', message.reserved ?? 0));
      putIpv6(out, at + 4, ipv6Value('icmpv6.target', message.target));
      putIpv6(out, at + 20, ipv6Value('icmpv6.destination', message.destination));
      break;
  }
  let next = at + fixedBytes[message.kind];
  for (const option of message.options) {
    writeOption(out, next, option);
    next += optionLength(option);
  }
};

const readOption = (bytes: Uint8Array, at: number, end: number): NdpOption => {
  const type = u8(bytes, at);
  if (type === 1 && end - at === 8) return { kind: 'sourceLinkLayer', address: formatMac(bytes.subarray(at + 2, end)) };
  if (type === 2 && end - at === 8) return { kind: 'targetLinkLayer', address: formatMac(bytes.subarray(at + 2, end)) };
  if (type === 5 && end - at === 8) return { kind: 'mtu', mtu: u32(bytes, at + 4), reserved: u16(bytes, at + 2) };
  return { kind: 'unknown', type, data: copyOf(bytes, at + 2, end) };
};

const readOptions = (bytes: Uint8Array, start: number, end: number): readonly NdpOption[] => {
  const options: NdpOption[] = [];
  for (let at = start; at < end;) {
    if (at + 1 === end) {
      options.push({ kind: 'raw', data: copyOf(bytes, at, end) });
      break;
    }
    const length = u8(bytes, at + 1);
    if (length === 0 || at + 8 * length > end) {
      options.push({ kind: 'unknown', type: u8(bytes, at), data: copyOf(bytes, at + 2, end), length });
      break;
    }
    options.push(readOption(bytes, at, at + 8 * length));
    at += 8 * length;
  }
  return options;
};

/** Reads the body in `bytes[start, end)` of an ICMPv6 message; undefined where type or length is none of these. */
export const readNdpBody = (bytes: Uint8Array, start: number, end: number, type: number): NdpMessage | undefined => {
  const have = end - start;
  const reserved = have < 4 ? 0 : u32(bytes, start);
  if (type === NdpType.ROUTER_SOLICITATION && have >= fixedBytes.routerSolicitation)
    return { kind: 'routerSolicitation', reserved, options: readOptions(bytes, start + 4, end) };
  if (type === NdpType.ROUTER_ADVERTISEMENT && have >= fixedBytes.routerAdvertisement)
    return {
      kind: 'routerAdvertisement',
      hopLimit: u8(bytes, start),
      flags: u8(bytes, start + 1),
      lifetime: u16(bytes, start + 2),
      reachableTime: u32(bytes, start + 4),
      retransTimer: u32(bytes, start + 8),
      options: readOptions(bytes, start + 12, end),
    };
  if (have < fixedBytes.neighborSolicitation) return undefined;
  const target = ipv6Text(bytes, start + 4);
  if (type === NdpType.NEIGHBOR_SOLICITATION)
    return { kind: 'neighborSolicitation', reserved, target, options: readOptions(bytes, start + 20, end) };
  if (type === NdpType.NEIGHBOR_ADVERTISEMENT)
    return {
      kind: 'neighborAdvertisement',
      router: (reserved & 0x80000000) !== 0,
      solicited: (reserved & 0x40000000) !== 0,
      override: (reserved & 0x20000000) !== 0,
      reserved: reserved & 0x1fffffff,
      target,
      options: readOptions(bytes, start + 20, end),
    };
  if (type === NdpType.REDIRECT && have >= fixedBytes.redirect)
    return {
      kind: 'redirect',
      reserved,
      target,
      destination: ipv6Text(bytes, start + 20),
      options: readOptions(bytes, start + 36, end),
    };
  return undefined;
};
