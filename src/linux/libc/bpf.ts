/** Classic BPF programs for the sockets of this project. `<linux/filter.h>`, Documentation/networking/filter.rst. */
import { EtherType, Ipv6ExtensionProtocol, TcpFlag } from '../../wire/index.js';
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, PACKET_HOST } from './constants.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import { addressBytes, familyOf } from './sockaddr.js';
import type { BpfInstruction } from './socket.js';

import {
  LD_W_ABS,
  LD_H_ABS,
  LD_B_ABS,
  LD_H_IND,
  LD_B_IND,
  LDX_MSH,
  JEQ,
  AND,
  RET,
  SKF_NET_OFF,
  SKF_AD_PROTOCOL,
  SKF_AD_PKTTYPE,
  WHOLE_PACKET,
} from './bpf-code.js';
import { ofNoVlan } from './bpf-frame.js';

/** One end-to-end flow as the receiver sees it: `src` is the peer. What is left out matches any. */
export interface ReceivedFlow {
  readonly src?: string;
  readonly dst: string;
  readonly srcPort?: number;
  readonly dstPort?: number;
}

export interface Comparison {
  readonly load: readonly BpfInstruction[];
  /** It holds where what was loaded is one of these. */
  readonly oneOf: readonly number[];
}

/** Returns the whole packet, or nothing, where all comparisons hold; the first that does not jumps to what follows the block. */
function block(comparisons: readonly Comparison[], result = WHOLE_PACKET): BpfInstruction[] {
  const length = comparisons.reduce((sum, { load, oneOf }) => sum + load.length + oneOf.length, 1);
  const program: BpfInstruction[] = [];
  for (const { load, oneOf } of comparisons) {
    program.push(...load);
    oneOf.forEach((value, i) => {
      const left = oneOf.length - 1 - i;
      program.push([JEQ, left, left > 0 ? 0 : length - program.length - 1, value]);
    });
  }
  return [...program, [RET, 0, 0, result]];
}

/** Passes what one of the alternatives passes, and nothing else. */
export const anyOf = (...alternatives: readonly (readonly Comparison[])[]): BpfInstruction[] => [
  ...alternatives.flatMap((comparisons) => block(comparisons)),
  [RET, 0, 0, 0],
];

export const byte = (offset: number, ...oneOf: number[]): Comparison => ({ load: [[LD_B_ABS, 0, 0, offset]], oneOf });
export const half = (offset: number, ...oneOf: number[]): Comparison => ({ load: [[LD_H_ABS, 0, 0, offset]], oneOf });
/** Behind the IPv4 header that starts at `header`, however long its options are. */
export const behindIpv4 = (load: number, header: number, offset: number, ...oneOf: number[]): Comparison => ({
  load: [
    [LDX_MSH, 0, 0, header],
    [load, 0, 0, header + offset],
  ],
  oneOf,
});

const word = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);

export const addressComparisons = (address: string, offset: number): Comparison[] => {
  const bytes = addressBytes(address);
  return Array.from({ length: bytes.length / 4 }, (_, i) => ({
    load: [[LD_W_ABS, 0, 0, offset + 4 * i]],
    oneOf: [word(bytes, 4 * i)],
  }));
};

/** For a server that hears the SYNs by a socket of their own, and all else by another. */
type Which = 'all' | 'syns' | 'others';

/**
 * Passes one flow on a SOCK_RAW TCP socket. On AF_INET its data starts at the IP header; on AF_INET6 at the TCP
 * header, with the IP header reached by SKF_NET_OFF. As the kernel's TCP, and unlike its raw sockets, it takes nothing that
 * came in a frame to a broadcast or multicast address.
 */
export function flowFilter(flow: ReceivedFlow, which: Which = 'all'): BpfInstruction[] {
  const toHost: Comparison = { load: [[LD_B_ABS, 0, 0, SKF_AD_PKTTYPE]], oneOf: [PACKET_HOST] };
  const [header, port, flags] =
    familyOf(flow.dst) === 4
      ? [0, (at: number, value: number) => behindIpv4(LD_H_IND, 0, at, value), behindIpv4(LD_B_IND, 0, TCP_FLAGS, SYN)]
      : [SKF_NET_OFF, half, byte(TCP_FLAGS, SYN)];
  const isSyn = aloneAmong(flags, SYN | RST | ACK);
  const ofFlow = [toHost, ...addressesOf(flow, header), ...portsOf(flow, port)];
  switch (which) {
    case 'all':
      return anyOf(ofFlow);
    case 'syns':
      return anyOf([...ofFlow, isSyn]);
    case 'others':
      return [...block([isSyn], 0), ...anyOf(ofFlow)];
  }
}

