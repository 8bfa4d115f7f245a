/** All that was seen of a run, in the order of time: what each report is drawn from. */
import type { Evidence } from './evidence.js';
import type { HostName } from './host.js';
import type { KernelEvent } from './kernel-event.js';
import type { Moment, MomentOf } from './moment.js';
import { type ObservedPacket, receiverOf } from './packet.js';
import { RelativeNumbers } from './relative-numbers.js';

export type Recorded = Pick<Evidence, 'packets' | 'lookups'> &
  Partial<Pick<Evidence, 'kernel' | 'systemCalls' | 'scenes'>>;

/** The moments of an experiment. */
export function timeline(recorded: Recorded): readonly Moment[] {
  const { packets, lookups, kernel = [], systemCalls = [], scenes = [] } = recorded;
  const start = startOf(recorded);
  const ports = portsOf(packets);
  const manyPorts = ports.client.size > 1 || ports.server.size > 1;
  const tellRemotePort = new Set(lookups.map(({ dstPort }) => dstPort)).size > 1;
  const isTelling = heardOnce(kernel);
  // At the same moment: the heading first, then what was asked, what passed, and what the kernel said of it.
  return [
    ...scenes.map(({ atMs, title }): Moment => ({ type: 'scene', ms: atMs - start, isTelling: true, title })),
    ...lookups.map((lookup): Moment => ({
      type: 'lookup',
      ms: lookup.atMs - start,
      isTelling: true,
      lookup,
      tellRemotePort,
    })),
    ...packetMoments(packets, start, ports),
    ...kernel.map((event): Moment => {
      const port = manyPorts ? ownPort(event, ports) : undefined;
      const told = port === undefined ? {} : { port };
      return { type: 'event', ms: event.atMs - start, isTelling: isTelling(event), event, ...told };
    }),
    ...systemCalls.map((call): Moment => ({ type: 'call', ms: call.atMs - start, isTelling: false, call })),
  ].sort((a, b) => a.ms - b.ms);
}

/** The first packet is at 0; where there is none, whatever came first. */
export function startOf({ packets, lookups, kernel = [], scenes = [] }: Recorded): number {
  const [first] = packets;
  if (first !== undefined) return first.at;
  const moments = [...lookups, ...kernel, ...scenes].map(({ atMs }) => atMs);
  return moments.length === 0 ? 0 : earliest(moments);
}

/** Of any number of times, which the arguments of a function are not; infinity of none. */
export const earliest = (times: readonly number[]): number =>
  times.reduce((first, time) => Math.min(first, time), Infinity);

type Ports = Readonly<Record<HostName, ReadonlySet<number>>>;

/** The ports that each host was seen with. */
export function portsOf(packets: readonly ObservedPacket[]): Ports {
  const ports = { client: new Set<number>(), server: new Set<number>() };
  for (const packet of packets) {
    ports[packet.from].add(packet.segment.srcPort);
    ports[receiverOf(packet)].add(packet.segment.dstPort);
  }
  return ports;
}

export function packetMoments(packets: readonly ObservedPacket[], start: number, ports: Ports): MomentOf<'packet'>[] {
  const relative = new RelativeNumbers();
  return packets.map((packet) => {
    const { at, from, segment } = packet;
    const { srcPort, dstPort } = segment;
    const { src, dst } = packet.packet.ip;
    const to = receiverOf(packet);
    const toItself = from === to;
    return {
      ...{ type: 'packet', ms: at - start, isTelling: true, packet, to },
      numbers: relative.of(segment, { src, srcPort, dst, dstPort }, 0),
      ...((toItself || ports[from].size > 1) && { fromPort: srcPort }),
      ...((toItself || ports[to].size > 1) && { toPort: dstPort }),
    };
  });
}

/** The kernel says twice that it refuses a segment: as it makes the RST, and as it frees what it answers. Once will do. */
function heardOnce(events: readonly KernelEvent[]): (event: KernelEvent) => boolean {
  const answered = new Set(events.flatMap(({ event, skb }) => (event === 'tcp_send_reset' ? (skb ?? []) : [])));
  return ({ event, skb }) => event !== 'kfree_skb' || skb === undefined || !answered.has(skb);
}

/** The port of the event's own host: of its two, the one that the host was seen with. */
function ownPort({ host, srcPort, dstPort }: KernelEvent, ports: Ports): number | undefined {
  return [srcPort, dstPort].find((port) => port !== undefined && ports[host].has(port));
}
