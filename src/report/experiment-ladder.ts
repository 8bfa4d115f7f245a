/** An experiment as a ladder: scenes, packets of any number of connections, look-ups and kernel events, in the order of time. */
import type { Text } from '../error.js';
import type { Evidence } from '../evidence/experiment.js';
import type { HostName } from '../evidence/host.js';
import type { KernelEvent } from '../evidence/kernel-event.js';
import type { Lookup } from '../evidence/lookup.js';
import { type ObservedPacket, receiverOf, type Sender } from '../evidence/packet.js';
import { TcpFlag } from '../wire/index.js';
import { smallest } from './columns.js';
import { segmentName } from './segment-name.js';

/** One line of it. `ms`: milliseconds since the first packet, negative before it. */
export type ExperimentRung =
  | { readonly type: 'scene'; readonly ms: number; readonly title: Text }
  | PacketRung
  | {
      readonly type: 'lookup';
      readonly ms: number;
      readonly lookup: Lookup;
      /** Whether the run's look-ups differ in the remote port, so that it is to be told. */
      readonly tellRemotePort: boolean;
    }
  | {
      readonly type: 'event';
      readonly ms: number;
      readonly event: KernelEvent;
      /** The host's own port, where there is more than one connection to tell apart. */
      readonly port?: number;
    };

export interface PacketRung {
  readonly type: 'packet';
  readonly ms: number;
  readonly name: string;
  readonly from: HostName;
  /** The same as `from` where a host talks to itself. */
  readonly to: HostName;
  readonly sender: Sender;
  readonly reset: boolean;
  /** Made by hand with a checksum that is wrong; a kernel's may be unfinished where it was seen. */
  readonly badChecksum: boolean;
  /** Ports at either end, where there is more than one to tell apart; always where a host talks to itself. */
  readonly fromPort?: number;
  readonly toPort?: number;
}

/** What the ladder is drawn from. */
export type ExperimentLadderSource = Pick<Evidence, 'packets' | 'lookups' | 'kernel' | 'scenes'>;

export function experimentLadder({ packets, lookups, kernel, scenes }: ExperimentLadderSource): ExperimentRung[] {
  const start = startOf({ packets, lookups, kernel, scenes });
  const ports = portsOf(packets);
  const tellRemotePort = new Set(lookups.map(({ dstPort }) => dstPort)).size > 1;
  const manyPorts = ports.client.size > 1 || ports.server.size > 1;
  // At the same moment: the heading first, then what was asked, what passed, and what the kernel said of it.
  return [
    ...scenes.map(({ atMs, title }): ExperimentRung => ({ type: 'scene', ms: atMs - start, title })),
    ...lookups.map((lookup): ExperimentRung => ({ type: 'lookup', ms: lookup.atMs - start, lookup, tellRemotePort })),
    ...packets.map((packet) => packetRung(packet, start, ports)),
    ...tellingEvents(kernel).map((event): ExperimentRung => {
      const port = manyPorts ? ownPort(event, ports) : undefined;
      return { type: 'event', ms: event.atMs - start, event, ...(port !== undefined && { port }) };
    }),
  ].sort((a, b) => a.ms - b.ms);
}

/** The first packet is at 0; where there is none, whatever came first. */
function startOf({ packets, lookups, kernel, scenes }: ExperimentLadderSource): number {
  const [first] = packets;
  if (first !== undefined) return first.at;
  const moments = [...lookups, ...kernel, ...scenes].map(({ atMs }) => atMs);
  return moments.length === 0 ? 0 : smallest(moments);
}

type Ports = Readonly<Record<HostName, ReadonlySet<number>>>;

/** The ports that each host was seen with. */
function portsOf(packets: readonly ObservedPacket[]): Ports {
  const ports = { client: new Set<number>(), server: new Set<number>() };
  for (const packet of packets) {
    ports[packet.from].add(packet.segment.srcPort);
    ports[receiverOf(packet)].add(packet.segment.dstPort);
  }
  return ports;
}

function packetRung(packet: ObservedPacket, start: number, ports: Ports): PacketRung {
  const { at, from, sender, segment } = packet;
  const to = receiverOf(packet);
  const toItself = from === to;
  return {
    type: 'packet',
    ms: at - start,
    name: segmentName(segment),
    from,
    to,
    sender,
    reset: (segment.flags & TcpFlag.RST) !== 0,
    badChecksum: sender === 'rawshake' && !segment.checksumOk,
    ...((toItself || ports[from].size > 1) && { fromPort: segment.srcPort }),
    ...((toItself || ports[to].size > 1) && { toPort: segment.dstPort }),
  };
}

/** The kernel says twice that it refuses a segment: as it makes the RST, and as it frees what it answers. Once will do. */
function tellingEvents(events: readonly KernelEvent[]): readonly KernelEvent[] {
  const answered = new Set(events.flatMap(({ event, skb }) => (event === 'tcp_send_reset' ? (skb ?? []) : [])));
  return events.filter(({ event, skb }) => event !== 'kfree_skb' || skb === undefined || !answered.has(skb));
}

/** The port of the event's own host: of its two, the one that the host was seen with. */
function ownPort({ host, srcPort, dstPort }: KernelEvent, ports: Ports): number | undefined {
  return [srcPort, dstPort].find((port) => port !== undefined && ports[host].has(port));
}
