/**
 * Where the fields of each header stand: the first byte of each from the start of the header, in this order. A field ends where the
 * next begins; fields that share bytes have one name here.
 */

/** RFC 9293 §3.1. `control`: data offset, reserved bits, flags. */
export const TCP = {
  srcPort: 0,
  dstPort: 2,
  seq: 4,
  ack: 8,
  control: 12,
  window: 14,
  checksum: 16,
  urgentPointer: 18,
  end: 20,
} as const;

/** RFC 791 §3.1. `fragment`: flags and fragment offset. */
export const IPV4 = {
  versionAndIhl: 0,
  tos: 1,
  totalLength: 2,
  id: 4,
  fragment: 6,
  ttl: 8,
  protocol: 9,
  checksum: 10,
  src: 12,
  dst: 16,
  end: 20,
} as const;

/** RFC 8200 §3. `first`: version, traffic class, flow label. */
export const IPV6 = { first: 0, payloadLength: 4, nextHeader: 6, hopLimit: 7, src: 8, dst: 24, end: 40 } as const;

/** RFC 826, for IPv4 over Ethernet. `lengths`: those of the addresses. */
export const ARP = {
  hardwareType: 0,
  protocolType: 2,
  lengths: 4,
  operation: 6,
  senderMac: 8,
  senderIp: 14,
  targetMac: 18,
  targetIp: 24,
  end: 28,
} as const;

/** IEEE 802.3 §3.1.1. VLAN tags stand before the EtherType, which moves on. */
export const ETHERNET = { dst: 0, src: 6, etherType: 12, end: 14 } as const;

/** LINKTYPE_LINUX_SLL. */
export const SLL = { packetType: 0, hardwareType: 2, addressLength: 4, address: 6, etherType: 14, end: 16 } as const;

/** LINKTYPE_LINUX_SLL2. */
export const SLL2 = {
  etherType: 0,
  reserved: 2,
  interfaceIndex: 4,
  hardwareType: 8,
  packetType: 10,
  addressLength: 11,
  address: 12,
  end: 20,
} as const;

/** RFC 792, RFC 4443 §2.1. `rest`: what each message has its own use for. */
export const ICMP = { type: 0, code: 1, checksum: 2, rest: 4, end: 8 } as const;

/**
 * RFC 4861 §4, all from the start of the ICMPv6 message: up to where the options begin. `timers`: reachable time, then retransmission
 * timer, 32 bits each. `flags` of an advertisement of a neighbour: three bits, then the reserved ones.
 */
export const NDP = {
  routerSolicitation: { reserved: 4, end: 8 },
  routerAdvertisement: { hopLimit: 4, flags: 5, lifetime: 6, timers: 8, end: 16 },
  neighborSolicitation: { reserved: 4, target: 8, end: 24 },
  neighborAdvertisement: { flags: 4, target: 8, end: 24 },
  redirect: { reserved: 4, target: 8, destination: 24, end: 40 },
} as const;
