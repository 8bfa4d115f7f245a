/** What two ends said to each other, as packetdrill writes it: numbers relative to both initial sequence numbers. */
import type { ObservedPacket } from '../../evidence/packet.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import { formatSegment } from '../../wire/index.js';

const sentBy =
  (flow: Flow) =>
  ({ packet: { ip }, segment }: ObservedPacket): boolean =>
    ip.src === flow.src && ip.dst === flow.dst && segment.srcPort === flow.srcPort && segment.dstPort === flow.dstPort;

/** Each segment that `flow.src` sent, without window and options: `S. 0:0(0) ack 1`. */
export function segmentsOf(packets: readonly ObservedPacket[], flow: Flow): readonly string[] {
  const sent = packets.filter(sentBy(flow));
  const answer = packets.find(sentBy(reverseFlow(flow)));
  const numbers = { seqBase: sent[0]?.segment.seq, ackBase: answer?.segment.seq };
  return sent.map(({ segment }) => formatSegment(segment, numbers).replace(/ win .*/, ''));
}
