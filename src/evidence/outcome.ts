/** How a handshake can go, and by whose RST. */
import { TcpFlag } from '../wire/index.js';
import type { HostName } from './host.js';
import type { ObservedPacket } from './packet.js';

/** How a handshake went: the closed list of the command line's JSON. */
export type Outcome =
  | 'established'
  /** The kernel of the hand-made side answered with RST. */
  | 'reset-by-own-kernel'
  /** RST from the other side: no socket there. */
  | 'refused'
  /** RST from the other side, after its SYN/ACK. */
  | 'reset-by-peer'
  | 'no-answer'
  | 'icmp-unreachable'
  /** Established, but not all that was to be sent was acknowledged, or received, or the other side vanished. */
  | 'incomplete'
  | 'aborted';

const has = (packet: ObservedPacket, flags: number): boolean => (packet.segment.flags & flags) === flags;

/** The RSTs of a host's kernel. */
export const kernelResets = (packets: readonly ObservedPacket[], host: HostName): readonly ObservedPacket[] =>
  packets.filter((packet) => packet.from === host && packet.sender === 'kernel' && has(packet, TcpFlag.RST));

/** The RSTs by which the other side ended the connection. */
export function peerResets(packets: readonly ObservedPacket[], handMade: HostName): readonly ObservedPacket[] {
  const fromPeer = packets.filter(({ from }) => from !== handMade);
  // A repeated FIN that we acknowledge twice finds no socket the second time: that RST comes after the end.
  const closedAt = fromPeer.find((packet) => has(packet, TcpFlag.FIN))?.at ?? Infinity;
  return fromPeer.filter((packet) => has(packet, TcpFlag.RST) && packet.at < closedAt);
}
