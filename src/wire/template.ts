/** A TCP packet fixed once and then changed in place: no allocation, checksums updated by RFC 1624, not summed anew. */
import { ipv4Value, ipv6Value, putIpv6 } from './address-cache.js';
import { noBytes, put16, put32, putBytes, u16, u32, u8 } from './bytes.js';
import { fold, halves, onesSum, updateChecksum, updateChecksum32 } from './checksum.js';
import { badField, fits, fits32 } from './error.js';
import { finalHop } from './ipv4-options.js';
import { ipv4HeaderBytes } from './ipv4.js';
import { finalDestination, ipv6ExtensionsLength } from './ipv6-extensions.js';
import { ipv6BaseBytes } from './ipv6.js';
import { emitPacket, type PacketInit } from './packet.js';
import { parseFlags } from './tcp-flags.js';
import { TcpOptionKind } from './tcp-options.js';

/** A packet whose fields are patched in place by the functions of this file. */
export interface Template {
  /** The packet: always the same array, its content that of the moment. */
  readonly bytes: Uint8Array;
  readonly version: 4 | 6;
  /** Where the TCP header starts. */
  readonly tcpAt: number;
  /** Where the payload starts; it ends where `bytes` do. */
  readonly payloadAt: number;
  /** Where the value of the timestamps option starts; -1 where there is none. */
  readonly timestampsAt: number;
  /** Whether TCP's checksum covers the destination field: with a source route it covers the route's end instead. */
  readonly coversDestination: boolean;
}

const checksumOffset = 16;

/** Where the value of the timestamps option in `bytes[start, end)` starts; -1 where there is none. */
const findTimestamps = (bytes: Uint8Array, start: number, end: number): number => {
  for (let at = start; at + 1 < end;) {
    const kind = u8(bytes, at);
    if (kind === TcpOptionKind.EOL) return -1;
    const length = kind === TcpOptionKind.NOP ? 1 : u8(bytes, at + 1);
    if (kind === TcpOptionKind.TIMESTAMPS && length === 10 && at + 10 <= end) return at + 2;
    if (length === 0) return -1;
    at += length;
  }
  return -1;
};

/**
 * A template of the packet that `init` describes, which must have TCP and no trailer. A checksum given wrong stays
 * wrong by as much. Throws `WireInputError`.
 */
export const createTemplate = (init: PacketInit): Template => {
  const { ip, tcp } = init;
  if (tcp === undefined) throw badField('tcp', undefined, 'a TCP segment: templates are of TCP packets');
  if (init.trailer !== undefined && init.trailer.length > 0)
    throw badField('trailer', 'one', 'no trailer in a template');
  const bytes = emitPacket(init).slice();
  const payloadAt = bytes.length - (tcp.payload ?? noBytes).length - (init.payload ?? noBytes).length;
  const layout =
    ip.version === 4
      ? { tcpAt: ipv4HeaderBytes(ip), coversDestination: finalHop(ip.options ?? []) === undefined }
      : {
          tcpAt: ipv6BaseBytes + ipv6ExtensionsLength(ip.extensions ?? []),
          coversDestination: finalDestination(ip.extensions ?? []) === undefined,
        };
  const timestampsAt = findTimestamps(bytes, layout.tcpAt + 20, payloadAt);
  return { bytes, version: ip.version, payloadAt, timestampsAt, ...layout };
};

const patch16 = (bytes: Uint8Array, checksumAt: number, at: number, value: number): void => {
  put16(bytes, checksumAt, updateChecksum(u16(bytes, checksumAt), u16(bytes, at), value));
  put16(bytes, at, value);
};

const patch32 = (bytes: Uint8Array, checksumAt: number, at: number, value: number): void => {
  put16(bytes, checksumAt, updateChecksum32(u16(bytes, checksumAt), u32(bytes, at), value));
  put32(bytes, at, value);
};

/** Sets the source port. */
export const setSrcPort = ({ bytes, tcpAt }: Template, port: number): void => {
  patch16(bytes, tcpAt + checksumOffset, tcpAt, fits('tcp.srcPort', port, 16));
};

/** Sets the destination port. */
export const setDstPort = ({ bytes, tcpAt }: Template, port: number): void => {
  patch16(bytes, tcpAt + checksumOffset, tcpAt + 2, fits('tcp.dstPort', port, 16));
};

