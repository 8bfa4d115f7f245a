/** The link under the packet port: IP packets of one host out of and into Ethernet frames, neighbours found and answered. */
import type { Refused } from '../../driver/ports.js';
import { about, RawshakeError } from '../../error.js';
import { u16 } from '../../wire/bytes.js';
import { EtherType, formatMac, parseMac } from '../../wire/index.js';
import { systemClock } from '../libc/clock.js';
import { ARPHRD_ETHER, ARPHRD_LOOPBACK, IPPROTO_ICMPV6 } from '../libc/constants.js';
import type { SystemCallError } from '../libc/libc.js';
import { martians } from './martians.js';
import { answerFrame, readNeighbourMessage, solicitedNode, type Station } from './neighbour-messages.js';
import { Neighbours } from './neighbours.js';
import { openPacketSocket, type PacketSocket, type PacketSocketOptions } from './packet-socket.js';
import { addressText, destinationOf, isForStranger } from './raw-flow.js';
import type { Leaving, RouteTable } from '../netlink/route-table.js';
import { familyOf } from '../libc/sockaddr.js';
import { type BpfInstruction, SERVER_QUEUE_BYTES } from '../libc/socket.js';

export interface PacketLinkOptions {
  readonly interfaceIndex: number;
  readonly routes: RouteTable;
  /** This side's address, in its canonical form. */
  readonly local: string;
  /** What decides the way to each destination, beside itself. */
  readonly leaving: Leaving;
  /**
   * A link address other than the interface's own, for an address that the host does not own: the kernel then takes no
   * part, so the neighbours' questions for it are answered here.
   */
  readonly spareMac?: string;
  readonly filter: readonly BpfInstruction[];
  /** Passes what waits in a queue of its own, and is not to keep the rest waiting: a server's SYNs. */
  readonly synFilter?: readonly BpfInstruction[];
  readonly mark?: number;
  /** Each IP packet that the filter lets through; the bytes are the listener's to keep. */
  readonly onPacket: (packet: Uint8Array) => void;
  /** `packet`: what was not sent; undefined where no neighbour answers for it. */
  readonly onError: (error: SystemCallError, packet?: Uint8Array) => void;
  /** One that the kernel's TCP would not look at: for what its frame says, or for its source. */
  readonly onRefused: (refused: Refused) => void;
}

export interface PacketLink {
  send(packet: Uint8Array): void;
  /** Idempotent. */
  close(): void;
}

const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
/** SYNs that a server reads in a turn of the event loop; of all else twice as many. */
const SYNS_IN_A_TURN = 32;
const NEIGHBOR_SOLICITATION = 135;
const NEIGHBOR_ADVERTISEMENT = 136;
const UNSPECIFIED = new Uint8Array(6);

/**
 * Opens it in the network namespace that the thread is in.
 * @throws {RawshakeError} RS_NO_TRANSPORT where the interface has no Ethernet header
 */
export function openPacketLink(options: PacketLinkOptions): PacketLink {
  const { interfaceIndex, routes, local, leaving, spareMac, onPacket, onError, onRefused } = options;
  const family = familyOf(local);
  const isServer = options.synFilter !== undefined;
  const socket = openSockets(options, {
    onFrames(frames) {
      for (const frame of frames) receive(frame);
    },
    onError(error, frame) {
      onError(error, isNeighbourMessage(frame) ? undefined : frame.subarray(ETHERNET_BYTES));
    },
  });
  const isLoopback = socket.link.type === ARPHRD_LOOPBACK;
  const objection = martians(family, isLoopback ? 'kernel' : 'link');
  const self: Station = { address: local, mac: spareMac ?? formatMac(socket.link.mac) };
  const neighbours = new Neighbours({
    interfaceIndex,
    self,
    routes,
    leaving,
    clock: systemClock,
    transmit: (frame) => {
      socket.send(frame);
    },
    onUnreachable: onError,
  });
  try {
    prepare(socket, self, spareMac !== undefined);
  } catch (error) {
    socket.close();
    throw error;
  }

  const receive = (frame: Uint8Array): void => {
    if (isNeighbourMessage(frame)) {
      hear(frame);
      return;
    }
    const packet = withoutPadding(frame.subarray(ETHERNET_BYTES));
    const why = isLoopback || isTo(frame, source) ? objection(packet) : 'a frame to another link address';
    if (why !== undefined) {
      onRefused({ packet, why });
      return;
    }
    onPacket(packet);
  };
  const hear = (frame: Uint8Array): void => {
    const message = readNeighbourMessage(frame);
    if (message?.kind === 'answer') neighbours.answered(message.station);
    else if (message?.target === local && spareMac !== undefined) socket.send(answerFrame(message.asker, self));
  };

  const etherType = family === 4 ? EtherType.IPV4 : EtherType.IPV6;
  const source = macBytes(self.mac);
  let last: { readonly mac: Uint8Array; readonly header: Uint8Array } | undefined;
  const header = (mac: Uint8Array): Uint8Array => {
    if (last?.mac !== mac) last = { mac, header: Uint8Array.of(...mac, ...source, etherType >>> 8, etherType & 0xff) };
    return last.header;
  };
  return {
    send(packet) {
      const destination = addressText(destinationOf(family, packet));
      const mac = isLoopback ? UNSPECIFIED : neighbours.known(destination);
      if (mac !== undefined) {
        socket.send(header(mac), packet);
        return;
      }
      const kept = packet.slice();
      const send = (found: Uint8Array): void => {
        socket.send(header(found), kept);
      };
      neighbours.find(destination, send, isServer && isForStranger(family, packet) ? 'stranger' : 'peer');
    },
    close() {
      neighbours.close();
      socket.close();
    },
  };
}

