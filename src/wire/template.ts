/** A TCP packet fixed once and then changed in place: no allocation, checksums updated by RFC 1624, not summed anew. */
import { ipv4Value, ipv6Value, putIpv6 } from './address-cache.js';
import { noBytes, putBytes, u8 } from './bytes.js';
import { fold, halves, onesSum, swap, updateChecksum, updateChecksum32 } from './checksum.js';
import { badField, fits, fits32 } from './error.js';
import { finalHop } from './ipv4-options.js';
import { ipv4HeaderBytes } from './ipv4.js';
import { finalDestination, ipv6ExtensionsLength } from './ipv6-extensions.js';
import { ipv6BaseBytes } from './ipv6.js';
import { IPV4, IPV6, TCP } from './layout.js';
import { emitPacket } from './packet.js';
import type { PacketInit } from './packet-types.js';
import { parseFlags } from './tcp-flags.js';
import { TcpOptionKind } from './tcp-options.js';

/** A packet whose fields are patched in place by the functions of this file. */
export interface Template {
  /** The packet: always the same array, its content that of the moment. */
  readonly bytes: Uint8Array;
  /** The same bytes, by fields: made once, it reads and writes them in one step each. */
  readonly view: DataView;
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
  const bytes = emitPacket(init).slice(); // with a buffer of its own
  const payloadAt = bytes.length - (tcp.payload ?? noBytes).length - (init.payload ?? noBytes).length;
  const layout =
    ip.version === 4
      ? { tcpAt: ipv4HeaderBytes(ip), coversDestination: finalHop(ip.options ?? []) === undefined }
      : {
          tcpAt: ipv6BaseBytes + ipv6ExtensionsLength(ip.extensions ?? []),
          coversDestination: finalDestination(ip.extensions ?? []) === undefined,
        };
  const timestampsAt = findTimestamps(bytes, layout.tcpAt + TCP.end, payloadAt);
  return { bytes, view: new DataView(bytes.buffer), version: ip.version, payloadAt, timestampsAt, ...layout };
};

const patch16 = (view: DataView, checksumAt: number, at: number, value: number): void => {
  view.setUint16(checksumAt, updateChecksum(view.getUint16(checksumAt), view.getUint16(at), value));
  view.setUint16(at, value);
};

const patch32 = (view: DataView, checksumAt: number, at: number, value: number): void => {
  view.setUint16(checksumAt, updateChecksum32(view.getUint16(checksumAt), view.getUint32(at), value));
  view.setUint32(at, value);
};

/** Sets the source port. */
export const setSrcPort = ({ view, tcpAt }: Template, port: number): void => {
  patch16(view, tcpAt + TCP.checksum, tcpAt + TCP.srcPort, fits('tcp.srcPort', port, 16));
};

/** Sets the destination port. */
export const setDstPort = ({ view, tcpAt }: Template, port: number): void => {
  patch16(view, tcpAt + TCP.checksum, tcpAt + TCP.dstPort, fits('tcp.dstPort', port, 16));
};

/** Sets the sequence number. */
export const setSeq = ({ view, tcpAt }: Template, seq: number): void => {
  patch32(view, tcpAt + TCP.checksum, tcpAt + TCP.seq, fits32('tcp.seq', seq));
};

/** Sets the acknowledgment number. */
export const setAck = ({ view, tcpAt }: Template, ack: number): void => {
  patch32(view, tcpAt + TCP.checksum, tcpAt + TCP.ack, fits32('tcp.ack', ack));
};

/** Sets the nine control bits: a mask of `TcpFlag`, or packetdrill's letters. */
export const setFlags = ({ view, tcpAt }: Template, flags: number | string): void => {
  const mask = typeof flags === 'string' ? parseFlags(flags) : fits('tcp.flags', flags, 9);
  patch16(view, tcpAt + TCP.checksum, tcpAt + TCP.control, (view.getUint16(tcpAt + TCP.control) & 0xfe00) | mask);
};

