/** Packets that nobody may be answered for, over a real link and every transport; and ICMP errors that are not believed. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { converse, type ConverseOptions } from '../../src/live/converse.js';
import { dial, type DialOptions } from '../../src/live/dial.js';
import { probe } from '../../src/live/index.js';
import { connect, handshake } from '../../src/driver/connect.js';
import type { RawConnection } from '../../src/driver/raw-connection.js';
import { listen } from '../../src/driver/raw-server.js';
import type { TraceEntry } from '../../src/driver/trace.js';
import { DEFAULT_MARK } from '../../src/filter/plan.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import { ADDRESSES, LINK } from '../../src/lab/addresses.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { tapFrames } from '../../src/linux/capture/capture.js';
import { systemClock } from '../../src/linux/libc/clock.js';
import type { TransportChoice } from '../../src/linux/port/transport.js';
import { runCommand } from '../../src/linux/process/command.js';
import { connectInside, listenInside } from '../../src/linux/port/kernel-socket.js';
import { Leases } from '../../src/linux/process/leases.js';
import { libc } from '../../src/linux/libc/libc.js';
import { createNamespace, type NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { openPacketSocket, type PacketSocket } from '../../src/linux/port/packet-socket.js';
import type { Flow } from '../../src/wire/flow.js';
import {
  emitFrame,
  emitPacket,
  EtherType,
  type IcmpInit,
  type Ipv4Option,
  type Ipv6Extension,
  type Packet,
  type PacketInit,
  parseFrame,
  parsePacket,
  TcpFlag,
  type VlanTag,
} from '../../src/wire/index.js';
import { type Bridge, openBridge } from '../support/bridge.js';

const PORT = 8080;
const SERVER = ADDRESSES.server;
const CLIENT = ADDRESSES.client;
const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff';

let lab: Lab;
let leases: Leases;
beforeEach(() => {
  lab = createLab();
  leases = new Leases();
  lab.server.run(['ip', 'route', 'add', 'default', 'via', CLIENT[4]]);
});
afterEach(() => {
  leases.close();
  lab.close();
});

const etherType = ({ ip }: PacketInit): Buffer => (ip.version === 4 ? Buffer.of(8, 0) : Buffer.of(0x86, 0xdd));
const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');

/** The link's end in a host: what it hears, and any frame sent from there. */
function tap(host: 'client' | 'server') {
  const heard: Packet[] = [];
  const listeners = new Set<() => void>();
  const socket: PacketSocket = leases.add(
    lab[host].netns.run(() =>
      openPacketSocket({
        interfaceIndex: libc('if_nametoindex', LINK),
        onFrames(frames) {
          for (const frame of frames) {
            const parsed = parseFrame(frame, 'ethernet');
            if (parsed.ok && parsed.value.packet?.tcp !== undefined) heard.push(parsed.value.packet);
          }
          for (const listener of listeners) listener();
        },
        onError: (error) => {
          throw error;
        },
      }),
    ),
  );
  const [own, other] = host === 'client' ? [CLIENT, SERVER] : [SERVER, CLIENT];
  return {
    heard,
    send(init: PacketInit, { mac = other.mac, tags = [], etherType }: Omit<Forged, 'what'> = {}): void {
      const link = { kind: 'ethernet', dst: mac, src: own.mac, tags } as const;
      socket.send(emitFrame({ link: etherType === undefined ? link : { ...link, etherType }, packet: init }));
    },
    until: (condition: () => boolean) =>
      new Promise<void>((resolve) => {
        const check = (): void => {
          if (condition()) resolve();
        };
        listeners.add(check);
        check();
      }),
  };
}

/** RSTs of the server's kernel are none of what is looked at. */
function withoutKernelResets(host: 'client' | 'server', family: 4 | 6 = 4): void {
  const rule = [
    '-p',
    'tcp',
    '--tcp-flags',
    'RST',
    'RST',
    '-m',
    'mark',
    '!',
    '--mark',
    String(DEFAULT_MARK),
    '-j',
    'DROP',
  ];
  lab[host].run([family === 4 ? 'iptables' : 'ip6tables', '-t', 'raw', '-A', 'OUTPUT', ...rule]);
}

interface Forged {
  readonly what: string;
  readonly ip?: object;
  readonly tcp?: object;
  readonly mac?: string;
  readonly tags?: readonly VlanTag[];
  readonly etherType?: number;
}

/** IPv4 options by their bytes. */
const ipv4Options = (...bytes: number[]): { options: readonly Ipv4Option[] } => ({
  options: [{ kind: 'raw', data: Uint8Array.from(bytes) }],
});
/** Options for the destination, or the like, by the bytes behind their header's own two. */
const destination = (...bytes: number[]): Ipv6Extension => ({
  kind: 'destination',
  options: [{ kind: 'raw', data: Uint8Array.from(bytes) }],
});
const hopByHop = (...bytes: number[]): Ipv6Extension => ({
  kind: 'hopByHop',
  options: [{ kind: 'raw', data: Uint8Array.from(bytes) }],
});
const routing = (routingType: number, segmentsLeft: number): Ipv6Extension => ({
  kind: 'routing',
  routingType,
  segmentsLeft,
  data: Buffer.concat([Buffer.alloc(4), Buffer.from('20010db8000000000000000000000002', 'hex')]),
});
const atomic: Ipv6Extension = { kind: 'fragment', offset: 0, more: false, id: 1 };
const extended = (...extensions: Ipv6Extension[]) => ({ extensions });
/** The last byte of the CIPSO tag's bitmap and so on is zero: only its domain is one that nobody knows. */
const CIPSO = [134, 10, 0, 0, 0, 1, 1, 4, 0, 0] as const;

