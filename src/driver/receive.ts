/**
 * Decides whether a received packet is one that TCP may look at: every segment that the driver or a lab's hand answers
 * passes here, whatever port it came by. What a kernel's TCP would not look at is not answered either.
 */
import { isPartialChecksum, parsePacket, type Packet, type TcpSegment } from '../wire/index.js';
import { type TcpOption, TcpOptionKind } from '../wire/tcp-options.js';
import { type Flow, isSameFlow } from '../wire/flow.js';
import { ipObjection } from './ip-header.js';
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
  const why = ipObjection(packet, transport);
  if (tcp === undefined) return { ok: false, why: why ?? 'no TCP segment' };
  const flow: Flow = { src: ip.dst, srcPort: tcp.dstPort, dst: ip.src, dstPort: tcp.srcPort };
  if (why !== undefined) return { ok: false, why, flow };
  if (!tcp.checksumOk && (transport === 'memory' || !isPartialChecksum(packet, tcp)))
    return { ok: false, why: 'wrong checksum', flow };
  if (tcp.options.some(isMd5)) return { ok: false, why: 'signed by TCP-MD5, of which no key is known', flow };
  return { ok: true, packet, segment: tcp, flow };
}

/**
 * RFC 2385 §2.0; tcp_inbound_md5_hash() drops it where the socket has no key. Not so TCP-AO (RFC 5925): who knows none of it takes
 * the segment, as a kernel without CONFIG_TCP_AO.
 */
const isMd5 = (option: TcpOption): boolean => option.kind === 'unknown' && option.code === TcpOptionKind.MD5;

/** A segment of one connection; `flow` is seen from this side. */
export function receiveSegment(bytes: Uint8Array, flow: Flow, transport?: Transport): Received {
  const received = readSegment(bytes, transport);
  if (received.flow === undefined || isSameFlow(received.flow, flow)) return received;
  return { ok: false, why: 'another four-tuple', flow: received.flow };
}
