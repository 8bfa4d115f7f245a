/** What a packet is to be, and was seen to be. An ICMP error quotes a packet, which may be ICMP: so these types are together. */
import type { WireError } from './error.js';
import type { Ipv4Header, Ipv4Init } from './ipv4.js';
import type { Ipv6Header, Ipv6Init } from './ipv6.js';
import type { NdpMessage } from './ndp.js';
import type { TcpInit, TcpSegment, TcpStart } from './tcp.js';

/** What all messages have; a field left out is computed or zero, a field given is emitted as it is. */
export interface Common {
  readonly code?: number;
  readonly checksum?: number;
}

export interface Echo<Kind extends string> extends Common {
  readonly kind: Kind;
  readonly id: number;
  readonly sequence: number;
  readonly payload?: Uint8Array;
}

export interface Other<Kind extends string> extends Common {
  readonly kind: Kind;
  /**
   * The 32 bits behind the checksum: the next hop's MTU in bytes (`unreachable` with code 4, `packetTooBig`), the
   * gateway (`redirect`), the pointer (`parameterProblem`: upper byte in ICMP, all 32 bits in ICMPv6). 0 where left out.
   */
  readonly info?: number;
  /** All behind the first 8 bytes: in an error, the packet it is about. */
  readonly payload?: Uint8Array;
}

/** An ICMP message (IPv4) to build. RFC 792. */
export type IcmpInit =
  | Echo<'echoRequest'>
  | Echo<'echoReply'>
  | Other<'unreachable' | 'redirect' | 'timeExceeded' | 'parameterProblem'>
  | (Other<'other'> & { readonly type: number });

/** An ICMPv6 message to build. RFC 4443, RFC 4861. */
export type Icmpv6Init =
  | Echo<'echoRequest'>
  | Echo<'echoReply'>
  | Other<'unreachable' | 'packetTooBig' | 'timeExceeded' | 'parameterProblem'>
  | (Other<'other'> & { readonly type: number })
  | (Common & NdpMessage);

/** What parsing adds to a message. */
export interface Seen {
  readonly code: number;
  readonly checksum: number;
  /** Whether the checksum fits the bytes. True as well where the packet was cut or is a fragment. */
  readonly checksumOk: boolean;
  /** The packet that an error is about, as far as it is quoted; absent in all other messages and where it cannot be read. */
  readonly quoted?: Packet | undefined;
}

/** An ICMP message as it was seen. */
export type IcmpMessage = IcmpInit & Seen;
/** An ICMPv6 message as it was seen. */
export type Icmpv6Message = Icmpv6Init & Seen;

/** Reads the packet that an error quotes; undefined where it is none. */
export type ReadQuoted = (bytes: Uint8Array, start: number, end: number) => Packet | undefined;

/** What an IP header is to carry. */
export interface LayersInit {
  readonly tcp?: TcpInit | undefined;
  readonly icmp?: IcmpInit | undefined;
  readonly icmpv6?: Icmpv6Init | undefined;
  /** Bytes behind the layers above, or behind the IP header where none is given. */
  readonly payload?: Uint8Array;
}

/** What an IP header was seen to carry. */
export interface Layers {
  readonly tcp?: TcpSegment | undefined;
  /** What can be read of a TCP header that was cut; its bytes are in `payload`. */
  readonly tcpStart?: TcpStart | undefined;
  readonly icmp?: IcmpMessage | undefined;
  readonly icmpv6?: Icmpv6Message | undefined;
  /** What is none of the layers above: another protocol, a later fragment, a cut header. */
  readonly payload: Uint8Array;
  /** Which layer lacks bytes, where the packet was cut (by a capture's snap length, by the router that quotes it). */
  readonly cut?: WireError | undefined;
}

/** What a packet is to be: a field left out is computed, a field given is emitted as it is, even if wrong. */
export interface PacketInit extends LayersInit {
  readonly ip: Ipv4Init | Ipv6Init;
  /** Bytes behind the end of the IP packet, such as Ethernet's padding. */
  readonly trailer?: Uint8Array;
}

/** A packet as it was seen. Emitted again, it gives the same bytes. */
export interface Packet extends Layers {
  readonly ip: Ipv4Header | Ipv6Header;
  /** Bytes behind the end of the IP packet, such as Ethernet's padding. */
  readonly trailer: Uint8Array;
  /** The bytes that all this was read from; a view, not a copy. */
  readonly bytes: Uint8Array;
}