const FORGED: readonly Forged[] = [
  { what: 'from multicast', ip: { src: '224.0.0.5' } },
  { what: 'from broadcast', ip: { src: '255.255.255.255' } },
  { what: "from the subnet's broadcast", ip: { src: '192.0.2.255' } },
  { what: 'from the unspecified address', ip: { src: '0.0.0.0' } },
  { what: 'from a loopback address', ip: { src: '127.0.0.1' } },
  { what: 'from the server itself', ip: { src: SERVER[4] }, tcp: { srcPort: 5 } },
  { what: 'land', ip: { src: SERVER[4] }, tcp: { srcPort: PORT } },
  { what: 'in a broadcast frame', mac: BROADCAST_MAC },
  { what: 'in a multicast frame', mac: '01:00:5e:00:00:01' },
  { what: 'wrong TCP checksum', tcp: { checksum: 1 } },
  { what: 'wrong IP checksum', ip: { checksum: 1 } },
  { what: 'SYN with FIN', tcp: { flags: 'SF' } },
  { what: 'SYN, FIN and all but ACK and RST', tcp: { flags: 'SFPUEW' } },
  { what: 'the first fragment', ip: { moreFragments: true } },
  { what: 'a loose source route, completed', ip: ipv4Options(131, 7, 8, 198, 51, 100, 1) },
  { what: 'a strict source route, completed', ip: ipv4Options(137, 7, 8, 198, 51, 100, 1) },
  { what: 'a source route without an address', ip: ipv4Options(131, 3, 4) },
  { what: 'a source route behind others', ip: ipv4Options(1, 1, 7, 7, 4, 0, 0, 0, 0, 131, 3, 4) },
  { what: 'options longer than the header', ip: ipv4Options(7, 200, 4, 0) },
  { what: 'an option without a length', ip: ipv4Options(1, 1, 1, 66) },
  { what: 'an option shorter than its length', ip: ipv4Options(66, 1, 0, 0) },
  { what: 'a route record without a pointer', ip: ipv4Options(7, 2) },
  { what: 'a route record that points before itself', ip: ipv4Options(7, 7, 3, 0, 0, 0, 0) },
  { what: 'a route record that points across its end', ip: ipv4Options(7, 7, 5, 0, 0, 0, 0) },
  { what: 'two route records', ip: ipv4Options(7, 3, 4, 7, 3, 4) },
  { what: 'timestamps without flags', ip: ipv4Options(68, 3, 5) },
  { what: 'timestamps that point before themselves', ip: ipv4Options(68, 8, 4, 0, 0, 0, 0, 0) },
  { what: 'timestamps that point across their end', ip: ipv4Options(68, 8, 6, 0, 0, 0, 0, 0) },
  { what: 'a timestamp without room for its address', ip: ipv4Options(68, 8, 5, 1, 0, 0, 0, 0) },
  { what: 'timestamps, too many left out', ip: ipv4Options(68, 4, 5, 0xf0) },
  { what: 'two timestamp options', ip: ipv4Options(68, 4, 5, 0, 68, 4, 5, 0) },
  { what: 'a router alert without a value', ip: ipv4Options(148, 2) },
  { what: 'a security label', ip: ipv4Options(...CIPSO) },
];

const FORGED_6: readonly Forged[] = [
  { what: 'from an IPv4-mapped address', ip: { src: '::ffff:198.51.100.9' } },
  ...[0x40, 0x80, 0xc0, 0xc9].map((type) => ({
    what: `an unknown option, type ${type}`,
    ip: extended(destination(type, 4, 0, 0, 0, 0)),
  })),
  { what: 'an unknown option for all', ip: extended(hopByHop(0x80, 4, 0, 0, 0, 0)) },
  { what: 'an unknown option, behind others', ip: extended(destination(30, 0, 0x80, 0, 1, 0)) },
  { what: 'an option across the end', ip: extended(destination(30, 5, 0, 0, 0, 0)) },
  { what: 'an option without a length', ip: extended(destination(1, 3, 0, 0, 0, 30)) },
  { what: 'padding that is not zero', ip: extended(destination(1, 4, 0, 0, 1, 0)) },
  { what: 'padding longer than alignment needs', ip: extended(destination(1, 12, ...Array<number>(12).fill(0))) },
  { what: 'padding in pieces', ip: extended(destination(1, 4, 0, 0, 0, 0, 0, 0, 30, 4, 0, 0, 0, 0)) },
  {
    what: 'too many options',
    ip: extended(
      destination(
        ...Array<number>(18)
          .fill(0)
          .map((_, i) => (i % 2 ? 0 : 30)),
        1,
        2,
        0,
        0,
      ),
    ),
  },
  { what: 'a router alert of a wrong length', ip: extended(hopByHop(5, 4, 0, 0, 0, 0)) },
  { what: 'a jumbogram', ip: extended(hopByHop(0xc2, 4, 0, 1, 0, 0)) },
  { what: 'a security label', ip: extended(hopByHop(7, 8, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 0, 0)) },
  {
    what: 'options for all that do not come first',
    ip: extended(destination(1, 4, 0, 0, 0, 0), hopByHop(1, 4, 0, 0, 0, 0)),
  },
  { what: 'a route with a segment left', ip: extended(routing(0, 1)) },
  ...[3, 4].map((type) => ({ what: `a routing header, type ${type}`, ip: extended(routing(type, 0)) })),
  { what: 'a first fragment', ip: extended({ ...atomic, more: true }) },
  { what: 'an atomic fragment of one', ip: extended(atomic, atomic) },
  { what: 'an authentication header', ip: extended({ kind: 'authentication', data: new Uint8Array(14) }) },
  ...[135, 139, 140].map((protocol) => ({
    what: `an extension header ${protocol}`,
    ip: extended({ kind: 'other', protocol, data: new Uint8Array(6) }),
  })),
];

