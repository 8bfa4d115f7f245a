/** Random packets as init objects, for the properties and for the judges. */
import fc from 'fast-check';
import { formatIpv4Address, formatIpv6Address, formatMac } from '../../src/wire/address.js';
import type {
  ArpInit,
  FrameInit,
  IcmpInit,
  Icmpv6Init,
  Ipv4Init,
  Ipv4Option,
  Ipv6Extension,
  Ipv6Init,
  LinkInit,
  NdpOption,
  PacketInit,
  TcpInit,
  TcpOption,
} from '../../src/wire/index.js';

const bits = (n: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** n - 1 });
const bytes = (min: number, max: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: min, maxLength: max, size: 'max' });
export const ipv4Address: fc.Arbitrary<string> = bits(32).map(formatIpv4Address);
// Not all zeros, so that no address is of the forms that programs write in different ways (::1.2.3.4).
export const ipv6Address: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constant(0), bits(16)), { minLength: 7, maxLength: 7 })
  .map((groups) =>
    formatIpv6Address(Uint8Array.from([0x2001, ...groups].flatMap((group) => [group >> 8, group & 255]))),
  );
export const mac: fc.Arbitrary<string> = bytes(6, 6).map(formatMac);

const u32 = bits(32);
/** Options whose bytes mean nothing else; the list ends with at most one end-of-list. */
export const tcpOption: fc.Arbitrary<TcpOption> = fc.oneof(
  fc.constant<TcpOption>({ kind: 'nop' }),
  fc.record({ kind: fc.constant('mss' as const), mss: bits(16) }),
  fc.record({ kind: fc.constant('wscale' as const), shift: bits(8) }),
  fc.constant<TcpOption>({ kind: 'sackOK' }),
  fc.record({
    kind: fc.constant('sack' as const),
    blocks: fc.array(fc.tuple(u32, u32), { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('timestamps' as const), value: u32, echo: u32 }),
  fc.record({ kind: fc.constant('fastOpen' as const), cookie: bytes(0, 16) }),
  fc.record({ kind: fc.constant('fastOpen' as const), cookie: bytes(0, 16), experimental: fc.constant(true) }),
  fc.record({ kind: fc.constant('userTimeout' as const), timeout: bits(15), minutes: fc.boolean() }),
  fc.record({ kind: fc.constant('unknown' as const), code: fc.constantFrom(19, 29, 30, 77, 200), data: bytes(0, 18) }),
);

/** At most `maxBytes` of options. `optionLength`: what one takes. */
const fitting = <T>(options: readonly T[], lengthOf: (option: T) => number, maxBytes: number): T[] => {
  const kept: T[] = [];
  let used = 0;
  for (const option of options) {
    if (used + lengthOf(option) > maxBytes) break;
    used += lengthOf(option);
    kept.push(option);
  }
  return kept;
};

const tcpOptionBytes = (option: TcpOption): number => {
  switch (option.kind) {
    case 'nop':
    case 'eol':
      return 1;
    case 'sackOK':
      return 2;
    case 'wscale':
      return 3;
    case 'mss':
    case 'userTimeout':
      return 4;
    case 'timestamps':
      return 10;
    case 'sack':
      return 2 + 8 * option.blocks.length;
    case 'fastOpen':
      return (option.experimental === true ? 4 : 2) + option.cookie.length;
    case 'unknown':
      return 2 + option.data.length;
    case 'raw':
      return option.data.length;
  }
};

// Padding reads as end-of-list: a list that does not fill its words ends with one, so that it reads as it was given.
const ended = (options: readonly TcpOption[]): TcpOption[] => {
  const length = options.reduce((sum, option) => sum + tcpOptionBytes(option), 0);
  return length % 4 === 0 ? [...options] : [...options, { kind: 'eol' }];
};

export const tcpOptions: fc.Arbitrary<TcpOption[]> = fc
  .array(tcpOption, { maxLength: 10 })
  .map((options) => ended(fitting(options, tcpOptionBytes, 40)));

export const tcp: fc.Arbitrary<TcpInit> = fc.record(
  {
    srcPort: bits(16),
    dstPort: bits(16),
    seq: u32,
    ack: u32,
    reserved: bits(3),
    flags: bits(9),
    window: bits(16),
    urgentPointer: bits(16),
    options: tcpOptions,
    payload: bytes(0, 200),
  },
  { requiredKeys: [] },
);

const ipv4Options: fc.Arbitrary<Ipv4Option[]> = fc
  .array(
    fc.oneof(
      fc.constant<Ipv4Option>({ kind: 'nop' }),
      fc.record({ kind: fc.constant('routerAlert' as const), value: bits(16) }),
      fc.record({
        kind: fc.constantFrom('recordRoute' as const, 'looseSourceRoute' as const, 'strictSourceRoute' as const),
        pointer: fc.constantFrom(4, 8, 12, 16),
        route: fc.array(ipv4Address, { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('unknown' as const), code: fc.constantFrom(30, 94, 158, 222), data: bytes(0, 10) }),
    ),
    { maxLength: 3 },
  )
  .map((options) => {
    const lengthOf = (option: Ipv4Option): number =>
      'route' in option
        ? 3 + 4 * option.route.length
        : 'data' in option
          ? 2 + option.data.length
          : option.kind === 'nop'
            ? 1
            : 4;
    const kept = fitting(options, lengthOf, 40);
    return kept.reduce((sum, option) => sum + lengthOf(option), 0) % 4 === 0 ? kept : [...kept, { kind: 'eol' }];
  });

export const ipv4: fc.Arbitrary<Ipv4Init> = fc.record(
  {
    version: fc.constant(4 as const),
    src: ipv4Address,
    dst: ipv4Address,
    tos: bits(8),
    id: bits(16),
    dontFragment: fc.boolean(),
    ttl: bits(8),
    options: ipv4Options,
  },
  { requiredKeys: ['version', 'src', 'dst'] },
);

const ipv6Extension: fc.Arbitrary<Ipv6Extension> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('hopByHop' as const, 'destination' as const),
    options: fc.constant([
      { kind: 'option' as const, type: 5, data: Uint8Array.of(0, 0) },
      { kind: 'option' as const, type: 1, data: new Uint8Array(0) },
    ]),
  }),
  fc.record({
    kind: fc.constant('routing' as const),
    routingType: fc.constantFrom(0, 2, 4, 200),
    segmentsLeft: fc.constantFrom(0, 1),
    data: bytes(20, 20),
  }),
  fc.record({ kind: fc.constant('fragment' as const), offset: fc.constant(0), more: fc.constant(false), id: u32 }),
  fc.record({ kind: fc.constant('authentication' as const), data: bytes(14, 14) }),
  fc.record({ kind: fc.constant('other' as const), protocol: fc.constantFrom(135, 139, 140), data: bytes(6, 6) }),
);

export const ipv6: fc.Arbitrary<Ipv6Init> = fc.record(
  {
    version: fc.constant(6 as const),
    src: ipv6Address,
    dst: ipv6Address,
    trafficClass: bits(8),
    flowLabel: bits(20),
    hopLimit: bits(8),
    extensions: fc.array(ipv6Extension, { maxLength: 3 }),
  },
  { requiredKeys: ['version', 'src', 'dst'] },
);

const common = { code: bits(8), payload: bytes(0, 80) };
const icmp: fc.Arbitrary<IcmpInit> = fc.oneof(
  fc.record({ kind: fc.constantFrom('echoRequest' as const), id: bits(16), sequence: bits(16), ...common }),
  fc.record({ kind: fc.constantFrom('echoReply' as const), id: bits(16), sequence: bits(16), ...common }),
  fc.record({
    kind: fc.constantFrom('unreachable', 'timeExceeded', 'redirect', 'parameterProblem'),
    info: u32,
    ...common,
  }),
  fc.record({ kind: fc.constant('other' as const), type: fc.constantFrom(13, 42, 255), info: u32, ...common }),
);

const ndpOptions: fc.Arbitrary<NdpOption[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('sourceLinkLayer' as const, 'targetLinkLayer' as const), address: mac }),
    fc.record({ kind: fc.constant('mtu' as const), mtu: u32 }),
    fc.record({ kind: fc.constant('unknown' as const), type: fc.constantFrom(14, 31), data: bytes(6, 6) }),
  ),
  { maxLength: 3 },
);
const icmpv6: fc.Arbitrary<Icmpv6Init> = fc.oneof(
  fc.record({ kind: fc.constantFrom('echoRequest' as const), id: bits(16), sequence: bits(16), ...common }),
  fc.record({ kind: fc.constantFrom('echoReply' as const), id: bits(16), sequence: bits(16), ...common }),
  fc.record({
    kind: fc.constantFrom('unreachable', 'timeExceeded', 'packetTooBig', 'parameterProblem'),
    info: u32,
    ...common,
  }),
  fc.record({ kind: fc.constant('other' as const), type: fc.constantFrom(100, 143, 255), info: u32, ...common }),
  fc.record({ kind: fc.constant('neighborSolicitation' as const), target: ipv6Address, options: ndpOptions }),
  fc.record({
    kind: fc.constant('neighborAdvertisement' as const),
    target: ipv6Address,
    router: fc.boolean(),
    solicited: fc.boolean(),
    override: fc.boolean(),
    reserved: bits(29),
    options: ndpOptions,
  }),
  fc.record({ kind: fc.constant('routerSolicitation' as const), options: ndpOptions }),
  fc.record({
    kind: fc.constant('routerAdvertisement' as const),
    hopLimit: bits(8),
    flags: bits(8),
    lifetime: bits(16),
    reachableTime: u32,
    retransTimer: u32,
    options: ndpOptions,
  }),
  fc.record({
    kind: fc.constant('redirect' as const),
    target: ipv6Address,
    destination: ipv6Address,
    options: ndpOptions,
  }),
);

