/**
 * What a host's IP keeps from TCP and ICMP above it, as Linux does by default, judged by the packet's bytes alone. AF_PACKET
 * hands over what no IP has looked at.
 */
import { noHost, type NoHost } from '../wire/address-class.js';
import { u8 } from '../wire/bytes.js';
import {
  Ipv4OptionCode,
  Ipv6OptionType,
  type Ipv6Extension,
  type Ipv6Header,
  type Ipv6Option,
  type Packet,
} from '../wire/index.js';
import type { Transport } from './ports.js';

const WITH_ARTICLE: Readonly<Record<NoHost, string>> = {
  unspecified: 'the unspecified',
  multicast: 'a multicast',
  broadcast: 'a broadcast',
};

const IPV4_MAPPED = /^::ffff:.*\./; // as RFC 5952 §5 writes them

/** Raw sockets are given what the kernel's IP has taken, and its options as that has changed them, under the old checksum. */
const BEHIND_IP: readonly (Transport | undefined)[] = ['libc', 'raw-socket'];

/** Why nothing above IP may see a packet that came by `transport`, in a few words; undefined where it may. */
export function ipObjection(packet: Packet, transport?: Transport): string | undefined {
  const { ip } = packet;
  const [source, destination] = [noHost(ip.src), noHost(ip.dst)];
  if (source !== undefined) return `from ${WITH_ARTICLE[source]} address`; // RFC 9293 §3.9.2.3, MUST-63
  if (destination !== undefined) return `to ${WITH_ARTICLE[destination]} address`; // MUST-57
  if (IPV4_MAPPED.test(ip.src)) return 'from an IPv4-mapped address'; // tcp_v6_conn_request()
  return BEHIND_IP.includes(transport) ? undefined : headerObjection(packet);
}

function headerObjection(packet: Packet): string | undefined {
  const { ip } = packet;
  if (isFragment(ip)) return 'a fragment';
  return ip.version === 4 && !ip.checksumOk ? 'wrong IP header checksum' : optionsObjection(packet);
}

/** Why a host refuses what the header says beyond its fixed part: options, or extension headers. */
export const optionsObjection = ({ ip, bytes }: Packet): string | undefined =>
  ip.version === 4 ? ipv4Objection(bytes, 4 * ip.ihl) : ipv6Objection(ip);

/** A kernel puts fragments together before its TCP sees them; AF_PACKET does not. An atomic one is whole. RFC 6946. */
const isFragment = (ip: Packet['ip']): boolean =>
  ip.version === 4
    ? ip.moreFragments || ip.fragmentOffset !== 0
    : ip.extensions.some((header) => header.kind === 'fragment' && (header.more || header.offset !== 0));

const MALFORMED_IPV4 = 'malformed IPv4 options';
const IPV4_BYTES = 20;
/** Commercial security, FIPS 188: its label is of a domain that this host knows nothing of. cipso_v4_validate() */
const CIPSO = 134;
/** What there may be one of: __ip_options_compile(). */
const ONCE: readonly number[] = [Ipv4OptionCode.RECORD_ROUTE, Ipv4OptionCode.TIMESTAMP];

/** As __ip_options_compile() and ip_rcv_options() have it, where `accept_source_route` is off. */
function ipv4Objection(bytes: Uint8Array, end: number): string | undefined {
  const seen = new Set<number>();
  for (let at = IPV4_BYTES; at < end;) {
    const code = u8(bytes, at);
    if (code === Ipv4OptionCode.EOL) return undefined;
    if (code === Ipv4OptionCode.NOP) {
      at++;
      continue;
    }
    const length = at + 1 < end ? u8(bytes, at + 1) : 0;
    if (length < 2 || at + length > end || seen.has(code)) return MALFORMED_IPV4;
    const why = ipv4OptionObjection(code, bytes.subarray(at, at + length));
    if (why !== undefined) return why;
    if (ONCE.includes(code)) seen.add(code);
    at += length;
  }
  return undefined;
}

function ipv4OptionObjection(code: number, option: Uint8Array): string | undefined {
  switch (code) {
    case Ipv4OptionCode.LOOSE_SOURCE_ROUTE:
    case Ipv4OptionCode.STRICT_SOURCE_ROUTE:
      return 'a source route';
    case Ipv4OptionCode.RECORD_ROUTE:
      return isRecordRoute(option) ? undefined : MALFORMED_IPV4;
    case Ipv4OptionCode.TIMESTAMP:
      return isTimestamp(option) ? undefined : MALFORMED_IPV4;
    case Ipv4OptionCode.ROUTER_ALERT:
      return option.length < 4 ? MALFORMED_IPV4 : undefined;
    case CIPSO:
      return 'a security label';
  }
  return undefined;
}

/** The pointer counts from 1, and points behind the end where the list is full. RFC 791 §3.1. */
function isRecordRoute(option: Uint8Array): boolean {
  const { length } = option;
  if (length < 3) return false;
  const pointer = u8(option, 2);
  return pointer >= 4 && (pointer > length || pointer + 3 <= length);
}