/** Of these bits those alone are set. */
const aloneAmong = ({ load, oneOf }: Comparison, bits: number): Comparison => ({
  load: [...load, [AND, 0, 0, bits]],
  oneOf,
});

/** Where the flags stand in the TCP header, and those that tell a first segment from others. */
export const TCP_FLAGS = 13;
const { SYN, RST, ACK } = TcpFlag;

/** The addresses in the IP header that starts at `header`. */
function addressesOf({ src, dst }: ReceivedFlow, header: number): Comparison[] {
  const [srcAt, dstAt] = familyOf(dst) === 4 ? [12, 16] : [8, 24];
  return [
    ...(src === undefined ? [] : addressComparisons(src, header + srcAt)),
    ...addressComparisons(dst, header + dstAt),
  ];
}

const portsOf = (flow: ReceivedFlow, compare: (offset: number, port: number) => Comparison): Comparison[] => [
  ...(flow.srcPort === undefined ? [] : [compare(0, flow.srcPort)]),
  ...(flow.dstPort === undefined ? [] : [compare(2, flow.dstPort)]),
];

const ETHERNET_BYTES = 14;
const ICMP_ERRORS = [3, 11, 12] as const;
const ICMPV6_ERRORS = [1, 2, 3, 4] as const;
const NEIGHBOR_SOLICITATION = 135;
const NEIGHBOR_ADVERTISEMENT = 136;
/** Extension headers before TCP: hop-by-hop, routing, fragment, destination options. RFC 8200 §4. */
const EXTENSION_HEADERS = [0, 43, 44, 60] as const;

/**
 * Passes on an AF_PACKET socket, whose data starts at the Ethernet header: one TCP flow, the ICMP errors sent to its
 * `dst`, and what neighbours ask and tell `dst`. IPv6 with extension headers passes whatever its ports are, and as a SYN,
 * which it may be.
 */
export function frameFilter(flow: ReceivedFlow, which: Which = 'all'): BpfInstruction[] {
  const { tcp, syns, others } = familyOf(flow.dst) === 4 ? ipv4Frames(flow) : ipv6Frames(flow);
  switch (which) {
    case 'all':
      return ofNoVlan(anyOf(tcp, ...syns, ...others));
    case 'syns':
      return ofNoVlan(anyOf(...syns));
    case 'others':
      return ofNoVlan([...syns.flatMap((syn) => block(syn, 0)), ...anyOf(tcp, ...others)]);
  }
}

/** `syns`: what is, or may be, a SYN of the flow. */
interface FrameKinds {
  readonly tcp: readonly Comparison[];
  readonly syns: readonly (readonly Comparison[])[];
  readonly others: readonly (readonly Comparison[])[];
}

function ipv4Frames(flow: ReceivedFlow): FrameKinds {
  const ip = ETHERNET_BYTES;
  const protocol = (number: number): Comparison[] => [half(12, EtherType.IPV4), byte(ip + 9, number)];
  const port = (offset: number, number: number): Comparison => behindIpv4(LD_H_IND, ip, offset, number);
  const tcp = [...protocol(IPPROTO_TCP), ...addressesOf(flow, ip), ...portsOf(flow, port)];
  return {
    tcp,
    syns: [[...tcp, aloneAmong(behindIpv4(LD_B_IND, ip, TCP_FLAGS, SYN), SYN | RST | ACK)]],
    others: [
      [...protocol(IPPROTO_ICMP), ...addressesOf({ dst: flow.dst }, ip), behindIpv4(LD_B_IND, ip, 0, ...ICMP_ERRORS)],
      [half(12, EtherType.ARP), ...addressComparisons(flow.dst, ETHERNET_BYTES + 24)],
    ],
  };
}

function ipv6Frames(flow: ReceivedFlow): FrameKinds {
  const ip = ETHERNET_BYTES;
  const upper = ip + 40;
  const nextHeader = (...numbers: number[]): Comparison[] => [half(12, EtherType.IPV6), byte(ip + 6, ...numbers)];
  const port = (offset: number, number: number): Comparison => half(upper + offset, number);
  const toUs = addressesOf({ dst: flow.dst }, ip);
  const tcp = [...nextHeader(IPPROTO_TCP), ...addressesOf(flow, ip), ...portsOf(flow, port)];
  return {
    tcp,
    syns: [
      [...tcp, aloneAmong(byte(upper + TCP_FLAGS, SYN), SYN | RST | ACK)],
      [...nextHeader(...EXTENSION_HEADERS), ...addressesOf(flow, ip)],
    ],
    others: [
      [...nextHeader(IPPROTO_ICMPV6), ...toUs, byte(upper, ...ICMPV6_ERRORS, NEIGHBOR_ADVERTISEMENT)],
      [...nextHeader(IPPROTO_ICMPV6), byte(upper, NEIGHBOR_SOLICITATION), ...addressComparisons(flow.dst, upper + 8)],
    ],
  };
}

