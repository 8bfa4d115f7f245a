/** Which kernel event belongs to which packet: by host, by flow, by time. */
import type { KernelEvent } from '../evidence/kernel-event.js';
import { type ObservedPacket, receiverOf } from '../evidence/packet.js';
import { TcpFlag } from '../wire/index.js';

/** Stamps and events are converted from two clocks: one may seem to come before what caused it by this much. */
const CLOCK_SLACK_MS = 0.02;

/** The events of each packet that has any, in their order. `packets`: in the order of time. */
export function eventsOfPackets(
  packets: readonly ObservedPacket[],
  events: readonly KernelEvent[],
): ReadonlyMap<ObservedPacket, readonly KernelEvent[]> {
  const found = new Map<ObservedPacket, KernelEvent[]>();
  for (const event of events) {
    const packet =
      event.event === 'tcp_send_reset' ? (resetOf(event, packets) ?? causeOf(event, packets)) : causeOf(event, packets);
    if (packet === undefined) continue;
    const known = found.get(packet);
    if (known === undefined) found.set(packet, [event]);
    else known.push(event);
  }
  return found;
}

/** The RST that the event announces: the host's next on that flow, if it left at all before the next segment came. */
function resetOf(event: KernelEvent, packets: readonly ObservedPacket[]): ObservedPacket | undefined {
  const next = packets.find(
    (packet) => packet.at >= event.atMs - CLOCK_SLACK_MS && isOfFlow(packet, event) && packet.from === event.host,
  );
  return next !== undefined && next.sender === 'kernel' && (next.segment.flags & TcpFlag.RST) !== 0 ? next : undefined;
}

/** What the host dealt with just before. Repeated segments are what the host sends next. */
function causeOf(event: KernelEvent, packets: readonly ObservedPacket[]): ObservedPacket | undefined {
  const ofFlow = packets.filter((packet) => isOfFlow(packet, event));
  if (event.event === 'tcp_retransmit_skb' || event.event === 'tcp_retransmit_synack') {
    return ofFlow.find(({ at, from }) => from === event.host && at >= event.atMs - CLOCK_SLACK_MS);
  }
  return ofFlow.findLast(({ at }) => at <= event.atMs + CLOCK_SLACK_MS);
}

/** A listener's event knows its own end alone, and some know none: any packet of the host will do then. */
function isOfFlow(packet: ObservedPacket, { host, srcPort, dstPort }: KernelEvent): boolean {
  if (packet.from !== host && receiverOf(packet) !== host) return false;
  const ports = [packet.segment.srcPort, packet.segment.dstPort];
  return [srcPort, dstPort].every((port) => port === undefined || port === 0 || ports.includes(port));
}
