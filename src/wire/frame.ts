/** A frame as a capture has it: a link header, and what it carries. */
import { arpBytes, readArp, writeArp, type Arp, type ArpInit } from './arp.js';
import { noBytes, putBytes, u8, view } from './bytes.js';
import { badVersion, type WireError } from './error.js';
import { EtherType, linkLength, readLink, writeLink, type LinkHeader, type LinkInit, type LinkType } from './link.js';
import { emitPacket, readPacket, type ParseOptions } from './packet.js';
import type { Packet, PacketInit } from './packet-types.js';
import { ok, type Result } from './result.js';

/** What a frame is to be: a field left out is computed, a field given is emitted as it is, even if wrong. */
export interface FrameInit {
  readonly link: LinkInit;
  readonly packet?: PacketInit | undefined;
  readonly arp?: ArpInit | undefined;
  /** Bytes behind the layers above, or behind the link header where none is given. */
  readonly payload?: Uint8Array;
}

/** A frame as it was seen. Emitted again, it gives the same bytes. */
export interface Frame {
  readonly link: LinkHeader;
  readonly packet?: Packet | undefined;
  readonly arp?: Arp | undefined;
  /** What the link header carries, where it is neither; and padding behind ARP (that behind IP is the packet's trailer). */
  readonly payload: Uint8Array;
  /** The bytes that all this was read from; a view, not a copy. */
  readonly bytes: Uint8Array;
}

const etherTypeOf = (init: FrameInit): number => {
  if (init.packet !== undefined) return init.packet.ip.version === 4 ? EtherType.IPV4 : EtherType.IPV6;
  return init.arp === undefined ? 0 : EtherType.ARP;
};

/** A frame as bytes. Throws `WireInputError` where bytes cannot hold what is given, and for nothing else. */
export const emitFrame = (init: FrameInit): Uint8Array => {
  const packet = init.packet === undefined ? noBytes : emitPacket(init.packet);
  const payload = init.payload ?? noBytes;
  const link = linkLength(init.link);
  const arp = init.arp === undefined ? 0 : arpBytes;
  const out = new Uint8Array(link + packet.length + arp + payload.length);
  writeLink(out, 0, init.link, etherTypeOf(init));
  putBytes(out, link, packet);
  if (init.arp !== undefined) writeArp(out, link + packet.length, init.arp);
  putBytes(out, out.length - payload.length, payload);
  return out;
};

/** A frame from bytes. Never throws. */
export const parseFrame = (bytes: Uint8Array, type: LinkType, options?: ParseOptions): Result<Frame, WireError> => {
  const end = bytes.length;
  const read = readLink(bytes, 0, end, type);
  if (!read.ok) return read;
  const { header: link, length: at, etherType } = read.value;
  if (etherType === EtherType.ARP) {
    const arp = readArp(bytes, at, end);
    return arp.ok ? ok({ link, arp: arp.value, payload: view(bytes, at + arpBytes, end), bytes }) : arp;
  }
  if (etherType !== EtherType.IPV4 && etherType !== EtherType.IPV6)
    return ok({ link, payload: view(bytes, at, end), bytes });
  const version = etherType === EtherType.IPV4 ? 4 : 6;
  if (link.kind !== 'raw' && at < end && u8(bytes, at) >>> 4 !== version)
    return badVersion(at, version, u8(bytes, at) >>> 4);
  const packet = readPacket(bytes, at, end, options?.mayBeCut === true);
  return packet.ok ? ok({ link, packet: packet.value, payload: noBytes, bytes }) : packet;
};
