/** A packet as it passed the link, with who sent it: rawshake, or the kernel of which host. */
import type { Millis } from '../tcp/types.js';
import type { Packet, TcpSegment } from '../wire/index.js';
import { type HostName, otherHost } from './host.js';

export type Sender = 'rawshake' | 'kernel';

export interface ObservedPacket {
  /** When it passed the link: monotonic, the kernel's stamp. */
  readonly at: Millis;
  readonly from: HostName;
  /** Only of a packet that a host sends to itself; left out, it goes to the other one. */
  readonly to?: HostName;
  /** Who made it, by the mark of the socket that it left from. */
  readonly sender: Sender;
  readonly packet: Packet;
  readonly segment: TcpSegment;
}

/** Where a packet goes. */
export const receiverOf = ({ from, to }: Pick<ObservedPacket, 'from' | 'to'>): HostName => to ?? otherHost(from);

/** The first sequence number of each side, from which a trace counts: that of its SYN. */
export function initialSequenceNumbers(packets: readonly ObservedPacket[]): Partial<Record<HostName, number>> {
  const first: Partial<Record<HostName, number>> = {};
  for (const { from, segment } of packets) first[from] ??= segment.seq;
  return first;
}
