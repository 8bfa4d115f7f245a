/** A packet as it passed the link, with who sent it: rawshake, or the kernel of which host. */
import type { Millis } from '../tcp/types.js';
import { type Packet, type Seq, seqAdd, TcpFlag, type TcpSegment } from '../wire/index.js';
import type { HostName } from './host.js';

export type Sender = 'rawshake' | 'kernel';

export interface ObservedPacket {
  /** When it passed the link: monotonic, the kernel's stamp. */
  readonly at: Millis;
  readonly from: HostName;
  /** A host that talks to itself, over its loopback, is both. */
  readonly to: HostName;
  /** The host on its way, or at its end, that dropped it; left out: none is known to have. */
  readonly droppedAt?: HostName;
  /** Who made it, by the mark of the socket that it left from. */
  readonly sender: Sender;
  readonly packet: Packet;
  readonly segment: TcpSegment;
  /** Why the hand-made side did not believe it, in a few words; left out: it did, or nobody has asked it. */
  readonly ignored?: string;
  /** The hand-made side has sent it before, and now again for want of an acknowledgment; left out: it has not, or nobody has asked it. */
  readonly retransmission?: true;
}

/** How far it came, as far as is known. */
export const endOf = ({ to, droppedAt = to }: Pick<ObservedPacket, 'to' | 'droppedAt'>): HostName => droppedAt;

/** The first sequence number of each side, from which a trace counts: that of its SYN. */
export function initialSequenceNumbers(packets: readonly ObservedPacket[]): Partial<Record<HostName, number>> {
  const first: Partial<Record<HostName, number>> = {};
  for (const { from, segment } of packets) first[from] ??= segment.seq;
  return first;
}

/**
 * When the kernel of `host` first sent a segment of its own to the connection: where that was adopted, it began to own it then.
 * A RST is no such segment; a kernel sends that where it owns nothing.
 */
export const ownedSince = (packets: readonly ObservedPacket[], host: HostName): Millis | undefined =>
  packets.find(
    ({ from, sender, segment }) => from === host && sender === 'kernel' && (segment.flags & TcpFlag.RST) === 0,
  )?.at;

/** The sequence number behind a segment: SYN and FIN count as one each. RFC 9293 §3.4. */
export function sequenceEnd({ seq, flags, payload }: TcpSegment): Seq {
  const controls = [TcpFlag.SYN, TcpFlag.FIN].filter((flag) => (flags & flag) !== 0).length;
  return seqAdd(seq, payload.length + controls);
}
