/** A whole IP packet: the header, the layers behind it, and what trails them. */
import { allocate, putBytes, u16, u8, view } from './bytes.js';
import { badLength, badVersion, truncated, type WireError } from './error.js';
import { ipv4HeaderBytes, ipv4PseudoSum, readIpv4, writeIpv4, type Ipv4Header, type Ipv4Init } from './ipv4.js';
import {
  extensionProtocol,
  Ipv6ExtensionProtocol,
  ipv6ExtensionsLength,
  readIpv6Extensions,
  writeIpv6Extensions,
} from './ipv6-extensions.js';
import { ipv6BaseBytes, ipv6PseudoSum, readIpv6, writeIpv6, type Ipv6Header, type Ipv6Init } from './ipv6.js';
import { IPV6 } from './layout.js';
import { layersLength, layersProtocol, opaqueLayers, readLayers, writeLayers } from './layers.js';
import type { Layers, Packet, PacketInit } from './packet-types.js';
import { err, ok, type Result } from './result.js';

/** How to parse. */
export interface ParseOptions {
  /** Whether the bytes may be only the start of a packet: then what is there is parsed, and `cut` says what is missing. */
  readonly mayBeCut?: boolean;
}

/** IANA's protocol number for experiments, where nothing says what the payload is. RFC 3692 §2.1. */
const experimental = 253;

const emitOverIpv4 = (init: PacketInit, ip: Ipv4Init): Uint8Array => {
  const { trailer } = init;
  const header = ipv4HeaderBytes(ip);
  const end = header + layersLength(init);
  const out = allocate(trailer === undefined ? end : end + trailer.length);
  const addressSum = writeIpv4(out, 0, ip, header, end, layersProtocol(init, experimental));
  writeLayers(out, header, end, init, addressSum);
  if (trailer !== undefined && trailer.length > 0) putBytes(out, end, trailer);
  return out;
};

const emitOverIpv6 = (init: PacketInit, ip: Ipv6Init): Uint8Array => {
  const { trailer } = init;
  const { extensions } = ip;
  const first = extensions === undefined ? undefined : extensions[0];
  const upper = ipv6BaseBytes + (extensions === undefined ? 0 : ipv6ExtensionsLength(extensions));
  const end = upper + layersLength(init);
  const protocol = layersProtocol(init, Ipv6ExtensionProtocol.NO_NEXT_HEADER);
  const out = allocate(trailer === undefined ? end : end + trailer.length);
  const nextHeader = first === undefined ? protocol : extensionProtocol(first);
  const addressSum = writeIpv6(out, 0, ip, end - ipv6BaseBytes, nextHeader);
  if (extensions !== undefined) writeIpv6Extensions(out, ipv6BaseBytes, extensions, protocol);
  writeLayers(out, upper, end, init, addressSum);
  if (trailer !== undefined && trailer.length > 0) putBytes(out, end, trailer);
  return out;
};

/**
 * A packet as bytes. Packets of middle size share one `ArrayBuffer`: hand the view on, not its `buffer`.
 * Throws `WireInputError` where bytes cannot hold what is given, and for nothing else.
 */
export const emitPacket = (init: PacketInit): Uint8Array => {
  const { ip } = init;
  return ip.version === 4 ? emitOverIpv4(init, ip) : emitOverIpv6(init, ip);
};

/** How deep in quotations the reader is: an error about an error is not dissected further. RFC 1122 §3.2.2. */
type Quoting = 'none' | 'once';

const readQuoted = (bytes: Uint8Array, start: number, end: number): Packet | undefined => {
  const packet = readAny(bytes, start, end, true, 'once');
  return packet.ok ? packet.value : undefined;
};

const readNothing = (): undefined => undefined;

const quotedReader = (quoting: Quoting): typeof readQuoted => (quoting === 'none' ? readQuoted : readNothing);

/** The packet around its layers: every field is set, so that all packets have one shape. */
const packetOf = (
  bytes: Uint8Array,
  start: number,
  upperEnd: number,
  end: number,
  ip: Ipv4Header | Ipv6Header,
  layers: Layers,
): Result<Packet, WireError> =>
  ok({
    ip,
    tcp: layers.tcp,
    tcpStart: layers.tcpStart,
    icmp: layers.icmp,
    icmpv6: layers.icmpv6,
    payload: layers.payload,
    trailer: view(bytes, upperEnd, end),
    cut: layers.cut,
    bytes: start === 0 && end === bytes.length ? bytes : view(bytes, start, end),
  });