/** The first sends, and joins groups, for both. */
function openSockets(
  { interfaceIndex, filter, synFilter, mark }: PacketLinkOptions,
  listeners: Pick<PacketSocketOptions, 'onFrames' | 'onError'>,
): PacketSocket {
  const common = { ...listeners, interfaceIndex, ...(mark !== undefined && { mark }) };
  if (synFilter === undefined) return openPacketSocket({ ...common, filter });
  const first = openPacketSocket({ ...common, filter, queueBytes: SERVER_QUEUE_BYTES });
  try {
    const syns = openPacketSocket({
      ...common,
      filter: synFilter,
      queueBytes: SERVER_QUEUE_BYTES,
      mostInATurn: SYNS_IN_A_TURN,
    });
    return {
      ...first,
      close() {
        first.close();
        syns.close();
      },
    };
  } catch (error) {
    first.close();
    throw error;
  }
}

const macBytes = (text: string): Uint8Array => parseMac(text) ?? UNSPECIFIED;

function prepare(socket: PacketSocket, self: Station, isSpare: boolean): void {
  const { type } = socket.link;
  if (type !== ARPHRD_ETHER && type !== ARPHRD_LOOPBACK) throw noEthernet(type);
  if (!isSpare) return;
  socket.join(macBytes(self.mac));
  if (familyOf(self.address) === 6) socket.join(macBytes(solicitedNode(self.address).mac));
}

/** A broadcast or multicast frame that carries a packet to one host is not for its TCP: RFC 1122 §3.3.6. */
const isTo = (frame: Uint8Array, mac: Uint8Array): boolean => mac.every((byte, i) => frame[i] === byte);

function isNeighbourMessage(frame: Uint8Array): boolean {
  const etherType = u16(frame, 12);
  const type = frame[ETHERNET_BYTES + 40] ?? 0;
  const isDiscovery = type === NEIGHBOR_SOLICITATION || type === NEIGHBOR_ADVERTISEMENT;
  return (
    etherType === EtherType.ARP ||
    (etherType === EtherType.IPV6 && frame[ETHERNET_BYTES + 6] === IPPROTO_ICMPV6 && isDiscovery)
  );
}

/** An Ethernet frame has at least 60 bytes; what the IP header does not count is padding. RFC 894, RFC 2464. */
function withoutPadding(packet: Uint8Array): Uint8Array {
  const isIpv4 = (packet[0] ?? 0) >>> 4 === 4;
  const [length, least] = isIpv4 ? [u16(packet, 2), IPV4_BYTES] : [IPV6_BYTES + u16(packet, 4), IPV6_BYTES + 1];
  // What cannot be a length says nothing of padding; on IPv6 it is 0 in a jumbogram.
  return length < least ? packet : packet.subarray(0, length);
}

const noEthernet = (type: number): RawshakeError =>
  new RawshakeError(
    'RS_NO_TRANSPORT',
    about('packet', {
      en: `the interface has no Ethernet header (ARPHRD type ${type})`,
      zh: `该接口没有以太网首部（ARPHRD 类型 ${type}）`,
    }),
    { hint: { en: 'Use --transport libc.', zh: '请使用 --transport libc。' } },
  );