/** Frames of a VLAN, which are nobody's where this host has no device of it; and of what is not IP. */
const OF_NO_IP: readonly Forged[] = [
  { what: 'VLAN 100', tags: [{ tci: 100 }] },
  { what: 'VLAN 100, with a priority', tags: [{ tci: 0xe064 }] },
  { what: 'the last VLAN', tags: [{ tci: 4095 }] },
  { what: 'a service VLAN', tags: [{ tpid: EtherType.SERVICE_VLAN, tci: 100 }] },
  { what: 'a VLAN in a service VLAN', tags: [{ tpid: EtherType.SERVICE_VLAN, tci: 100 }, { tci: 200 }] },
  { what: 'no VLAN in a service VLAN', tags: [{ tpid: EtherType.SERVICE_VLAN, tci: 100 }, { tci: 0 }] },
  { what: 'a VLAN behind a priority', tags: [{ tci: 0xe000 }, { tci: 100 }] },
  {
    what: 'a VLAN behind a priority, whose tag is the start of the packet',
    tags: [{ tci: 0 }],
    etherType: EtherType.VLAN,
  },
  { what: 'another protocol', etherType: 0x88b5 },
];

/** What looks like these, and is sound. */
const SOUND: readonly Forged[] = [{ what: 'plain' }, { what: 'a priority, and no VLAN', tags: [{ tci: 0xe000 }] }];
const SOUND_4: readonly Forged[] = [
  { what: 'a full route record', ip: ipv4Options(7, 7, 8, 198, 51, 100, 1) },
  { what: 'a route record with room', ip: ipv4Options(7, 7, 4, 0, 0, 0, 0) },
  { what: 'timestamps with room', ip: ipv4Options(68, 8, 5, 0, 0, 0, 0, 0) },
  { what: 'bytes behind the end of the options', ip: ipv4Options(0, 7, 1, 1) },
  { what: 'full timestamps', ip: ipv4Options(68, 4, 5, 3) },
  { what: 'a router alert', ip: ipv4Options(148, 4, 0, 0) },
  { what: 'an unknown option', ip: ipv4Options(66, 4, 0, 0) },
];
const SOUND_6: readonly Forged[] = [
  { what: 'padding', ip: extended(destination(1, 4, 0, 0, 0, 0)) },
  { what: 'an unknown option that is skipped', ip: extended(destination(30, 4, 9, 9, 9, 9)) },
  { what: 'a router alert', ip: extended(hopByHop(5, 2, 0, 0, 1, 0)) },
  { what: 'a route at its end', ip: extended(routing(0, 0)) },
  { what: 'an atomic fragment', ip: extended(atomic) },
  { what: 'several', ip: extended(hopByHop(1, 4, 0, 0, 0, 0), destination(1, 4, 0, 0, 0, 0), atomic) },
];

const LISTS = {
  4: { remote: '198.51.100.9', forged: FORGED, sound: SOUND_4 },
  6: { remote: '2001:db8:1::9', forged: FORGED_6, sound: SOUND_6 },
} as const;

describe.each([
  ...(['raw-socket', 'libc', 'packet', 'kernel'] as const).map((transport) => ({ transport, family: 4 as const })),
  ...(['libc', 'packet', 'kernel'] as const).map((transport) => ({ transport, family: 6 as const })),
])('forged segments ($transport, IPv$family)', ({ transport, family }) => {
  const { remote, forged, sound } = LISTS[family];
  test('none is answered, neither SYN nor ACK, and the sound ones behind them are', async () => {
    withoutKernelResets('server', family);
    if (family === 6) lab.server.run(['ip', 'route', 'add', 'default', 'via', CLIENT[6]]);
    if (transport === 'kernel') {
      await lab.server.listen(family, PORT, (socket) => socket.resume());
    } else {
      const local = SERVER[family];
      const port = leases.add(lab.server.openPort(transport, { local, localPort: PORT, mark: DEFAULT_MARK }));
      const server = listen({ port, clock: systemClock, address: local, localPort: PORT });
      leases.defer(() => {
        server.abandon();
      });
    }
    const client = tap('client');
    const names = new Map<number, string>();
    const send = ({ what, ip, tcp, ...frame }: Forged, flags: string): void => {
      const srcPort = 1000 + names.size;
      const segment = { srcPort, dstPort: PORT, flags, seq: 1, ack: flags === 'S' ? 0 : 9, ...tcp };
      client.send({ ip: { version: family, src: remote, dst: SERVER[family], ...ip }, tcp: segment }, frame);
      names.set(srcPort, what);
    };
    const answered = (): string[] =>
      client.heard.map(({ ip, tcp }) => names.get(tcp?.dstPort ?? 0) ?? `to ${ip.dst}`).sort();
    for (const flags of ['S', '.']) for (const each of [...forged, ...OF_NO_IP]) send(each, flags);
    for (const each of [...SOUND, ...sound]) send(each, 'S');
    send({ what: 'the last' }, 'S');
    await client.until(() => answered().includes('the last'));
    // Without rp_filter, a Linux listener answers a SYN that claims to be from the broadcast address of its subnet.
    const ofKernel = transport === 'kernel' && family === 4 ? ["from the subnet's broadcast"] : [];
    const expected = [...SOUND, ...sound].map(({ what }) => what);
    expect([...new Set(answered())]).toEqual([...expected, ...ofKernel, 'the last'].sort());
  });
});

