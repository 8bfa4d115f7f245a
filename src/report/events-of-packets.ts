/** Which kernel event belongs to which packet: by host, by flow, by time. */
import type { KernelEvent } from '../evidence/kernel-event.js';
import { endOf, type ObservedPacket } from '../evidence/packet.js';
import { CLOCK_SLACK_MS } from '../evidence/trace/scene.js';
import { TcpFlag } from '../wire/index.js';

/** The events of each packet that has any, in their order. `packets`: in the order of time. */
export function eventsOfPackets(
  packets: readonly ObservedPacket[],
  events: readonly KernelEvent[],
): ReadonlyMap<ObservedPacket, readonly KernelEvent[]> {
  const found = new Map<ObservedPacket, KernelEvent[]>();
  for (const event of events) {
    const packet = packetOf(event, packets);
    if (packet === undefined) continue;
    const known = found.get(packet);
    if (known === undefined) found.set(packet, [event]);
    else known.push(event);
  }
  return found;
}

/** Whatever is not about to be sent concerns what came in last. */
function packetOf(event: KernelEvent, packets: readonly ObservedPacket[]): ObservedPacket | undefined {
  const ofFlow = packets.filter((packet) => isOfFlow(packet, event));
  const arrived = (): ObservedPacket | undefined =>
    ofFlow.findLast((packet) => endOf(packet) === event.host && packet.at <= event.atMs + CLOCK_SLACK_MS);
  const sentNext = ofFlow.find(({ at, from }) => from === event.host && at >= event.atMs - CLOCK_SLACK_MS);
  switch (event.event) {
    case 'tcp_send_reset':
      // Dropped on its way out, it is not there: then what the host sends next is something else.
      return sentNext !== undefined && isKernelReset(sentNext) ? sentNext : arrived();
    case 'tcp_retransmit_skb':
    case 'tcp_retransmit_synack':
      return sentNext;
    case 'inet_sock_set_state':
      return ENTERED_BY_SENDING.includes(event.newState) ? sentNext : arrived();
    case 'tcp_receive_reset':
    case 'kfree_skb':
    case 'tcp_bad_csum':
      return arrived();
  }
}

const ENTERED_BY_SENDING: readonly KernelEvent['newState'][] = ['SYN_SENT', 'FIN_WAIT1', 'LAST_ACK'];

const isKernelReset = ({ sender, segment }: ObservedPacket): boolean =>
  sender === 'kernel' && (segment.flags & TcpFlag.RST) !== 0;

/** A listener's event knows its own end alone, and some know none: any packet of the host will do then. */
function isOfFlow(packet: ObservedPacket, { host, srcPort, dstPort }: KernelEvent): boolean {
  if (packet.from !== host && endOf(packet) !== host) return false;
  const ports = [packet.segment.srcPort, packet.segment.dstPort];
  return [srcPort, dstPort].every((port) => port === undefined || port === 0 || ports.includes(port));
}
