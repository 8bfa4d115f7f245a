/** Decides whether a received packet is a sound segment of one connection. */
import { parsePacket, pseudoHeaderSum, fold, tcpProtocol, type Packet, type TcpSegment } from '../wire/index.js';
import type { Flow } from '../wire/flow.js';

/** A segment of the flow, or why the packet is none, in a few words. */
export type Received =
  | { readonly ok: true; readonly packet: Packet; readonly segment: TcpSegment }
  | { readonly ok: false; readonly why: string };

const refuse = (why: string): Received => ({ ok: false, why });

/** `flow` is seen from this side: a packet of it comes from `flow.dst`. */
export function receiveSegment(bytes: Uint8Array, flow: Flow): Received {
  const parsed = parsePacket(bytes);
  if (!parsed.ok) return refuse(parsed.error.message);
  const packet = parsed.value;
  const { ip, tcp } = packet;
  if (tcp === undefined) return refuse('no TCP segment');
  if (ip.src !== flow.dst || ip.dst !== flow.src || tcp.srcPort !== flow.dstPort || tcp.dstPort !== flow.srcPort) {
    return refuse('another four-tuple');
  }
  if (!tcp.checksumOk && !isPartialChecksum(packet, tcp)) return refuse('wrong checksum');
  return { ok: true, packet, segment: tcp };
}

/**
 * Kernels leave the checksum to the network card. What never reaches one (loopback, veth) carries the sum of the
 * pseudo header alone, not complemented: CHECKSUM_PARTIAL, Documentation/networking/checksum-offloads.rst.
 */
export function isPartialChecksum({ ip, bytes }: Packet, tcp: TcpSegment): boolean {
  const length = tcp.dataOffset * 4 + tcp.payload.length;
  const [start, end] = ip.version === 4 ? [12, 20] : [8, 40];
  return tcp.checksum === fold(pseudoHeaderSum(bytes, start, end, tcpProtocol, length));
}
