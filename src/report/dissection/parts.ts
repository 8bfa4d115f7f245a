/** A frame taken apart: its layers in the order of their bytes, each with where it lies and what was read. */
import {
  parseFrame,
  type Arp,
  type Frame,
  type IcmpMessage,
  type Icmpv6Message,
  type Ipv4Header,
  type Ipv6Extension,
  type Ipv6Header,
  type LinkHeader,
  type LinkType,
  type Packet,
  type Result,
  type TcpSegment,
  type TcpStart,
  type WireError,
} from '../../wire/index.js';
import { arpBytes } from '../../wire/arp.js';
import { readIpv4 } from '../../wire/ipv4.js';
import { ipv6BaseBytes, readIpv6 } from '../../wire/ipv6.js';
import { ipv6ExtensionsLength, readIpv6Extensions } from '../../wire/ipv6-extensions.js';
import { linkLength, readLink } from '../../wire/link.js';

/** What a layer is, and what was read of it. */
export type Content =
  | { readonly layer: 'link'; readonly header: Exclude<LinkHeader, { readonly kind: 'raw' }> }
  | { readonly layer: 'arp'; readonly arp: Arp }
  | { readonly layer: 'ipv4'; readonly ip: Ipv4Header }
  | { readonly layer: 'ipv6'; readonly ip: Ipv6Header }
  | { readonly layer: 'ipv6-extension'; readonly extension: Ipv6Extension }
  | { readonly layer: 'icmp'; readonly message: IcmpMessage; readonly packet: Packet }
  | { readonly layer: 'icmpv6'; readonly message: Icmpv6Message; readonly packet: Packet }
  | { readonly layer: 'tcp'; readonly segment: TcpSegment; readonly packet: Packet }
  /** A TCP header that was cut. */
  | { readonly layer: 'tcp-start'; readonly start: TcpStart }
  /** What TCP, or an echo, carries. */
  | { readonly layer: 'data' }
  /** A protocol that is not dissected; its number, where it is known. */
  | { readonly layer: 'payload'; readonly protocol: number | undefined }
  /** Bytes behind the end of the packet: padding. */
  | { readonly layer: 'trailer' }
  /** Bytes from where reading failed. */
  | { readonly layer: 'unread'; readonly error: WireError };

/** One layer. */
export interface Part {
  readonly content: Content;
  /** First byte, from the start of the frame. */
  readonly offset: number;
  readonly size: number;
  /** Whether it belongs to the packet that an ICMP error is about. */
  readonly quoted: boolean;
}

/** All that was made of a frame's bytes. */
export interface Dissection {
  readonly bytes: Uint8Array;
  /** Undefined where it is none that is known here. */
  readonly linkType: LinkType | undefined;
  readonly frame: Frame | undefined;
  /** Why the frame could not be read. */
  readonly error: WireError | undefined;
  /** Which layer lacks bytes, where the frame was cut. */
  readonly cut: WireError | undefined;
}

type Add = (content: Content, size: number) => void;

const ipParts = (ip: Ipv4Header | Ipv6Header, add: Add): void => {
  if (ip.version === 4) {
    add({ layer: 'ipv4', ip }, 4 * ip.ihl);
    return;
  }
  add({ layer: 'ipv6', ip }, ipv6BaseBytes);
  for (const extension of ip.extensions) add({ layer: 'ipv6-extension', extension }, ipv6ExtensionsLength([extension]));
};

/** The protocol behind the IP header and its extensions. */
export const protocolOf = (ip: Ipv4Header | Ipv6Header): number => {
  if (ip.version === 4) return ip.protocol;
  return ip.extensions.at(-1)?.nextHeader ?? ip.nextHeader;
};

const icmpHeaderBytes = 8;