describe('what a packet port refuses is told', () => {
  test('with the reason', async () => {
    const whys: string[] = [];
    const onTrace = (_: unknown, entry: TraceEntry) => {
      if (entry.type === 'dropped') whys.push(entry.why);
    };
    const port = leases.add(lab.server.openPort('packet', { local: SERVER[4], localPort: PORT }));
    const server = listen({ port, clock: systemClock, address: SERVER[4], localPort: PORT, onTrace });
    leases.defer(() => {
      server.abandon();
    });
    const client = tap('client');
    const tcp = { srcPort: 7, dstPort: PORT, flags: 'S' };
    client.send({ ip: { version: 4, src: SERVER[4], dst: SERVER[4] }, tcp });
    client.send({ ip: { version: 4, src: '192.0.2.255', dst: SERVER[4] }, tcp });
    client.send({ ip: { version: 4, src: CLIENT[4], dst: SERVER[4] }, tcp }, { mac: BROADCAST_MAC });
    for (const options of [ipv4Options(131, 3, 4), ipv4Options(7, 200, 4, 0)])
      client.send({ ip: { version: 4, src: CLIENT[4], dst: SERVER[4], ...options }, tcp });
    client.send({ ip: { version: 4, src: '198.51.100.9', dst: SERVER[4] }, tcp });
    await client.until(() => client.heard.length > 0);
    expect(whys).toEqual([
      'from an address of this host, and not over the loopback',
      "from a subnet's broadcast address",
      'a frame to another link address',
      'a source route',
      'malformed IPv4 options',
    ]);
    expect(server.refused).toBe(5);
  });
});

/** What ends a handshake, and what does not: a kernel's socket is asked beside the hand-made one. */
const ERRORS: readonly (Forged & { icmp: IcmpInit; seqOff?: number; portOff?: number; ends: boolean })[] = [
  { what: 'fragmentation needed', icmp: { kind: 'unreachable', code: 4, info: 576 }, ends: false },
  { what: 'a sequence number behind', icmp: { kind: 'unreachable', code: 1 }, seqOff: -1, ends: false },
  { what: 'a sequence number far ahead', icmp: { kind: 'unreachable', code: 1 }, seqOff: 1000, ends: false },
  { what: 'another port', icmp: { kind: 'unreachable', code: 1 }, portOff: 1, ends: false },
  { what: 'a wrong checksum', icmp: { kind: 'unreachable', code: 1, checksum: 1 }, ends: false },
  { what: 'a code that there is not', icmp: { kind: 'unreachable', code: 16 }, ends: false },
  { what: 'one of a VLAN', icmp: { kind: 'unreachable', code: 1 }, tags: [{ tci: 100 }], ends: false },
  { what: 'one with a source route', icmp: { kind: 'unreachable', code: 1 }, ip: ipv4Options(131, 3, 4), ends: false },
  { what: 'a fragment', icmp: { kind: 'unreachable', code: 1 }, ip: { moreFragments: true }, ends: false },
  { what: 'a wrong IP checksum', icmp: { kind: 'unreachable', code: 1 }, ip: { checksum: 1 }, ends: false },
  { what: 'host unreachable', icmp: { kind: 'unreachable', code: 1 }, ends: true },
  { what: 'time exceeded', icmp: { kind: 'timeExceeded', code: 0 }, ends: true },
];

/** So many full segments that a route which believes the forged MTU lets none of them through. */
const TRANSFER = Buffer.alloc(500_000, 'x');

/** From a third party, about segments that the server never sent: "the MTU is 552", or on IPv6 1280. */
function forgedMtus(family: 4 | 6): PacketInit[] {
  const [src, dst] = [SERVER[family], CLIENT[family]];
  const tcp = { srcPort: 7, dstPort: 9, flags: '.', seq: 1, ack: 1 };
  if (family === 4) {
    const ip = { version: 4, src: '198.51.100.66', dst: src } as const;
    const quoted = [
      emitPacket({ ip: { version: 4, src, dst }, tcp }),
      emitPacket({ ip: { version: 4, src, dst }, icmp: { kind: 'echoRequest', id: 1, sequence: 1 } }),
    ];
    return quoted.map((payload) => ({ ip, icmp: { kind: 'unreachable', code: 4, info: 552, payload } }));
  }
  const payload = emitPacket({ ip: { version: 6, src, dst }, tcp });
  const ip = { version: 6, src: '2001:db8::66', dst: src } as const;
  return [{ ip, icmpv6: { kind: 'packetTooBig', info: 1280, payload } }];
}

describe.each(['raw-socket', 'libc', 'packet'] as const)('a forged MTU (%s)', (transport) => {
  test.each([4, 6] as const)('IPv%i: no route believes it, and long segments still get through', async (family) => {
    const [address, peerAddress] = [SERVER[family], CLIENT[family]];
    withoutKernelResets('server', family);
    const port = leases.add(lab.server.openPort(transport, { local: address, localPort: PORT, mark: DEFAULT_MARK }));
    const server = listen({ port, clock: systemClock, address, localPort: PORT });
    leases.defer(() => {
      server.abandon();
    });
    const opened = once(server, 'connection') as Promise<[RawConnection]>;
    const peer = lab.client.connect({ src: peerAddress, srcPort: 41000, dst: address, dstPort: PORT });
    const [connection] = await opened;
    const client = tap('client');
    for (const forged of forgedMtus(family)) client.send(forged);
    connection.end(TRANSFER);
    expect((await buffer(peer)).length).toBe(TRANSFER.length);
    expect(lab.server.run(['ip', 'route', 'get', peerAddress])).not.toContain('mtu');
  });
});

