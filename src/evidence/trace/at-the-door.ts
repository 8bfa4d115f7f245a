/**
 * Whose drops those are that come before any route is looked up: at netdev's ingress hook, in PREROUTING. The event names
 * neither addresses nor interface, but the capture has seen the packet: AF_PACKET is served before the hooks.
 */
import type { ObservedPacket } from '../packet.js';
import type { OwnedRecord } from './owner.js';
import { CLOCK_SLACK_MS, SAME_MOMENT_MS, type TraceScene } from './scene.js';

/** The packet that a `kfree_skb` of netfilter in a soft interrupt ended at its receiver's door; undefined where it is another. */
export function droppedAtTheDoor(
  { record, arrival }: OwnedRecord,
  { hosts, packets, pids }: TraceScene,
): ObservedPacket | undefined {
  const last = packets.findLast(({ at }) => at <= record.atMs + CLOCK_SLACK_MS);
  if (last === undefined || !record.softirq) return undefined;
  // With no packet of a lab in hand, it may be any program's: only what this one's processes caused, at that moment.
  if (arrival === undefined)
    return pids.includes(record.pid) && record.atMs - last.at <= SAME_MOMENT_MS ? last : undefined;
  // In answer to what had arrived, on its way to the other host since.
  return hosts.find(({ name }) => name === last.from)?.link === arrival.link && last.at > arrival.atMs - CLOCK_SLACK_MS
    ? last
    : undefined;
}