const packetParts = (packet: Packet, parts: Part[], start: number, quoted: boolean): void => {
  let offset = start;
  const add: Add = (content, size) => {
    parts.push({ content, offset, size, quoted });
    offset += size;
  };
  const end = start + packet.bytes.length - packet.trailer.length;
  const { ip, tcp, tcpStart, icmp, icmpv6, payload } = packet;
  ipParts(ip, add);
  if (tcp !== undefined) {
    add({ layer: 'tcp', segment: tcp, packet }, 4 * tcp.dataOffset);
    if (tcp.payload.length > 0) add({ layer: 'data' }, tcp.payload.length);
  } else if (tcpStart !== undefined) {
    add({ layer: 'tcp-start', start: tcpStart }, payload.length);
  } else if (icmp !== undefined || icmpv6 !== undefined) {
    const message = icmp ?? icmpv6;
    const whole = message !== undefined && 'options' in message;
    const size = whole ? end - offset : icmpHeaderBytes;
    if (icmp !== undefined) add({ layer: 'icmp', message: icmp, packet }, size);
    else if (icmpv6 !== undefined) add({ layer: 'icmpv6', message: icmpv6, packet }, size);
    if (message?.quoted !== undefined) {
      packetParts(message.quoted, parts, offset, true);
      offset = end;
    }
    if (offset < end) add({ layer: 'data' }, end - offset);
  } else if (payload.length > 0) {
    add({ layer: 'payload', protocol: protocolOf(ip) }, payload.length);
  }
  if (packet.trailer.length > 0) add({ layer: 'trailer' }, packet.trailer.length);
};

const frameParts = (frame: Frame): Part[] => {
  const parts: Part[] = [];
  const { link, arp, packet, payload } = frame;
  let offset = 0;
  const add: Add = (content, size) => {
    parts.push({ content, offset, size, quoted: false });
    offset += size;
  };
  if (link.kind !== 'raw') add({ layer: 'link', header: link }, linkLength(link));
  if (arp !== undefined) add({ layer: 'arp', arp }, arpBytes);
  if (packet !== undefined) packetParts(packet, parts, offset, false);
  if (payload.length > 0)
    add(arp === undefined ? { layer: 'payload', protocol: undefined } : { layer: 'trailer' }, payload.length);
  return parts;
};

const readWithExtensions = (bytes: Uint8Array, start: number, end: number): Result<Ipv6Header, WireError> => {
  const { extensions } = readIpv6Extensions(bytes, start + ipv6BaseBytes, end, bytes[start + 6] ?? 0);
  return readIpv6(bytes, start, end, extensions);
};

/** What can be read before the layer that cannot: headers that are sound by themselves. */
const soundParts = (bytes: Uint8Array, type: LinkType, error: WireError): Part[] => {
  const parts: Part[] = [];
  let offset = 0;
  const add: Add = (content, size) => {
    parts.push({ content, offset, size, quoted: false });
    offset += size;
  };
  const end = bytes.length;
  const link = readLink(bytes, 0, end, type);
  if (link.ok && link.value.header.kind !== 'raw') add({ layer: 'link', header: link.value.header }, link.value.length);
  if (error.offset > offset) {
    const version = (bytes[offset] ?? 0) >>> 4;
    const ip = version === 4 ? readIpv4(bytes, offset, end) : readWithExtensions(bytes, offset, end);
    if (ip.ok) ipParts(ip.value, add);
  }
  if (offset < end) add({ layer: 'unread', error }, end - offset);
  return parts;
};

/** Reads a frame as far as its bytes go. Never throws. */
export const dissect = (bytes: Uint8Array, linkType: LinkType | undefined): Dissection => {
  if (linkType === undefined) return { bytes, linkType, frame: undefined, error: undefined, cut: undefined };
  const result = parseFrame(bytes, linkType, { mayBeCut: true });
  if (!result.ok) return { bytes, linkType, frame: undefined, error: result.error, cut: undefined };
  return { bytes, linkType, frame: result.value, error: undefined, cut: result.value.packet?.cut };
};

/** The layers of a frame; where it could not be read, those before the one that could not. */
export const partsOf = ({ bytes, linkType, frame, error }: Dissection): readonly Part[] => {
  if (frame !== undefined) return frameParts(frame);
  if (linkType !== undefined && error !== undefined) return soundParts(bytes, linkType, error);
  return [{ content: { layer: 'payload', protocol: undefined }, offset: 0, size: bytes.length, quoted: false }];
};