describe.each(['libc', 'packet', 'kernel'] as const)('ICMP errors about a SYN (%s)', (who) => {
  test.each(ERRORS)('$what: ends it: $ends', async ({ icmp, seqOff = 0, portOff = 0, ends, ip, ...frame }) => {
    // The server answers no SYN, so that the handshake waits.
    lab.server.run(['iptables', '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP']);
    const flow = { src: CLIENT[4], srcPort: 41000, dst: SERVER[4], dstPort: PORT };
    const { src: local, srcPort: localPort, dst: remote, dstPort: remotePort } = flow;
    const wire = tap('server');
    const stream =
      who === 'kernel'
        ? connectInside(lab.client.netns, { local, localPort: 0, remote, remotePort })
        : connect({
            port: leases.add(lab.client.openPort(who, { local, localPort, remote, remotePort })),
            flow,
            clock: systemClock,
          });
    leases.defer(() => stream.destroy());
    const errors: string[] = [];
    const over = new Promise<void>((resolve) => {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        errors.push(error.code ?? '');
        resolve();
      });
    });
    await wire.until(() => wire.heard.length > 0);
    const [syn] = wire.heard;
    if (syn?.tcp === undefined) throw new Error('no SYN');
    const send = (message: IcmpInit, seqBy: number, portBy: number, forged: Omit<Forged, 'what'> = {}): void => {
      const quoted = Buffer.from(syn.bytes.subarray(0, 28));
      quoted.writeUInt16BE(quoted.readUInt16BE(20) + portBy, 20);
      quoted.writeUInt32BE((quoted.readUInt32BE(24) + seqBy) >>> 0, 24);
      const init = { ip: { version: 4 as const, src: SERVER[4], dst: CLIENT[4], ...forged.ip } };
      wire.send({ ...init, icmp: { ...message, payload: quoted } }, forged);
    };
    send(icmp, seqOff, portOff, { ...frame, ...(ip && { ip }) });
    // Behind what does not count, one that does, and by which it is known.
    if (!ends) send({ kind: 'unreachable', code: 3 }, 0, 0);
    await over;
    expect(errors).toEqual([ends ? 'EHOSTUNREACH' : 'ECONNREFUSED']);
    expect(stream.destroyed).toBe(true);
  });
});

const plain = { window: 1000 };
/** `by`: how far the reply's number is off. */
const STRAYS: readonly {
  sent: string;
  strays: readonly { flags: string; by?: number }[];
  answer: string;
  outcome: string;
}[] = [
  {
    sent: 'S',
    strays: [
      { flags: 'S.', by: 1 },
      { flags: 'S.', by: -1 },
      { flags: 'R.', by: 1 },
      { flags: 'R' },
      { flags: 'S' },
      { flags: '.', by: 9 },
    ],
    answer: 'S.',
    outcome: 'syn-ack',
  },
  { sent: 'S', strays: [{ flags: 'S.', by: 1 }], answer: 'R.', outcome: 'refused' },
  {
    sent: '.',
    strays: [
      { flags: 'R', by: 1 },
      { flags: 'R.', by: 1 },
      { flags: 'P.', by: 5 },
    ],
    answer: 'R',
    outcome: 'refused',
  },
  {
    sent: 'FP.',
    strays: [
      { flags: 'R', by: -1 },
      { flags: '.', by: 1 },
    ],
    answer: '.',
    outcome: 'answered',
  },
];

const probed = (transport: 'raw-socket' | 'libc' | 'packet') =>
  ({ host: SERVER[4], port: PORT, netns: lab.client.netns, transport, timeoutMs: 60_000 }) as const;

describe.each(['raw-socket', 'libc', 'packet'] as const)('replies to a probe (%s)', (transport) => {
  test.each(STRAYS)('$sent: what does not acknowledge it decides nothing, $answer behind it does', async (one) => {
    lab.server.run(['iptables', '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP']);
    withoutKernelResets('client');
    const wire = tap('server');
    const result = probe({
      ...probed(transport),
      craft: ({ src, dst, srcPort, dstPort }) => ({
        ip: { version: 4, src, dst },
        tcp: { srcPort, dstPort, flags: one.sent, seq: 0xffffffff, ack: 777, ...plain },
      }),
    });
    await wire.until(() => wire.heard.length > 0);
    const sent = wire.heard[0]?.tcp;
    if (sent === undefined) throw new Error('nothing was sent');
    const end = one.sent === '.' ? 0xffffffff : 0; // SYN and FIN count as one, and the numbers wrap
    for (const { flags, by = 0 } of [...one.strays, { flags: one.answer }]) {
      const ack = flags.includes('.') ? (end + by) >>> 0 : 0;
      const tcp = { srcPort: PORT, dstPort: sent.srcPort, flags, seq: 777 + by, ack, ...plain };
      wire.send({ ip: { version: 4, src: SERVER[4], dst: CLIENT[4] }, tcp });
    }
    const { outcome, replies } = await result;
    expect(outcome).toBe(one.outcome);
    expect(replies.map(({ answers }) => answers)).toEqual([...one.strays.map(() => false), true]);
  });

  test('of many that decide nothing the first and the last are kept, and the rest is counted', async () => {
    lab.server.run(['iptables', '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP']);
    const wire = tap('server');
    const result = probe(probed(transport));
    await wire.until(() => wire.heard.length > 0);
    const { seq = 0, srcPort: dstPort = 0 } = wire.heard[0]?.tcp ?? {};
    const ip = { version: 4, src: SERVER[4], dst: CLIENT[4] } as const;
    for (let i = 0; i < 100; i++) wire.send({ ip, tcp: { srcPort: PORT, dstPort, flags: 'R', seq: i } });
    wire.send({ ip, tcp: { srcPort: PORT, dstPort, flags: 'R.', ack: (seq + 1) >>> 0 } });
    const { outcome, replies, leftOut } = await result;
    expect([outcome, leftOut]).toEqual(['refused', { packets: 93, after: 4 }]);
    expect(replies.map(({ segment }) => segment.seq)).toEqual([0, 1, 2, 3, 97, 98, 99, 0]);
  });

  test('an ICMP error with a code that there is not is none; beside an answer no other is told', async () => {
    lab.server.run(['iptables', '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP']);
    withoutKernelResets('client');
    const wire = tap('server');
    const ip = { version: 4, src: SERVER[4], dst: CLIENT[4] } as const;
    const outcomes = [];
    for (const told of [{ unknown: true }, { answerFirst: true }, { answerFirst: false }]) {
      const already = wire.heard.length;
      const result = probe(probed(transport));
      await wire.until(() => wire.heard.length > already);
      const [syn] = wire.heard.slice(already);
      if (syn?.tcp === undefined) throw new Error('nothing was sent');
      const { srcPort: dstPort, seq } = syn.tcp;
      const code = 'unknown' in told ? 200 : 1;
      const error = { ip, icmp: { kind: 'unreachable', code, payload: syn.bytes.subarray(0, 28) } } as const;
      const answer = { ip, tcp: { srcPort: PORT, dstPort, flags: 'S.', seq: 1, ack: (seq + 1) >>> 0, ...plain } };
      // In one turn, so that both are there when the probe looks.
      for (const one of told.answerFirst === true ? [answer, error] : [error, answer]) wire.send(one);
      const { outcome, icmp } = await result;
      outcomes.push([outcome, icmp]);
    }
    expect(outcomes).toEqual(outcomes.map(() => ['syn-ack', undefined]));
  });
});