/** Sets the sequence number. */
export const setSeq = ({ bytes, tcpAt }: Template, seq: number): void => {
  patch32(bytes, tcpAt + checksumOffset, tcpAt + 4, fits32('tcp.seq', seq));
};

/** Sets the acknowledgment number. */
export const setAck = ({ bytes, tcpAt }: Template, ack: number): void => {
  patch32(bytes, tcpAt + checksumOffset, tcpAt + 8, fits32('tcp.ack', ack));
};

/** Sets the nine control bits: a mask of `TcpFlag`, or packetdrill's letters. */
export const setFlags = ({ bytes, tcpAt }: Template, flags: number | string): void => {
  const mask = typeof flags === 'string' ? parseFlags(flags) : fits('tcp.flags', flags, 9);
  patch16(bytes, tcpAt + checksumOffset, tcpAt + 12, (u16(bytes, tcpAt + 12) & 0xfe00) | mask);
};

/** Sets the window field, not scaled. */
export const setWindow = ({ bytes, tcpAt }: Template, window: number): void => {
  patch16(bytes, tcpAt + checksumOffset, tcpAt + 14, fits('tcp.window', window, 16));
};

/** Sets TSval and TSecr of the timestamps option, which the template must have. RFC 7323 §3.2. */
export const setTimestamps = ({ bytes, tcpAt, timestampsAt }: Template, value: number, echo: number): void => {
  if (timestampsAt < 0) throw badField('tcp.options.timestamps', value, 'a template with a timestamps option');
  patch32(bytes, tcpAt + checksumOffset, timestampsAt, fits32('tcp.options.timestamps.value', value));
  patch32(bytes, tcpAt + checksumOffset, timestampsAt + 4, fits32('tcp.options.timestamps.echo', echo));
};

/** Sets the payload, which must be as long as the template's: lengths stay as they are. */
export const setPayload = ({ bytes, tcpAt, payloadAt }: Template, payload: Uint8Array): void => {
  if (payload.length !== bytes.length - payloadAt)
    throw badField('tcp.payload', `${payload.length} bytes`, `${bytes.length - payloadAt} bytes, as in the template`);
  const at = tcpAt + checksumOffset;
  const before = fold(onesSum(bytes, payloadAt));
  putBytes(bytes, payloadAt, payload);
  put16(bytes, at, updateChecksum(u16(bytes, at), before, fold(onesSum(payload))));
};

/** Sets the IPv4 identification. */
export const setId = ({ bytes, version }: Template, id: number): void => {
  if (version !== 4) throw badField('ip.id', id, 'an IPv4 template: IPv6 has no identification');
  patch16(bytes, 10, 4, fits('ip.id', id, 16));
};

/** Sets the IPv4 time to live or the IPv6 hop limit. */
export const setTtl = ({ bytes, version }: Template, ttl: number): void => {
  if (version === 4) patch16(bytes, 10, 8, (fits('ip.ttl', ttl, 8) << 8) | u8(bytes, 9));
  else bytes[7] = fits('ip.hopLimit', ttl, 8);
};

/** Writes an address at `at`; `covered`: whether TCP's checksum covers it. */
const patchAddress = (template: Template, field: string, at: number, text: string, covered: boolean): void => {
  const { bytes, tcpAt, version } = template;
  const sumAt = tcpAt + checksumOffset;
  if (version === 4) {
    const value = ipv4Value(field, text);
    if (covered) put16(bytes, sumAt, updateChecksum32(u16(bytes, sumAt), u32(bytes, at), value));
    patch32(bytes, 10, at, value);
    return;
  }
  const value = ipv6Value(field, text);
  if (covered) {
    const before =
      halves(u32(bytes, at)) + halves(u32(bytes, at + 4)) + halves(u32(bytes, at + 8)) + halves(u32(bytes, at + 12));
    put16(bytes, sumAt, updateChecksum(u16(bytes, sumAt), fold(before), fold(value.sum)));
  }
  putIpv6(bytes, at, value);
};

/** Sets the source address, of the template's IP version. */
export const setSrc = (template: Template, address: string): void => {
  patchAddress(template, 'ip.src', template.version === 4 ? 12 : 8, address, true);
};

/** Sets the destination address, of the template's IP version. */
export const setDst = (template: Template, address: string): void => {
  patchAddress(template, 'ip.dst', template.version === 4 ? 16 : 24, address, template.coversDestination);
};
