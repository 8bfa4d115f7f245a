/** What stands before the IP header in a capture: Ethernet, Linux cooked v1/v2, null/loopback, or nothing. */
import { formatMac, parseMac } from './address.js';
import { copyOf, put16, put32, putBytes, u16, u32, u8 } from './bytes.js';
import { badField, fits, fits32, truncated, type WireError } from './error.js';
import { err, ok, type Result } from './result.js';

/** One 802.1Q tag. */
export interface VlanTag {
  /** 0x8100, or 0x88a8 for a service tag. 0x8100 where left out. */
  readonly tpid?: number;
  /** The whole tag: priority (3 bits), drop eligible (1), VLAN identifier (12). */
  readonly tci: number;
}

/** Ethernet II. IEEE 802.3 §3.1.1. `etherType` below 0x600 is the length of an 802.3 frame. */
export interface EthernetInit {
  readonly kind: 'ethernet';
  readonly dst: string;
  readonly src: string;
  readonly tags?: readonly VlanTag[];
  /** That of what the frame carries, where left out. */
  readonly etherType?: number;
}

/** Linux "cooked" v1, as a capture on `any` has it. LINKTYPE_LINUX_SLL (113). */
export interface SllInit {
  readonly kind: 'sll';
  /** 0 to us, 1 broadcast, 2 multicast, 3 between others, 4 from us. */
  readonly packetType: number;
  /** ARPHRD number: 1 Ethernet, 772 loopback. */
  readonly hardwareType: number;
  readonly addressLength: number;
  /** All 8 bytes of the address field. */
  readonly address: Uint8Array;
  readonly etherType?: number;
}

/** Linux "cooked" v2. LINKTYPE_LINUX_SLL2 (276). */
export interface Sll2Init {
  readonly kind: 'sll2';
  readonly etherType?: number;
  readonly reserved?: number;
  readonly interfaceIndex: number;
  readonly hardwareType: number;
  /** As in v1. */
  readonly packetType: number;
  readonly addressLength: number;
  /** All 8 bytes of the address field. */
  readonly address: Uint8Array;
}

/** BSD loopback: the address family in the byte order of the machine that captured. LINKTYPE_NULL (0), or LINKTYPE_LOOP (108). */
export interface NullInit {
  readonly kind: 'null';
  /** AF_INET is 2; AF_INET6 is 10, 24, 28 or 30, depending on the system. 2 or 30 where left out. */
  readonly family?: number;
  /** LINKTYPE_LOOP is always big-endian. */
  readonly bigEndian: boolean;
}

/** No link header: the bytes are an IP packet. LINKTYPE_RAW (101). */
export interface RawLinkInit {
  readonly kind: 'raw';
}

/** A link header to build. */
export type LinkInit = EthernetInit | SllInit | Sll2Init | NullInit | RawLinkInit;

/** A link header as it was seen. */
export type LinkHeader =
  Required<EthernetInit> | Required<SllInit> | Required<Sll2Init> | Required<NullInit> | RawLinkInit;

/** Which link header to expect. `null` finds out the byte order by itself. */
export type LinkType = LinkHeader['kind'];

/** EtherType numbers. IEEE 802, RFC 9542. */
export const EtherType = { IPV4: 0x0800, ARP: 0x0806, VLAN: 0x8100, IPV6: 0x86dd, SERVICE_VLAN: 0x88a8 } as const;

/** A capture file's link type by its number ("LINKTYPE_" values); undefined for those not known here. */
export const linkTypeOf = (linktype: number): LinkType | undefined => {
  switch (linktype) {
    case 0:
    case 108:
      return 'null';
    case 1:
      return 'ethernet';
    case 12: // DLT_RAW on some systems
    case 14: // DLT_RAW on OpenBSD
    case 101:
    case 228: // LINKTYPE_IPV4
    case 229: // LINKTYPE_IPV6
      return 'raw';
    case 113:
      return 'sll';
    case 276:
      return 'sll2';
  }
  return undefined;
};

/** The bytes that a link header takes. */
export const linkLength = (init: LinkInit): number => {
  switch (init.kind) {
    case 'ethernet':
      return 14 + 4 * (init.tags?.length ?? 0);
    case 'sll':
      return 16;
    case 'sll2':
      return 20;
    case 'null':
      return 4;
    case 'raw':
      return 0;
  }
};

const mac = (field: string, text: string): Uint8Array => {
  const bytes = parseMac(text);
  if (bytes === undefined) throw badField(field, text, 'an Ethernet address such as 02:00:00:00:00:01');
  return bytes;
};

const addressField = (field: string, bytes: Uint8Array): Uint8Array => {
  if (bytes.length !== 8) throw badField(field, `${bytes.length} bytes`, 'the 8 bytes of the field');
  return bytes;
};

const familyOf = (etherType: number): number => (etherType === EtherType.IPV6 ? 30 : 2);