describe.each(['raw-socket', 'libc', 'packet'] as const)('a probe that the kernel will not send (%s)', (transport) => {
  const send = (payload: Uint8Array) =>
    probe({
      ...probed(transport),
      craft: ({ src, dst, srcPort, dstPort }) => ({
        ip: { version: 4, src, dst },
        tcp: { srcPort, dstPort, flags: 'S', payload },
      }),
    });

  test('longer than the MTU: says so', async () => {
    await expect(send(Buffer.alloc(3000))).rejects.toMatchObject({
      code: 'RS_NOT_SENT',
      message: expect.stringContaining('EMSGSIZE') as string,
    });
  });

  test('a rule of the own firewall: AF_PACKET sends past it, a raw socket is refused, and it is said', async () => {
    lab.client.run(['iptables', '-A', 'OUTPUT', '-p', 'tcp', '-j', 'DROP']);
    const sent = send(Buffer.alloc(0));
    if (transport === 'packet') await expect(sent).resolves.toMatchObject({ outcome: 'refused' });
    else {
      await expect(sent).rejects.toMatchObject({
        code: 'RS_NOT_SENT',
        message: expect.stringContaining('EPERM') as string,
      });
    }
  });
});

const tcpOf = (bytes: Uint8Array) => {
  const parsed = parsePacket(bytes);
  return parsed.ok ? parsed.value.tcp : undefined;
};

/** What a third host says of a connection that it can see and is no part of; `mine`: in the name of the one it tells. */
const SLANDERS: readonly { what: string; tcp: object; mine?: boolean; ignored?: string }[] = [
  { what: 'RST, a wrong number', tcp: { flags: 'R' }, ignored: 'RST outside the window' },
  { what: 'RST+ACK, a wrong number', tcp: { flags: 'R.' }, ignored: 'RST outside the window' },
  { what: 'RST, a wrong checksum', tcp: { flags: 'R', checksum: 1 }, ignored: 'wrong checksum' },
  { what: 'RST in our own name', tcp: { flags: 'R' }, mine: true },
  { what: 'RST+ACK in our own name', tcp: { flags: 'R.' }, mine: true },
];