/** Sets the window field, not scaled. */
export const setWindow = ({ view, tcpAt }: Template, window: number): void => {
  patch16(view, tcpAt + TCP.checksum, tcpAt + TCP.window, fits('tcp.window', window, 16));
};

/** Sets TSval and TSecr of the timestamps option, which the template must have. RFC 7323 §3.2. */
export const setTimestamps = ({ view, tcpAt, timestampsAt }: Template, value: number, echo: number): void => {
  if (timestampsAt < 0) throw badField('tcp.options.timestamps', value, 'a template with a timestamps option');
  const at = tcpAt + TCP.checksum;
  const before = fold(halves(view.getUint32(timestampsAt)) + halves(view.getUint32(timestampsAt + 4)));
  const after = fold(
    halves(fits32('tcp.options.timestamps.value', value)) + halves(fits32('tcp.options.timestamps.echo', echo)),
  );
  const odd = ((timestampsAt - tcpAt) & 1) !== 0; // an option may start anywhere
  view.setUint16(at, updateChecksum(view.getUint16(at), odd ? swap(before) : before, odd ? swap(after) : after));
  view.setUint32(timestampsAt, value);
  view.setUint32(timestampsAt + 4, echo);
};

/** Sets the payload, which must be as long as the template's: lengths stay as they are. */
export const setPayload = ({ bytes, view, tcpAt, payloadAt }: Template, payload: Uint8Array): void => {
  if (payload.length !== bytes.length - payloadAt)
    throw badField('tcp.payload', `${payload.length} bytes`, `${bytes.length - payloadAt} bytes, as in the template`);
  const at = tcpAt + TCP.checksum;
  const before = fold(onesSum(bytes, payloadAt));
  putBytes(bytes, payloadAt, payload);
  view.setUint16(at, updateChecksum(view.getUint16(at), before, fold(onesSum(payload))));
};

/** Sets the IPv4 identification. */
export const setId = ({ view, version }: Template, id: number): void => {
  if (version !== 4) throw badField('ip.id', id, 'an IPv4 template: IPv6 has no identification');
  patch16(view, IPV4.checksum, IPV4.id, fits('ip.id', id, 16));
};

/** Sets the IPv4 time to live or the IPv6 hop limit. */
export const setTtl = ({ view, version }: Template, ttl: number): void => {
  if (version === 4)
    patch16(view, IPV4.checksum, IPV4.ttl, (fits('ip.ttl', ttl, 8) << 8) | view.getUint8(IPV4.protocol));
  else view.setUint8(IPV6.hopLimit, fits('ip.hopLimit', ttl, 8));
};

/** Writes an address at `at`; `covered`: whether TCP's checksum covers it. */
const patchAddress = (template: Template, field: string, at: number, text: string, covered: boolean): void => {
  const { bytes, view, tcpAt, version } = template;
  const sumAt = tcpAt + TCP.checksum;
  if (version === 4) {
    const value = ipv4Value(field, text);
    if (covered) view.setUint16(sumAt, updateChecksum32(view.getUint16(sumAt), view.getUint32(at), value));
    patch32(view, IPV4.checksum, at, value);
    return;
  }
  const value = ipv6Value(field, text);
  if (covered) {
    const before = fold(onesSum(bytes, at, at + 16));
    view.setUint16(sumAt, updateChecksum(view.getUint16(sumAt), before, fold(value.sum)));
  }
  putIpv6(bytes, at, value);
};

/** Sets the source address, of the template's IP version. */
export const setSrc = (template: Template, address: string): void => {
  patchAddress(template, 'ip.src', template.version === 4 ? IPV4.src : IPV6.src, address, true);
};

/** Sets the destination address, of the template's IP version. */
export const setDst = (template: Template, address: string): void => {
  patchAddress(template, 'ip.dst', template.version === 4 ? IPV4.dst : IPV6.dst, address, template.coversDestination);
};
