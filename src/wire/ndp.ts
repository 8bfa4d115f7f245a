/** Neighbour discovery for IPv6: ICMPv6 messages 133 to 137, all but type, code and checksum. RFC 4861 §4. */
import { formatMac, parseMac } from './address.js';
import { ipv6Text, ipv6Value, putIpv6 } from './address-cache.js';
import { copyOf, put16, put32, putBytes, u16, u32, u8 } from './bytes.js';
import { badField, fits, fits32 } from './error.js';
import { NDP } from './layout.js';

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

/** RFC 4861 §4. */
export const ndpType: Readonly<Record<NdpMessage['kind'], number>> = {
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
  redirect: 137,
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

/** The bytes that a message takes, type, code and checksum among them. */
export const ndpLength = (message: NdpMessage): number =>
  message.options.reduce<number>((length, option) => length + optionLength(option), NDP[message.kind].end);

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

/** Writes what a message has behind its checksum; it begins at `at`. Throws `WireInputError`. */
export const writeNdp = (out: Uint8Array, at: number, message: NdpMessage): void => {
  switch (message.kind) {
    case 'routerSolicitation':
      put32(out, at + NDP.routerSolicitation.reserved, fits32('icmpv6.reserved', message.reserved ?? 0));
      break;
    case 'routerAdvertisement': {
      const { hopLimit, flags, lifetime, timers } = NDP.routerAdvertisement;
      out[at + hopLimit] = fits('icmpv6.hopLimit', message.hopLimit, 8);
      out[at + flags] = fits('icmpv6.flags', message.flags, 8);
      put16(out, at + lifetime, fits('icmpv6.lifetime', message.lifetime, 16));
      put32(out, at + timers, fits32('icmpv6.reachableTime', message.reachableTime));
      put32(out, at + timers + 4, fits32('icmpv6.retransTimer', message.retransTimer));
      break;
    }
    case 'neighborSolicitation': {
      const { reserved, target } = NDP.neighborSolicitation;
      put32(out, at + reserved, fits32('icmpv6.reserved', message.reserved ?? 0));
      putIpv6(out, at + target, ipv6Value('icmpv6.target', message.target));
      break;
    }
    case 'neighborAdvertisement': {
      const { flags, target } = NDP.neighborAdvertisement;
      const bits = (message.router ? 4 : 0) | (message.solicited ? 2 : 0) | (message.override ? 1 : 0);
      put32(out, at + flags, (bits << 29) | fits('icmpv6.reserved', message.reserved ?? 0, 29));
      putIpv6(out, at + target, ipv6Value('icmpv6.target', message.target));
      break;
    }
    case 'redirect': {
      const { reserved, target, destination } = NDP.redirect;
      put32(out, at + reserved, fits32('icmpv6.reserved', message.reserved ?? 0));
      putIpv6(out, at + target, ipv6Value('icmpv6.target', message.target));
      putIpv6(out, at + destination, ipv6Value('icmpv6.destination', message.destination));
      break;
    }
  }
  let next = at + NDP[message.kind].end;
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

const kindByType = new Map((Object.keys(ndpType) as NdpMessage['kind'][]).map((kind) => [ndpType[kind], kind]));

/** Reads the ICMPv6 message in `bytes[start, end)`, all but code and checksum; undefined where type or length is none of these. */
export const readNdp = (bytes: Uint8Array, start: number, end: number, type: number): NdpMessage | undefined => {
  const kind = kindByType.get(type);
  if (kind === undefined || end - start < NDP[kind].end) return undefined;
  const options = readOptions(bytes, start + NDP[kind].end, end);
  switch (kind) {
    case 'routerSolicitation':
      return { kind, reserved: u32(bytes, start + NDP[kind].reserved), options };
    case 'routerAdvertisement':
      return {
        kind,
        hopLimit: u8(bytes, start + NDP[kind].hopLimit),
        flags: u8(bytes, start + NDP[kind].flags),
        lifetime: u16(bytes, start + NDP[kind].lifetime),
        reachableTime: u32(bytes, start + NDP[kind].timers),
        retransTimer: u32(bytes, start + NDP[kind].timers + 4),
        options,
      };
    case 'neighborSolicitation': {
      const { reserved, target } = NDP[kind];
      return { kind, reserved: u32(bytes, start + reserved), target: ipv6Text(bytes, start + target), options };
    }
    case 'neighborAdvertisement': {
      const word = u32(bytes, start + NDP[kind].flags);
      return {
        kind,
        router: (word & 0x80000000) !== 0,
        solicited: (word & 0x40000000) !== 0,
        override: (word & 0x20000000) !== 0,
        reserved: word & 0x1fffffff,
        target: ipv6Text(bytes, start + NDP[kind].target),
        options,
      };
    }
    case 'redirect':
      return {
        kind,
        reserved: u32(bytes, start + NDP[kind].reserved),
        target: ipv6Text(bytes, start + NDP[kind].target),
        destination: ipv6Text(bytes, start + NDP[kind].destination),
        options,
      };
  }
};