describe.each([4, 6] as const)('whose word counts of how a connection ended, IPv%i', (family) => {
  let bridge: Bridge;
  beforeEach(() => {
    bridge = leases.add(openBridge(family));
  });
  const conversation = async (program: (socket: Socket) => void, options: Partial<ConverseOptions> = {}) => {
    const server = await listenInside(bridge.hosts.server, SERVER[family], PORT, (socket) => {
      program(socket.on('error', () => undefined));
    });
    const said = await converse({
      ...{ host: SERVER[family], port: PORT, netns: bridge.hosts.client },
      ...{ input: undefined, output: undefined, close: 'fin', waitMs: 60_000 },
      ...{ adopt: false, onPacket: undefined, signal: new AbortController().signal },
      ...options,
    });
    server.close();
    return said;
  };
  const slander = ({ remotePort = 0 }: Socket, tcp: object, mine: boolean): void => {
    const [server, client] = [
      [SERVER[family], PORT],
      [CLIENT[family], remotePort],
    ] as const;
    const [[src, srcPort], [dst, dstPort]] = mine ? [client, server] : [server, client];
    const packet = emitPacket({
      ip: { version: family, src, dst },
      tcp: { srcPort, dstPort, seq: 3_000_000_000, ack: 3_000_000_000, ...tcp },
    });
    bridge.forge({ packet, to: 'client' });
  };

  test.each(['raw-socket', 'libc', 'packet', 'adopted'] as const)('%s: nobody else is believed', async (way) => {
    const options = way === 'adopted' ? { adopt: true } : { transport: way };
    for (const { what, tcp, mine = false, ignored } of SLANDERS) {
      const said = await conversation((socket) => {
        slander(socket, tcp, mine);
        socket.end('all of it');
      }, options);
      expect([what, said.outcome, said.received.text]).toEqual([what, 'established', 'all of it']);
      const claimed = mine ? 'client' : 'server';
      const reset = said.packets.find(({ from, segment }) => from === claimed && (segment.flags & TcpFlag.RST) !== 0);
      expect([what, reset?.sender]).toEqual([what, mine ? undefined : 'kernel']);
      if (way !== 'adopted') expect([what, reset?.ignored]).toEqual([what, ignored]);
    }
  });

  test.each([false, true])("adopted: %s: the peer's own RST is", async (adopt) => {
    const said = await conversation((socket) => socket.once('data', () => socket.resetAndDestroy()), {
      adopt,
      input: 'x',
    });
    expect(said.outcome).toBe('reset-by-peer');
    expect(said.packets.filter(({ ignored }) => ignored !== undefined)).toEqual([]);
  });

  test("the peer's own RST is, and a forged one beside it is not", async () => {
    const said = await conversation(
      (socket) => {
        slander(socket, { flags: 'R' }, false);
        socket.once('data', () => socket.resetAndDestroy());
      },
      { input: 'x' },
    );
    const resets = said.packets.filter(({ segment }) => (segment.flags & TcpFlag.RST) !== 0);
    expect([said.outcome, resets.slice(0, 2).map(({ ignored }) => ignored)]).toEqual([
      'reset-by-peer',
      ['RST outside the window', undefined],
    ]);
  });

  test.each(['raw-socket', 'libc', 'packet'] as const)(
    '%s: the same RST is ignored before its number is due, and believed once it is',
    async (transport) => {
      let server: Socket | undefined;
      const resets: Uint8Array[] = [];
      let ignored = 0;
      const said = await conversation((socket) => (server = socket), {
        transport,
        input: 'x',
        onTrace(entry) {
          if (entry.type === 'received' && resets.length === 0) {
            // The first behind the handshake acknowledges the input, so both numbers are known.
            const tcp = tcpOf(entry.packet);
            if (tcp === undefined || (tcp.flags & TcpFlag.SYN) !== 0) return;
            const [src, dst] = [SERVER[family], CLIENT[family]];
            const { srcPort, dstPort, seq, ack } = tcp;
            const reset = { srcPort, dstPort, flags: 'R.', seq: (seq + 5) >>> 0, ack };
            resets.push(emitPacket({ ip: { version: family, src, dst }, tcp: reset }));
            for (const packet of [...resets, ...resets]) bridge.forge({ packet, to: 'client' });
          } else if (entry.type === 'dropped') {
            ignored += 1;
            if (ignored === 2) server?.write('12345');
          } else if (entry.type === 'received' && tcpOf(entry.packet)?.payload.length === 5) {
            for (const packet of resets) bridge.forge({ packet, to: 'client' });
          }
        },
      });
      const told = said.packets
        .filter(({ from, segment }) => from === 'server' && (segment.flags & TcpFlag.RST) !== 0)
        .map((reset) => reset.ignored);
      const why = 'RST not at RCV.NXT';
      expect([said.outcome, told]).toEqual(['reset-by-peer', [why, why, undefined]]);
    },
  );

  test('whoever vanishes while input is sent to them is given up after so many retransmissions', async () => {
    const input = new PassThrough();
    const said = await conversation(
      () => {
        const program = family === 4 ? 'iptables' : 'ip6tables';
        runCommand([program, '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP'], { netns: bridge.hosts.server });
        input.write('unheard');
      },
      { input, tcp: { maxRetransmissions: 2 } },
    );
    const { outcome, failure, inputLeftOut } = said;
    expect([outcome, inputLeftOut]).toEqual(['incomplete', true]);
    expect(failure?.en).toContain('ETIMEDOUT');
    expect(input.destroyed).toBe(true);
  });

  test("this host's own kernel is, where nothing holds it back", async () => {
    const said = await conversation((socket) => socket.resume(), { filter: 'none' });
    expect(said.outcome).toBe('reset-by-own-kernel');
  });
});

const conversed = (options: Partial<ConverseOptions> & Pick<ConverseOptions, 'host'>) =>
  converse({
    ...{ port: PORT, netns: lab.client.netns, input: undefined, output: undefined, close: 'fin', waitMs: 60_000 },
    ...{ adopt: false, onPacket: undefined, signal: new AbortController().signal },
    ...options,
  });

test.each(['libc', 'raw-socket'] as const)(
  '%s: no firewall is said to have dropped answers that are damaged',
  async (transport) => {
    withoutKernelResets('server');
    const server = tap('server');
    const said = conversed({ host: SERVER[4], transport, tcp: { synRetries: 0 } });
    await server.until(() => server.heard.length > 0);
    const { srcPort = 0, seq = 0 } = server.heard[0]?.tcp ?? {};
    server.send({
      ip: { version: 4, src: SERVER[4], dst: CLIENT[4], checksum: 1 },
      tcp: { srcPort: PORT, dstPort: srcPort, flags: 'S.', seq: 7, ack: seq + 1 },
    });
    const { outcome, obstacle } = await said;
    expect([outcome, obstacle?.why.en]).toEqual([
      'no-answer',
      'the other side answers, but damaged: 1 packet came in with a wrong checksum, and this host dropped it',
    ]);
  },
);

/** What is said of a SYN that the server's kernel does not hear, and that these SYN/ACKs answer. */
async function answeredBy(transport: TransportChoice, answers: readonly Omit<Forged, 'what'>[]) {
  lab.server.run(['iptables', '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP']);
  const server = tap('server');
  const said = conversed({ host: SERVER[4], transport, tcp: { synRetries: 0 } });
  await server.until(() => server.heard.length > 0);
  const { srcPort = 0, seq = 0 } = server.heard[0]?.tcp ?? {};
  const tcp = { srcPort: PORT, dstPort: srcPort, flags: 'S.', seq: 7, ack: seq + 1 };
  for (const { ip, ...frame } of answers)
    server.send({ ip: { version: 4, src: SERVER[4], dst: CLIENT[4], ...ip }, tcp }, frame);
  return said;
}

describe.each(['libc', 'raw-socket', 'packet'] as const)('answers that are none (%s)', (transport) => {
  test('of a VLAN: they are no part of the connection, and no firewall is said to drop them', async () => {
    const { outcome, obstacle, packets } = await answeredBy(transport, OF_NO_IP);
    const theirs = packets.filter(({ from }) => from === 'server');
    expect({ outcome, obstacle, theirs }).toEqual({ outcome: 'no-answer', obstacle: undefined, theirs: [] });
  });

  test('what IP refuses: not the firewall', async () => {
    const { outcome, obstacle } = await answeredBy(transport, [{ ip: ipv4Options(131, 3, 4) }]);
    const why =
      'the other side answers, but with IP headers that Linux refuses (a source route): 1 packet came in, and this host dropped it';
    expect([outcome, obstacle?.why.en]).toEqual(['no-answer', transport === 'packet' ? undefined : why]);
  });
});