const readOverIpv4 = (
  bytes: Uint8Array,
  start: number,
  end: number,
  mayBeCut: boolean,
  quoting: Quoting,
): Result<Packet, WireError> => {
  const header = readIpv4(bytes, start, end);
  if (!header.ok) return header;
  const ip = header.value;
  const at = start + 4 * ip.ihl;
  // A total length of 0 is what a capture shows of a packet that the network card has yet to cut up.
  const total = ip.totalLength === 0 ? end - start : ip.totalLength;
  if (total < at - start) return badLength('ipv4', start, 'total length', at - start, total);
  const cut = start + total > end ? truncated('ipv4', start, total, end - start) : undefined;
  if (cut !== undefined && !mayBeCut) return err(cut);
  const upperEnd = cut === undefined ? start + total : end;
  if (ip.fragmentOffset !== 0) return packetOf(bytes, start, upperEnd, end, ip, opaqueLayers(bytes, at, upperEnd, cut));
  const whole = cut === undefined && !ip.moreFragments;
  const pseudoSum = whole ? ipv4PseudoSum(bytes, start, ip.options, ip.protocol, upperEnd - at) : undefined;
  const layers = readLayers(bytes, at, upperEnd, 4, ip.protocol, pseudoSum, cut, quotedReader(quoting));
  return layers.ok ? packetOf(bytes, start, upperEnd, end, ip, layers.value) : layers;
};

const readOverIpv6 = (
  bytes: Uint8Array,
  start: number,
  end: number,
  mayBeCut: boolean,
  quoting: Quoting,
): Result<Packet, WireError> => {
  if (end - start < ipv6BaseBytes) return err(truncated('ipv6', start, ipv6BaseBytes, end - start));
  const first = start + ipv6BaseBytes;
  const length = u16(bytes, start + IPV6.payloadLength);
  const nextHeader = u8(bytes, start + IPV6.nextHeader);
  // Payload length 0 with hop-by-hop options is a jumbogram: RFC 2675 §3.
  const jumbo = length === 0 && nextHeader === Ipv6ExtensionProtocol.HOP_BY_HOP;
  const missing = !jumbo && first + length > end;
  const upperEnd = missing || jumbo ? end : first + length;
  const walk = readIpv6Extensions(bytes, first, upperEnd, nextHeader);
  const { extensions, protocol, at } = walk;
  const header = readIpv6(bytes, start, end, extensions);
  if (!header.ok) return header;
  const ip = header.value;
  if (walk.tooMany !== undefined) return err(walk.tooMany);
  const cut = missing ? truncated('ipv6', start, ipv6BaseBytes + length, end - start) : walk.cut;
  if (cut !== undefined && !mayBeCut) return err(cut);
  if (walk.fragment === 'later' || walk.cut !== undefined)
    return packetOf(bytes, start, upperEnd, end, ip, opaqueLayers(bytes, at, upperEnd, cut));
  const whole = cut === undefined && walk.fragment === 'whole';
  const pseudoSum = whole ? ipv6PseudoSum(bytes, start, extensions, protocol, upperEnd - at) : undefined;
  const layers = readLayers(bytes, at, upperEnd, 6, protocol, pseudoSum, cut, quotedReader(quoting));
  return layers.ok ? packetOf(bytes, start, upperEnd, end, ip, layers.value) : layers;
};

const readAny = (
  bytes: Uint8Array,
  start: number,
  end: number,
  mayBeCut: boolean,
  quoting: Quoting,
): Result<Packet, WireError> => {
  if (start >= end) return err(truncated('ip', start, 1, 0));
  const version = u8(bytes, start) >>> 4;
  if (version === 4) return readOverIpv4(bytes, start, end, mayBeCut, quoting);
  if (version === 6) return readOverIpv6(bytes, start, end, mayBeCut, quoting);
  return badVersion(start, 0, version);
};

/** Reads the packet in `bytes[start, end)`. */
export const readPacket = (
  bytes: Uint8Array,
  start: number,
  end: number,
  mayBeCut: boolean,
): Result<Packet, WireError> => readAny(bytes, start, end, mayBeCut, 'none');

/** A packet from bytes, its first one being that of the IP header. Never throws. */
export const parsePacket = (bytes: Uint8Array, options?: ParseOptions): Result<Packet, WireError> =>
  readAny(bytes, 0, bytes.length, options?.mayBeCut === true, 'none');
