/** A packet as it passed the link, with who sent it: rawshake, the kernel of which host and for whom, a program. */
import type { Millis } from '../tcp/types.js';
import { type Packet, type Seq, seqAdd, TcpFlag, type TcpSegment } from '../wire/index.js';
import type { HostName } from './host.js';

/**
 * `kernel`: of itself, or for a socket. `program`: a foreign one, and how is in `program`. `forwarded`: somebody behind another
 * interface of the host, a TUN or a container.
 */
export type Sender = 'rawshake' | 'kernel' | 'program' | 'forwarded' | 'unknown';

/** A foreign program, as far as it is known. */
export interface SendingProgram {
  /**
   * `raw`, `packet`: made by hand, over AF_INET or AF_PACKET; `by-hand`: over one of the two; `tcp`: by the kernel, for a TCP socket.
   * Left out: raw or TCP.
   */
  readonly socket?: 'raw' | 'packet' | 'by-hand' | 'tcp';
  /** Left out: it was gone, or there are several that it could be. */
  readonly pid?: number;
  /** As the kernel calls it, 15 characters at most: `python3`. */
  readonly name?: string;
}

/**
 * For whom a kernel made a packet.
 * `socket`: one that rawshake, or a program, has open. `not-accepted`: a connection that no accept() has returned. `orphan`: a socket
 * that its program has closed, or shut down both ways. `firewall`: a rule that rejects.
 */
export type SentFor =
  'nobody' | 'listener' | 'half-open' | 'not-accepted' | 'socket' | 'orphan' | 'time-wait' | 'firewall';

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
  /** Of a program's. */
  readonly program?: SendingProgram;
  /** Of a kernel's, where that was looked for and is known. */
  readonly sentFor?: SentFor;
  /** The Ethernet address that a program has sent it to, where that is not its receiver's. */
  readonly frameFor?: string;
  readonly packet: Packet;
  readonly segment: TcpSegment;
  /** Why the hand-made side did not believe it, in a few words; left out: it did, or nobody has asked it. */
  readonly ignored?: string;
  /** The hand-made side has sent it before, and now again for want of an acknowledgment; left out: it has not, or nobody has asked it. */
  readonly retransmission?: true;
}

/** Whether no TCP of a kernel made it. */
export const isByHand = ({ sender, program }: Pick<ObservedPacket, 'sender' | 'program'>): boolean =>
  sender === 'rawshake' ||
  sender === 'forwarded' ||
  (sender === 'program' && program?.socket !== undefined && program.socket !== 'tcp');

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