/** Packets with TCP, all lengths and checksums left out. */
export const tcpPacket: fc.Arbitrary<PacketInit> = fc.record({ ip: fc.oneof(ipv4, ipv6), tcp });

/** Packets of every kind, all lengths and checksums left out. */
export const packet: fc.Arbitrary<PacketInit> = fc.oneof(
  { arbitrary: tcpPacket, weight: 4 },
  { arbitrary: fc.record({ ip: ipv4, icmp }), weight: 1 },
  { arbitrary: fc.record({ ip: ipv6, icmpv6 }), weight: 2 },
  { arbitrary: fc.record({ ip: ipv4, payload: bytes(0, 60), trailer: bytes(0, 20) }), weight: 1 },
);

const arp: fc.Arbitrary<ArpInit> = fc.record(
  {
    operation: fc.constantFrom('request' as const, 'reply' as const, 9),
    senderMac: mac,
    senderIp: ipv4Address,
    targetMac: mac,
    targetIp: ipv4Address,
  },
  { requiredKeys: ['operation', 'senderMac', 'senderIp', 'targetIp'] },
);

const link: fc.Arbitrary<LinkInit> = fc.oneof(
  fc.record({ kind: fc.constant('ethernet' as const), src: mac, dst: mac }),
  fc.record({
    kind: fc.constant('ethernet' as const),
    src: mac,
    dst: mac,
    tags: fc.array(fc.record({ tpid: fc.constantFrom(0x8100, 0x88a8), tci: bits(16) }), { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('sll' as const),
    packetType: bits(3),
    hardwareType: bits(10),
    addressLength: bits(3),
    address: bytes(8, 8),
  }),
  fc.record({
    kind: fc.constant('sll2' as const),
    interfaceIndex: u32,
    hardwareType: bits(10),
    packetType: bits(3),
    addressLength: bits(3),
    address: bytes(8, 8),
  }),
  fc.record({ kind: fc.constant('null' as const), bigEndian: fc.boolean() }),
);

/** Frames of every link type. */
export const frame: fc.Arbitrary<FrameInit> = fc.oneof(
  { arbitrary: fc.record({ link, packet }), weight: 3 },
  {
    arbitrary: fc.record({
      link: fc.record({ kind: fc.constant('ethernet' as const), src: mac, dst: mac }),
      arp,
      payload: bytes(0, 18),
    }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      link: fc.record({ kind: fc.constant('ethernet' as const), src: mac, dst: mac, etherType: fc.constant(0x88cc) }),
      payload: bytes(0, 40),
    }),
    weight: 1,
  },
);

/** Bytes that start as a packet does, and are then damaged: changed, cut or lengthened. */
export const damaged = (source: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(source, fc.array(fc.tuple(fc.nat(), bits(8)), { maxLength: 6 }), fc.nat(), fc.boolean(), bytes(0, 4))
    .map(([original, changes, length, cut, tail]) => {
      const out = Uint8Array.from([
        ...(cut ? original.subarray(0, length % (original.length + 1)) : original),
        ...tail,
      ]);
      for (const [at, value] of changes) if (out.length > 0) out[at % Math.min(out.length, 80)] = value;
      return out;
    });
