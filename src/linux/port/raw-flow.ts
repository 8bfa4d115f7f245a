/** What SOCK_RAW hands over, made a whole IP packet, and only of the flow that a port was opened for. */
import { ipv4Text, ipv6Text } from '../../wire/address-cache.js';
import { u32 } from '../../wire/bytes.js';
import { emitPacket, TcpFlag } from '../../wire/index.js';
import { type ReceivedFlow, TCP_FLAGS } from '../libc/bpf.js';
import { addressBytes, type Family, familyOf } from '../libc/sockaddr.js';
import type { Zone } from './zone.js';

/** What a port on a host is opened for. */
export interface PortOptions {
  /** The address of this side: packets to it are received. */
  readonly local: string;
  readonly localPort?: number;
  /** The other side: packets from it are received. Left out: any, as a server wants it. */
  readonly remote?: string;
  readonly remotePort?: number;
  /** The only link that packets take: that of a link-local address, or one that was chosen. socket(7), SO_BINDTODEVICE */
  readonly zone?: Zone | undefined;
  /** SO_MARK of all that is sent, so that a filter can spare it. Needs CAP_NET_ADMIN; left out or 0: none. */
  readonly mark?: number;
}

/** Large enough for what segmentation offload hands over in one piece. */
export const RECEIVE_BYTES = 65_575;

export const receivedFlow = (options: PortOptions): ReceivedFlow => ({
  dst: options.local,
  ...(options.remote !== undefined && { src: options.remote }),
  ...(options.remotePort !== undefined && { srcPort: options.remotePort }),
  ...(options.localPort !== undefined && { dstPort: options.localPort }),
});

/** Where the addresses stand in an IP header. RFC 791 §3.1, RFC 8200 §3. */
const ADDRESSES: Readonly<Record<Family, { readonly src: number; readonly dst: number; readonly bytes: number }>> = {
  4: { src: 12, dst: 16, bytes: 4 },
  6: { src: 8, dst: 24, bytes: 16 },
};

/** Whether a packet, from its IP header on, belongs to the flow: a BPF filter misses what came before it was attached. */
export function belongsTo(options: PortOptions): (packet: Uint8Array) => boolean {
  const family = familyOf(options.local);
  const { src, dst } = ADDRESSES[family];
  const local = addressBytes(options.local);
  const remote = options.remote === undefined ? new Uint8Array(0) : addressBytes(options.remote);
  return (packet) => {
    const isAt = (address: Uint8Array, at: number): boolean => address.every((byte, i) => packet[at + i] === byte);
    if (!isAt(local, dst) || !isAt(remote, src)) return false;
    const tcp = family === 4 ? ((packet[0] ?? 0) & 0xf) * 4 : 40;
    const port = (at: number): number => ((packet[tcp + at] ?? 0) << 8) | (packet[tcp + at + 1] ?? 0);
    return (
      (options.remotePort === undefined || port(0) === options.remotePort) &&
      (options.localPort === undefined || port(2) === options.localPort)
    );
  };
}

/** The destination in an IP header. */
export function destinationOf(family: Family, packet: Uint8Array): Uint8Array {
  const { dst, bytes } = ADDRESSES[family];
  return packet.subarray(dst, dst + bytes);
}

/** The source in an IP header. */
export function sourceOf(family: Family, packet: Uint8Array): Uint8Array {
  const { src, bytes } = ADDRESSES[family];
  return packet.subarray(src, src + bytes);
}

/** SYN/ACK or RST: whoever they are for need not have shown that he is there. The headers are our own, IPv6's without extensions. */
export function isForStranger(family: Family, packet: Uint8Array): boolean {
  const tcpAt = family === 4 ? 4 * ((packet[0] ?? 0) & 0xf) : IPV6_HEADER_BYTES;
  return ((packet[tcpAt + TCP_FLAGS] ?? 0) & (TcpFlag.SYN | TcpFlag.RST)) !== 0;
}

const IPV6_HEADER_BYTES = 40;

export const addressText = (bytes: Uint8Array): string =>
  bytes.length === 4 ? ipv4Text(u32(bytes, 0)) : ipv6Text(bytes, 0);

/** What an AF_INET6 raw socket gave, with the header that the kernel keeps to itself put before it. */
export const withIpv6Header = (payload: Uint8Array, nextHeader: number, src: string, dst: string): Uint8Array =>
  emitPacket({ ip: { version: 6, src, dst, nextHeader, hopLimit: 0 }, payload });
