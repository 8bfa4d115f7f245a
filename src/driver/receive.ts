/**
 * Decides whether a received packet is one that TCP may look at: every segment that the driver or a lab's hand answers
 * passes here, whatever port it came by. What a kernel's TCP would not look at is not answered either.
 */
import { noHost, type NoHost } from '../wire/address-class.js';
import { parsePacket, pseudoHeaderSum, fold, tcpProtocol, type Packet, type TcpSegment } from '../wire/index.js';
import type { Flow } from '../wire/flow.js';
import type { Transport } from './ports.js';

/** A sound segment, or why the packet is none, in a few words. */
export type Received =
  | { readonly ok: true; readonly packet: Packet; readonly segment: TcpSegment; readonly flow: Flow }
  | {
      readonly ok: false;
      readonly why: string;
      /** Of which connection it claims to be, as far as it can be read. */
      readonly flow?: Flow;
    };

/**
 * A segment from and to anyone; its flow is seen from this side: a packet of it comes from `flow.dst`. By memory no checksum
 * is left to a card; by all else one may be, so that of 65,536 damaged segments one is taken for such.
 */
export function readSegment(bytes: Uint8Array, transport?: Transport): Received {
  const parsed = parsePacket(bytes);
  if (!parsed.ok) return { ok: false, why: parsed.error.message };
  const packet = parsed.value;
  const { ip, tcp } = packet;
  if (isFragment(ip)) return { ok: false, why: 'a fragment' };
  if (tcp === undefined) return { ok: false, why: 'no TCP segment' };
  const flow: Flow = { src: ip.dst, srcPort: tcp.dstPort, dst: ip.src, dstPort: tcp.srcPort };
  const why = objection(packet, tcp, transport !== 'memory');
  return why === undefined ? { ok: true, packet, segment: tcp, flow } : { ok: false, why, flow };
}

/** A segment of one connection; `flow` is seen from this side. */
export function receiveSegment(bytes: Uint8Array, flow: Flow, transport?: Transport): Received {
  const received = readSegment(bytes, transport);
  if (received.flow === undefined || isSame(received.flow, flow)) return received;
  return { ok: false, why: 'another four-tuple', flow: received.flow };
}

export const isSame = (one: Flow, other: Flow): boolean =>
  one.src === other.src && one.srcPort === other.srcPort && one.dst === other.dst && one.dstPort === other.dstPort;

const WITH_ARTICLE: Readonly<Record<NoHost, string>> = {
  unspecified: 'the unspecified',
  multicast: 'a multicast',
  broadcast: 'a broadcast',
};

function objection(packet: Packet, tcp: TcpSegment, partialToo: boolean): string | undefined {
  const { ip } = packet;
  if (ip.version === 4 && !ip.checksumOk) return 'wrong IP header checksum';
  const [source, destination] = [noHost(ip.src), noHost(ip.dst)];
  if (source !== undefined) return `from ${WITH_ARTICLE[source]} address`; // RFC 9293 §3.9.2.3, MUST-63
  if (destination !== undefined) return `to ${WITH_ARTICLE[destination]} address`; // MUST-57
  if (!tcp.checksumOk && !(partialToo && isPartialChecksum(packet, tcp))) return 'wrong checksum';
  return undefined;
}

/** A kernel puts fragments together before its TCP sees them; AF_PACKET does not. An atomic one is whole. RFC 6946. */
const isFragment = (ip: Packet['ip']): boolean =>
  ip.version === 4
    ? ip.moreFragments || ip.fragmentOffset !== 0
    : ip.extensions.some((header) => header.kind === 'fragment' && (header.more || header.offset !== 0));

/**
 * Kernels leave the checksum to the network card. What never reaches one (loopback, veth) carries the sum of the
 * pseudo header alone, not complemented: CHECKSUM_PARTIAL, Documentation/networking/checksum-offloads.rst.
 */
export function isPartialChecksum({ ip, bytes }: Packet, tcp: TcpSegment): boolean {
  const length = tcp.dataOffset * 4 + tcp.payload.length;
  const [start, end] = ip.version === 4 ? [12, 20] : [8, 40];
  return tcp.checksum === fold(pseudoHeaderSum(bytes, start, end, tcpProtocol, length));
}