const TIMES_ONLY = 0;
const TIMES_AND_ADDRESSES = 1;
const PRESPECIFIED = 3;

/** RFC 791 §3.1, "Internet Timestamp". */
function isTimestamp(option: Uint8Array): boolean {
  const { length } = option;
  if (length < 4) return false;
  const pointer = u8(option, 2);
  const flag = u8(option, 3) & 0xf;
  if (pointer < 5) return false;
  if (pointer > length) return flag === PRESPECIFIED || u8(option, 3) >>> 4 < 15; // the count of those not entered is full
  switch (flag) {
    case TIMES_ONLY:
      return pointer + 3 <= length;
    case TIMES_AND_ADDRESSES:
    case PRESPECIFIED:
      return pointer + 7 <= length;
  }
  return pointer + 3 <= length;
}

const MALFORMED_IPV6 = 'malformed IPv6 options';

function ipv6Objection({ extensions }: Ipv6Header): string | undefined {
  for (const [i, extension] of extensions.entries()) {
    const why = extensionObjection(extension, extensions.slice(0, i));
    if (why !== undefined) return why;
  }
  return undefined;
}

/** As the kernel's handlers have it: exthdrs.c, reassembly.c. What has none is an unknown next header: RFC 8200 §4. */
function extensionObjection(extension: Ipv6Extension, before: readonly Ipv6Extension[]): string | undefined {
  switch (extension.kind) {
    case 'hopByHop':
      return before.length > 0 ? 'hop-by-hop options that do not come first' : listObjection(extension);
    case 'destination':
      return listObjection(extension);
    case 'routing':
      return routingObjection(extension);
    case 'fragment':
      return before.some(({ kind }) => kind === 'fragment') ? 'a fragment of a fragment' : undefined;
    case 'authentication':
      return 'an authentication header';
    case 'other':
      return `an IPv6 extension header of protocol ${String(extension.protocol)}`;
  }
}

/** Mobile IPv6, RPL, segments: what a host does with them only where it is told to. */
const ROUTING_TYPES_OF_ROUTERS: readonly number[] = [2, 3, 4];

/** ipv6_rthdr_rcv(); RFC 8200 §4.4, RFC 5095. */
const routingObjection = ({ routingType, segmentsLeft }: Extract<Ipv6Extension, { kind: 'routing' }>) =>
  segmentsLeft > 0 || ROUTING_TYPES_OF_ROUTERS.includes(routingType) ? 'a routing header' : undefined;

/** `net.ipv6.max_hbh_opts_number`, `max_dst_opts_number`; padding that aligns to 8 bytes. */
const [MOST_OPTIONS, MOST_PADDING] = [8, 7] as const;

type WithOptions = Extract<Ipv6Extension, { kind: 'hopByHop' | 'destination' }>;

/** ip6_parse_tlv(). */
function listObjection({ kind, options }: WithOptions): string | undefined {
  let count = 0;
  let padding = 0;
  for (const option of options) {
    const padded = paddingOf(option);
    padding = padded === undefined ? 0 : padding + padded;
    if (!isWhole(option) || padding > MOST_PADDING) return MALFORMED_IPV6;
    if (padded !== undefined || option.kind !== 'option') continue;
    if (++count > MOST_OPTIONS) return 'too many IPv6 options';
    const why = kind === 'hopByHop' ? hopByHopObjection(option) : unknownObjection(option);
    if (why !== undefined) return why;
  }
  return undefined;
}

type Typed = Extract<Ipv6Option, { kind: 'option' }>;

/** The bytes of it, where it is padding. */
function paddingOf(option: Ipv6Option): number | undefined {
  if (option.kind === 'pad1') return 1;
  return option.kind === 'option' && option.type === Ipv6OptionType.PADN ? 2 + option.data.length : undefined;
}

/** Padding is of zeros: RFC 4942 §2.1.9.5. */
const isWhole = (option: Ipv6Option): boolean =>
  option.kind === 'pad1' ||
  (option.kind === 'option' &&
    (option.length ?? option.data.length) === option.data.length &&
    (option.type !== Ipv6OptionType.PADN || option.data.every((byte) => byte === 0)));

/** Common Architecture Label, RFC 5570: of a domain that this host knows nothing of. calipso_validate() */
const CALIPSO = 7;

function hopByHopObjection(option: Typed): string | undefined {
  switch (option.type) {
    case Ipv6OptionType.ROUTER_ALERT:
      return option.data.length === 2 ? undefined : MALFORMED_IPV6;
    case Ipv6OptionType.JUMBO_PAYLOAD:
      return 'a jumbogram'; // no Ethernet frame holds one
    case CALIPSO:
      return 'a security label';
  }
  return unknownObjection(option);
}

/** The highest two bits say what is done with an option that is not known: skipped, or else the packet is discarded. RFC 8200 §4.2. */
const unknownObjection = ({ type }: Typed): string | undefined =>
  type >>> 6 === 0 ? undefined : `an IPv6 option of unknown type ${String(type)}`;