/** Writes a link header at `at`; `etherType`: for where it is left out. Throws `WireInputError`. */
export const writeLink = (out: Uint8Array, at: number, init: LinkInit, etherType: number): void => {
  switch (init.kind) {
    case 'ethernet': {
      putBytes(out, at, mac('link.dst', init.dst));
      putBytes(out, at + 6, mac('link.src', init.src));
      let next = at + 12;
      for (const tag of init.tags ?? []) {
        put16(out, next, fits('link.tags.tpid', tag.tpid ?? EtherType.VLAN, 16));
        put16(out, next + 2, fits('link.tags.tci', tag.tci, 16));
        next += 4;
      }
      put16(out, next, fits('link.etherType', init.etherType ?? etherType, 16));
      return;
    }
    case 'sll':
      put16(out, at, fits('link.packetType', init.packetType, 16));
      put16(out, at + 2, fits('link.hardwareType', init.hardwareType, 16));
      put16(out, at + 4, fits('link.addressLength', init.addressLength, 16));
      putBytes(out, at + 6, addressField('link.address', init.address));
      put16(out, at + 14, fits('link.etherType', init.etherType ?? etherType, 16));
      return;
    case 'sll2':
      put16(out, at, fits('link.etherType', init.etherType ?? etherType, 16));
      put16(out, at + 2, fits('link.reserved', init.reserved ?? 0, 16));
      put32(out, at + 4, fits32('link.interfaceIndex', init.interfaceIndex));
      put16(out, at + 8, fits('link.hardwareType', init.hardwareType, 16));
      out[at + 10] = fits('link.packetType', init.packetType, 8);
      out[at + 11] = fits('link.addressLength', init.addressLength, 8);
      putBytes(out, at + 12, addressField('link.address', init.address));
      return;
    case 'null': {
      const family = fits32('link.family', init.family ?? familyOf(etherType));
      put32(out, at, init.bigEndian ? family : swap32(family));
      return;
    }
    case 'raw':
      return;
  }
};

const swap32 = (value: number): number =>
  (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;

/** A link header, the bytes it takes, and the EtherType of what follows. */
export interface ReadLink {
  readonly header: LinkHeader;
  readonly length: number;
  /** 0 where nothing says. */
  readonly etherType: number;
}

const readEthernet = (bytes: Uint8Array, start: number, end: number): Result<ReadLink, WireError> => {
  if (end - start < 14) return err(truncated('ethernet', start, 14, end - start));
  const tags: Required<VlanTag>[] = [];
  let at = start + 12;
  for (
    let tpid = u16(bytes, at);
    tpid === EtherType.VLAN || tpid === EtherType.SERVICE_VLAN;
    at += 4, tpid = u16(bytes, at)
  ) {
    if (at + 6 > end) return err(truncated('ethernet', start, at + 6 - start, end - start));
    tags.push({ tpid, tci: u16(bytes, at + 2) });
  }
  const etherType = u16(bytes, at);
  const dst = formatMac(bytes.subarray(start, start + 6));
  const src = formatMac(bytes.subarray(start + 6, start + 12));
  return ok({ header: { kind: 'ethernet', dst, src, tags, etherType }, length: at + 2 - start, etherType });
};

const readSll = (bytes: Uint8Array, start: number, end: number): Result<ReadLink, WireError> => {
  if (end - start < 16) return err(truncated('sll', start, 16, end - start));
  const etherType = u16(bytes, start + 14);
  const header = {
    kind: 'sll',
    packetType: u16(bytes, start),
    hardwareType: u16(bytes, start + 2),
    addressLength: u16(bytes, start + 4),
    address: copyOf(bytes, start + 6, start + 14),
    etherType,
  } as const;
  return ok({ header, length: 16, etherType });
};

const readSll2 = (bytes: Uint8Array, start: number, end: number): Result<ReadLink, WireError> => {
  if (end - start < 20) return err(truncated('sll2', start, 20, end - start));
  const etherType = u16(bytes, start);
  const header = {
    kind: 'sll2',
    etherType,
    reserved: u16(bytes, start + 2),
    interfaceIndex: u32(bytes, start + 4),
    hardwareType: u16(bytes, start + 8),
    packetType: u8(bytes, start + 10),
    addressLength: u8(bytes, start + 11),
    address: copyOf(bytes, start + 12, start + 20),
  } as const;
  return ok({ header, length: 20, etherType });
};

const readNull = (bytes: Uint8Array, start: number, end: number): Result<ReadLink, WireError> => {
  if (end - start < 4) return err(truncated('null', start, 4, end - start));
  const word = u32(bytes, start);
  const bigEndian = word <= 0xffff; // families are small numbers
  const family = bigEndian ? word : swap32(word);
  const ipv6 = family === 10 || family === 24 || family === 28 || family === 30;
  const etherType = family === 2 ? EtherType.IPV4 : ipv6 ? EtherType.IPV6 : 0;
  return ok({ header: { kind: 'null', family, bigEndian }, length: 4, etherType });
};

/** Reads the link header in `bytes[start, end)`. */
export const readLink = (
  bytes: Uint8Array,
  start: number,
  end: number,
  type: LinkType,
): Result<ReadLink, WireError> => {
  switch (type) {
    case 'ethernet':
      return readEthernet(bytes, start, end);
    case 'sll':
      return readSll(bytes, start, end);
    case 'sll2':
      return readSll2(bytes, start, end);
    case 'null':
      return readNull(bytes, start, end);
    case 'raw':
      return ok({ header: { kind: 'raw' }, length: 0, etherType: rawEtherType(bytes, start, end) });
  }
};

const rawEtherType = (bytes: Uint8Array, start: number, end: number): number => {
  if (start >= end) return EtherType.IPV4; // which then says what is missing
  const version = u8(bytes, start) >>> 4;
  return version === 6 ? EtherType.IPV6 : EtherType.IPV4;
};