/** What one TCP port sends to a network of 65,536 addresses. */
export interface SentToNetwork {
  readonly src: string;
  readonly srcPort: number;
  /** The upper half of the network's addresses: 0xc612 is 198.18.0.0/16. */
  readonly dstPrefix: number;
}

/** Passes it on an AF_PACKET socket, as long as the IPv4 header has no options: TCP always starts at the same place. */
export const networkFilter = ({ src, srcPort, dstPrefix }: SentToNetwork): BpfInstruction[] => {
  const ip = ETHERNET_BYTES;
  return anyOf([
    half(12, EtherType.IPV4),
    byte(ip, 0x45),
    byte(ip + 9, IPPROTO_TCP),
    ...addressComparisons(src, ip + 12),
    half(ip + 16, dstPrefix),
    half(ip + 20, srcPort),
  ]);
};

/** By what the link says of it, and not by its bytes: those may be of any protocol. */
export const isIp = (family: 4 | 6): Comparison => ({
  load: [[LD_W_ABS, 0, 0, SKF_AD_PROTOCOL]],
  oneOf: [family === 4 ? EtherType.IPV4 : EtherType.IPV6],
});

/** What an IPv6 header, or an extension header, announces where TCP may be behind it: a filter walks no further than the first. */
const MAY_LEAD_TO_TCP = [
  ...[IPPROTO_TCP, Ipv6ExtensionProtocol.AUTHENTICATION, Ipv6ExtensionProtocol.MOBILITY],
  ...[Ipv6ExtensionProtocol.HOST_IDENTITY, Ipv6ExtensionProtocol.SHIM6, ...EXTENSION_HEADERS],
];

/** Such a packet may be of any flow: which, whoever reads it sees. */
const behindExtension: readonly Comparison[] = [
  isIp(6),
  byte(SKF_NET_OFF + 6, ...MAY_LEAD_TO_TCP.filter((protocol) => protocol !== IPPROTO_TCP)),
  byte(SKF_NET_OFF + 40, ...MAY_LEAD_TO_TCP),
];

/**
 * Passes one TCP flow in both directions, whatever the link puts before the IP header; of IPv6, what is behind extension
 * headers between its two addresses.
 */
export function passingFilter(flow: Flow): BpfInstruction[] {
  const is4 = familyOf(flow.src) === 4;
  const isTcp = [isIp(familyOf(flow.src)), byte(SKF_NET_OFF + (is4 ? 9 : 6), IPPROTO_TCP)];
  const port = (offset: number, value: number): Comparison =>
    is4 ? behindIpv4(LD_H_IND, SKF_NET_OFF, offset, value) : half(SKF_NET_OFF + 40 + offset, value);
  const ways = [flow, reverseFlow(flow)].map((way) => ({ way, between: addressesOf(way, SKF_NET_OFF) }));
  return anyOf(
    ...ways.map(({ way, between }) => [...isTcp, ...between, ...portsOf(way, port)]),
    ...(is4 ? [] : ways.map(({ between }) => [...behindExtension, ...between])),
  );
}

/**
 * Passes what may be of a flow that this host's NAT has changed in an unknown way: TCP that has its own port still, and what
 * begins or refuses any connection; and, where it is IPv6, TCP behind extension headers.
 */
export function translatedFilter({ src, srcPort }: Pick<Flow, 'src' | 'srcPort'>): BpfInstruction[] {
  const is4 = familyOf(src) === 4;
  const isTcp: Comparison[] = [isIp(familyOf(src)), byte(SKF_NET_OFF + (is4 ? 9 : 6), IPPROTO_TCP)];
  const port = (offset: number): Comparison =>
    is4 ? behindIpv4(LD_H_IND, SKF_NET_OFF, offset, srcPort) : half(SKF_NET_OFF + 40 + offset, srcPort);
  const flags = is4 ? behindIpv4(LD_B_IND, SKF_NET_OFF, TCP_FLAGS) : byte(SKF_NET_OFF + 40 + TCP_FLAGS);
  const opensOrRefuses: Comparison = {
    load: [...flags.load, [AND, 0, 0, SYN | RST]],
    oneOf: [SYN, RST, SYN | RST],
  };
  const extended = is4 ? [] : [behindExtension];
  return anyOf([...isTcp, port(0)], [...isTcp, port(2)], [...isTcp, opensOrRefuses], ...extended);
}
