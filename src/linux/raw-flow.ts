/** What SOCK_RAW hands over, made a whole IP packet, and only of the flow that a port was opened for. */
import { addressBytes, type Family, familyOf } from './sockaddr.js';
import type { ReceivedFlow } from './bpf.js';
import { emitPacket } from '../wire/packet.js';

/** What a port on a host is opened for. */
export interface PortOptions {
  /** The address of this side: packets to it are received. */
  readonly local: string;
  readonly localPort?: number;
  /** The address of the other side: packets from it are received, packets go to it. */
  readonly remote: string;
  readonly remotePort?: number;
  /** SO_MARK of all that is sent, so that a filter can spare it. Needs CAP_NET_ADMIN; left out or 0: none. */
  readonly mark?: number;
}

/** Large enough for what segmentation offload hands over in one piece. */
export const RECEIVE_BYTES = 65_575;

export const receivedFlow = (options: PortOptions): ReceivedFlow => ({
  src: options.remote,
  dst: options.local,
  ...(options.remotePort !== undefined && { srcPort: options.remotePort }),
  ...(options.localPort !== undefined && { dstPort: options.localPort }),
});

/** Whether received bytes, as the raw socket gives them (`source` is their sender), belong to the flow. */
export function belongsTo(options: PortOptions): (bytes: Uint8Array, source: string) => boolean {
  const v4 = familyOf(options.local) === 4;
  const local = addressBytes(options.local);
  return (bytes, source) => {
    if (source !== options.remote) return false;
    if (v4 && !local.every((byte, i) => bytes[16 + i] === byte)) return false;
    const tcp = v4 ? ((bytes[0] ?? 0) & 0xf) * 4 : 0;
    const port = (at: number): number => ((bytes[tcp + at] ?? 0) << 8) | (bytes[tcp + at + 1] ?? 0);
    return (
      (options.remotePort === undefined || port(0) === options.remotePort) &&
      (options.localPort === undefined || port(2) === options.localPort)
    );
  };
}

/** A copy of the received bytes with, on IPv6, the header that the kernel keeps to itself. */
export function wholePacket(family: Family, bytes: Uint8Array, options: PortOptions): Uint8Array {
  if (family === 4) return new Uint8Array(bytes); // not slice(): of a Buffer that is a view
  return emitPacket({
    ip: { version: 6, src: options.remote, dst: options.local, nextHeader: 6, hopLimit: 0 },
    payload: bytes,
  });
}
