/** The TCP segment of a frame, and whose it is. */
import type { Flow } from '../../wire/flow.js';
import type { Packet, TcpSegment } from '../../wire/index.js';
import type { Dissection } from './parts.js';

export interface FoundSegment {
  readonly packet: Packet;
  readonly segment: TcpSegment;
  readonly flow: Flow;
}

export const segmentIn = ({ frame }: Dissection): FoundSegment | undefined => {
  const packet = frame?.packet;
  const segment = packet?.tcp;
  if (packet === undefined || segment === undefined) return undefined;
  const { src, dst } = packet.ip;
  return { packet, segment, flow: { src, srcPort: segment.srcPort, dst, dstPort: segment.dstPort } };
};
