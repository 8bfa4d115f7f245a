/** Of what kind the sender of a captured packet is, by the mark and the hash with which it left. */
import type { CapturedFrame } from '../../linux/capture/capture.js';
import type { SenderMarks } from '../../linux/netfilter/sender-marks.js';
import { TcpFlag, type Packet } from '../../wire/index.js';

/**
 * `raw`, `packet`, `tcp`: a program, by such a socket. `raw-or-tcp6`: of IPv6, a TCP socket, or a raw one that was bound to an address.
 */
export type SenderKind = 'raw' | 'packet' | 'tcp' | 'raw-or-tcp6' | 'kernel' | 'forwarded' | 'unknown';

/** On loopback such packets are told from those with a mark of their own, which keep that there. */
export const NO_MARK = 0;

/**
 * The kernel's TCP gives each segment the hash of its socket: skb_set_hash_from_sk(). No raw socket does, but where the kernel writes
 * the IPv6 header, and makes a flow label: ip6_make_flowlabel().
 */
export function senderKind(
  { mark, isHashed, isLoopback }: Pick<CapturedFrame, 'mark' | 'isHashed' | 'isLoopback'>,
  marks: SenderMarks,
  packet: Packet | undefined,
): SenderKind {
  const hashed = isHashed === true;
  if (mark === marks.kernel) return 'kernel';
  if (mark === marks.forwarded) return 'forwarded';
  if (mark === marks.unbound) return 'raw';
  if (mark === marks.program) return hashed ? (packet?.ip.version === 6 ? 'raw-or-tcp6' : 'tcp') : 'raw';
  if (mark === NO_MARK) return 'packet';
  // What netfilter does not see, as ARP, has none whoever sent it.
  return packet === undefined || isLoopback ? 'unknown' : 'packet';
}

export const isSynAck = (packet: Packet | undefined): boolean =>
  packet?.tcp !== undefined && (packet.tcp.flags & (TcpFlag.SYN | TcpFlag.ACK)) === (TcpFlag.SYN | TcpFlag.ACK);
