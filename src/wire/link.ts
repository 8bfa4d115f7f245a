/** What stands before the IP header in a capture: Ethernet, Linux cooked v1/v2, null/loopback, or nothing. */
import { formatMac, parseMac } from './address.js';
import { copyOf, put16, put32, putBytes, u16, u32, u8 } from './bytes.js';
import { badField, fits, fits32, truncated, type WireError } from './error.js';
import { ETHERNET, SLL, SLL2 } from './layout.js';
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

const VLAN_TAG_BYTES = 4;
/** All that a null or loopback header is. */
const FAMILY_BYTES = 4;

/** The bytes that a link header takes. */
export const linkLength = (init: LinkInit): number => {
  switch (init.kind) {
    case 'ethernet':
      return ETHERNET.end + VLAN_TAG_BYTES * (init.tags?.length ?? 0);
    case 'sll':
      return SLL.end;
    case 'sll2':
      return SLL2.end;
    case 'null':
      return FAMILY_BYTES;
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
      putBytes(out, at + ETHERNET.dst, mac('link.dst', init.dst));
      putBytes(out, at + ETHERNET.src, mac('link.src', init.src));
      let next = at + ETHERNET.etherType;
      for (const tag of init.tags ?? []) {
        put16(out, next, fits('link.tags.tpid', tag.tpid ?? EtherType.VLAN, 16));
        put16(out, next + 2, fits('link.tags.tci', tag.tci, 16));
        next += VLAN_TAG_BYTES;
      }
      put16(out, next, fits('link.etherType', init.etherType ?? etherType, 16));
      return;
    }
    case 'sll':
      put16(out, at + SLL.packetType, fits('link.packetType', init.packetType, 16));
      put16(out, at + SLL.hardwareType, fits('link.hardwareType', init.hardwareType, 16));
      put16(out, at + SLL.addressLength, fits('link.addressLength', init.addressLength, 16));
      putBytes(out, at + SLL.address, addressField('link.address', init.address));
      put16(out, at + SLL.etherType, fits('link.etherType', init.etherType ?? etherType, 16));
      return;
    case 'sll2':
      put16(out, at + SLL2.etherType, fits('link.etherType', init.etherType ?? etherType, 16));
      put16(out, at + SLL2.reserved, fits('link.reserved', init.reserved ?? 0, 16));
      put32(out, at + SLL2.interfaceIndex, fits32('link.interfaceIndex', init.interfaceIndex));
      put16(out, at + SLL2.hardwareType, fits('link.hardwareType', init.hardwareType, 16));
      out[at + SLL2.packetType] = fits('link.packetType', init.packetType, 8);
      out[at + SLL2.addressLength] = fits('link.addressLength', init.addressLength, 8);
      putBytes(out, at + SLL2.address, addressField('link.address', init.address));
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
  if (end - start < ETHERNET.end) return err(truncated('ethernet', start, ETHERNET.end, end - start));
  const tags: Required<VlanTag>[] = [];
  let at = start + ETHERNET.etherType;
  for (
    let tpid = u16(bytes, at);
    tpid === EtherType.VLAN || tpid === EtherType.SERVICE_VLAN;
    at += VLAN_TAG_BYTES, tpid = u16(bytes, at)
  ) {
    if (at + 6 > end) return err(truncated('ethernet', start, at + 6 - start, end - start));
    tags.push({ tpid, tci: u16(bytes, at + 2) });
  }
  const etherType = u16(bytes, at);
  const dst = formatMac(bytes.subarray(start + ETHERNET.dst, start + ETHERNET.src));
  const src = formatMac(bytes.subarray(start + ETHERNET.src, start + ETHERNET.etherType));
  return ok({ header: { kind: 'ethernet', dst, src, tags, etherType }, length: at + 2 - start, etherType });
};

const readSll = (bytes: Uint8Array, start: number, end: number): Result<ReadLink, WireError> => {
  if (end - start < SLL.end) return err(truncated('sll', start, SLL.end, end - start));
  const etherType = u16(bytes, start + SLL.etherType);
  const header = {
    kind: 'sll',
    packetType: u16(bytes, start + SLL.packetType),
    hardwareType: u16(bytes, start + SLL.hardwareType),
    addressLength: u16(bytes, start + SLL.addressLength),
    address: copyOf(bytes, start + SLL.address, start + SLL.etherType),
    etherType,
  } as const;
  return ok({ header, length: SLL.end, etherType });
};

const readSll2 = (bytes: Uint8Array, start: number, end: number): Result<ReadLink, WireError> => {
  if (end - start < SLL2.end) return err(truncated('sll2', start, SLL2.end, end - start));
  const etherType = u16(bytes, start + SLL2.etherType);
  const header = {
    kind: 'sll2',
    etherType,
    reserved: u16(bytes, start + SLL2.reserved),
    interfaceIndex: u32(bytes, start + SLL2.interfaceIndex),
    hardwareType: u16(bytes, start + SLL2.hardwareType),
    packetType: u8(bytes, start + SLL2.packetType),
    addressLength: u8(bytes, start + SLL2.addressLength),
    address: copyOf(bytes, start + SLL2.address, start + SLL2.end),
  } as const;
  return ok({ header, length: SLL2.end, etherType });
};

const readNull = (bytes: Uint8Array, start: number, end: number): Result<ReadLink, WireError> => {
  if (end - start < FAMILY_BYTES) return err(truncated('null', start, FAMILY_BYTES, end - start));
  const word = u32(bytes, start);
  const bigEndian = word <= 0xffff; // families are small numbers
  const family = bigEndian ? word : swap32(word);
  const ipv6 = family === 10 || family === 24 || family === 28 || family === 30;
  const etherType = family === 2 ? EtherType.IPV4 : ipv6 ? EtherType.IPV6 : 0;
  return ok({ header: { kind: 'null', family, bigEndian }, length: FAMILY_BYTES, etherType });
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
