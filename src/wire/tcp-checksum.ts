/** What can be said of a TCP checksum where a packet was captured. */
import { fold } from './checksum.js';
import { ipv4PseudoSum } from './ipv4.js';
import { ipv6PseudoSum } from './ipv6.js';
import type { Packet } from './packet-types.js';
import { tcpProtocol, type TcpSegment } from './tcp.js';

/** `offload`: left for a network card to complete. `not-judged`: bytes of the segment are missing. */
export type ChecksumState = 'good' | 'bad' | 'offload' | 'not-judged';

export const isFragment = ({ ip }: Packet): boolean =>
  ip.version === 4 ? ip.moreFragments : ip.extensions.some(({ kind }) => kind === 'fragment');

/** The sum of the pseudo header of a packet for `length` bytes of `protocol`. */
export const pseudoSumOf = ({ ip, bytes }: Packet, protocol: number, length: number): number =>
  ip.version === 4
    ? ipv4PseudoSum(bytes, 0, ip.options, protocol, length)
    : ipv6PseudoSum(bytes, 0, ip.extensions, protocol, length);

/**
 * Kernels leave the checksum to the network card. What never reaches one (loopback, veth) carries the sum of the
 * pseudo header alone, not complemented: CHECKSUM_PARTIAL, Documentation/networking/checksum-offloads.rst.
 */
export const isPartialChecksum = (packet: Packet, tcp: TcpSegment): boolean =>
  tcp.checksum === fold(pseudoSumOf(packet, tcpProtocol, tcp.dataOffset * 4 + tcp.payload.length));

/** `segment`: the packet's; where only its `checksumOk` is true, a kernel has vouched for what is not complete yet. */
export const checksumState = (packet: Packet, segment: TcpSegment): ChecksumState => {
  if (packet.cut !== undefined || isFragment(packet)) return 'not-judged';
  const vouchedFor = segment.checksumOk;
  if ((packet.tcp ?? segment).checksumOk) return 'good';
  return vouchedFor || isPartialChecksum(packet, segment) ? 'offload' : 'bad';
};

/** As JSON has it: null where there is nothing to judge yet. */
export const isChecksumOk = (state: ChecksumState): boolean | null =>
  state === 'good' ? true : state === 'bad' ? false : null;