test('answers whose checksum a card is to complete are not damaged: the firewall has dropped them', async () => {
  lab.client.run([
    'ip',
    'link',
    'add',
    'offload',
    'type',
    'veth',
    'peer',
    'name',
    'offload',
    'netns',
    lab.server.netns.path,
  ]);
  for (const [host, end] of [
    [lab.client, 1],
    [lab.server, 2],
  ] as const) {
    host.run(['ip', 'address', 'add', `198.51.100.${String(end)}/24`, 'dev', 'offload']);
    host.run(['ip', 'link', 'set', 'offload', 'up']);
  }
  lab.client.run(['iptables', '-A', 'INPUT', '-i', 'offload', '-j', 'DROP']);
  const host = '198.51.100.2';
  const server = await listenInside(lab.server.netns, host, PORT, () => undefined);
  leases.defer(() => void server.close());
  const said = await conversed({ host, tcp: { synRetries: 0 } });
  expect(said.packets.filter(({ from, segment }) => from === 'server' && segment.checksumOk)).not.toEqual([]);
  expect([said.outcome, said.obstacle?.why.en]).toEqual([
    'no-answer',
    expect.stringContaining('the firewall of this host'),
  ]);
});

describe.each([4, 6] as const)('what only passes this host, IPv%i', (family) => {
  const prefix = family === 4 ? 24 : 64;
  const ip = (...lines: string[]): void => {
    runCommand(['ip', '-batch', '-'], { netns: lab.client.netns, input: lines.join('\n') });
  };
  /** The link becomes a port of a bridge that has the address; so does another, of nobody. */
  const bridged = (): void => {
    ip(
      'link add bridge type bridge',
      'link add idle type veth peer name nobody',
      `link set bridge address ${CLIENT.mac}`,
      `address flush dev ${LINK}`,
      ...[LINK, 'idle'].map((port) => `link set ${port} master bridge`),
      ...['idle', 'nobody', 'bridge'].map((link) => `link set ${link} up`),
      `address add ${CLIENT[family]}/${prefix}${family === 4 ? '' : ' nodad'} dev bridge`,
      `neighbour replace ${SERVER[family]} lladdr ${SERVER.mac} dev bridge`,
    );
  };
  const dialled = async (options: Partial<DialOptions> = {}) => {
    const server = await listenInside(lab.server.netns, SERVER[family], PORT, (socket) =>
      socket.on('error', () => undefined),
    );
    leases.defer(() => void server.close());
    const one = await dial({ host: SERVER[family], port: PORT, netns: lab.client.netns, ...options });
    leases.defer(() => one.connection.resetAndDestroy());
    leases.defer(() => one.capture.close());
    return one;
  };
  const isReset = ({ segment }: Pick<ObservedPacket, 'segment'>): boolean => (segment.flags & TcpFlag.RST) !== 0;
  const resetOf = ({ src, dst, srcPort, dstPort }: Flow): PacketInit => ({
    ip: { version: family, src, dst },
    tcp: { srcPort, dstPort, flags: 'R', seq: 1 },
  });
  const leaves = (netns: NetworkNamespace, interfaceName: string): Promise<void> => {
    const frames = leases.add(tapFrames({ netns, interfaceName, marks: [DEFAULT_MARK] }));
    return new Promise((resolve) => {
      frames.onFrame(({ bytes, direction }) => {
        const parsed = parseFrame(bytes, 'ethernet');
        const flags = (parsed.ok ? parsed.value.packet?.tcp?.flags : undefined) ?? 0;
        if (direction === 'outgoing' && (flags & TcpFlag.RST) !== 0) resolve();
      });
    });
  };

  test('a frame in our name that a bridge of this host floods is not said to be its kernel’s', async () => {
    bridged();
    const { connection, flow, capture } = await dialled();
    expect(await handshake(connection)).toEqual({ outcome: 'established' });
    const flooded = leaves(lab.client.netns, 'idle');
    tap('server').send(resetOf(flow), { mac: '02:00:00:00:00:99' });
    await flooded;
    expect(capture.record().packets.filter(isReset)).toEqual([]);
  });

  test('one that a container sends by a macvlan on the interface is not', async () => {
    const container = leases.add(createNamespace());
    ip(`link add link ${LINK} name container address 02:00:00:00:00:77 type macvlan mode bridge`);
    ip(`link set container netns ${container.path}`);
    runCommand(['ip', 'link', 'set', 'container', 'up'], { netns: container });
    const { connection, flow, capture } = await dialled();
    expect(await handshake(connection)).toEqual({ outcome: 'established' });
    const passed = leaves(lab.client.netns, LINK);
    const socket = leases.add(
      container.run(() =>
        openPacketSocket({
          interfaceIndex: libc('if_nametoindex', 'container'),
          onFrames: () => undefined,
          onError: (error) => {
            throw error;
          },
        }),
      ),
    );
    const init = resetOf(flow);
    socket.send(
      Buffer.concat([macBytes(SERVER.mac), macBytes('02:00:00:00:00:77'), etherType(init)]),
      emitPacket(init),
    );
    await passed;
    expect(capture.record().packets.filter(isReset)).toEqual([]);
  });

  const ABOVE = [
    { what: 'the interface', above: () => undefined },
    { what: 'a bridge above it', above: bridged },
  ];
  test.each(ABOVE)("by $what: the RST of this host's own kernel is its own, once", async ({ above }) => {
    above();
    const left = leaves(lab.client.netns, LINK);
    const { connection, capture } = await dialled({ filter: 'none' });
    await Promise.all([handshake(connection), left]);
    const resets = capture.record().packets.filter((packet) => packet.sender === 'kernel' && isReset(packet));
    expect(resets.map(({ from }) => from)).toEqual(['client']);
  });
});
