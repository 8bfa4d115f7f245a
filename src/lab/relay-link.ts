/** The link with a relay in it: client - middle - server, two veth pairs, this process between their ends in the middle. */
import { hasIpv6 } from '../linux/namespace/ipv6.js';
import type { Leases } from '../linux/process/leases.js';
import { libc, type SystemCallError } from '../linux/libc/libc.js';
import { createNamespace, type NetworkNamespace } from '../linux/namespace/netns.js';
import { openPacketSocket, type PacketSocket } from '../linux/port/packet-socket.js';
import { setSysctls } from '../linux/namespace/sysctl.js';
import { createVethPair, type VethEnd } from '../linux/namespace/veth.js';
import { type Direction, Relay } from './relay.js';

/** The middle's two ends have the names of the hosts that they lead to. */
const MIDDLE = {
  client: { name: 'client', mac: '02:00:00:00:01:01' },
  server: { name: 'server', mac: '02:00:00:00:01:02' },
} as const;

/** Joins the two hosts; what it opens is kept in `leases`. */
export function createRelayLink(client: VethEnd, server: VethEnd, leases: Leases): Relay {
  const netns = leases.add(createNamespace());
  // A host would have something to say of its own; a piece of wire has not.
  if (hasIpv6()) setSysctls(netns, { 'net.ipv6.conf.default.disable_ipv6': 1 });
  createVethPair(client, { ...MIDDLE.client, netns, addresses: [], neighbours: [] });
  createVethPair(server, { ...MIDDLE.server, netns, addresses: [], neighbours: [] });

  const relay: Relay = leases.add(
    new Relay((direction, frame) => {
      (direction === 'client-to-server' ? toServer : toClient).send(frame);
    }),
  );
  const toClient = leases.add(openEnd(netns, MIDDLE.client.name, 'client-to-server', relay));
  const toServer = leases.add(openEnd(netns, MIDDLE.server.name, 'server-to-client', relay));
  return relay;
}

/** What comes in at this end goes in `direction`. */
function openEnd(netns: NetworkNamespace, name: string, direction: Direction, relay: Relay): PacketSocket {
  return netns.run(() =>
    openPacketSocket({
      interfaceIndex: libc('if_nametoindex', name),
      onFrames(frames) {
        for (const frame of frames) relay.receive(direction, frame);
      },
      onError: throwUnlessFull,
    }),
  );
}

/** What meets a full backlog in the receiving host is lost, as on any link. */
function throwUnlessFull(error: SystemCallError): void {
  if (error.code !== 'ENOBUFS') throw error;
}
