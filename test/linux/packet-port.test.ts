/** What the packet port does beyond the contract of all ports: neighbours, verbatim sending, ICMP, loopback, a spare address. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verbatim } from '../../src/error.js';
import { connect, handshake } from '../../src/driver/connect.js';
import type { IcmpError } from '../../src/driver/icmp.js';
import type { PacketPort } from '../../src/driver/ports.js';
import { ADDRESSES, LINK, SPARE } from '../../src/lab/addresses.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { openPeer } from '../../src/lab/peer.js';
import { applyIngressRule } from '../../src/lab/remedies/ingress-rule.js';
import { openSparePort } from '../../src/lab/remedies/spare-port.js';
import { until } from '../../src/lab/until.js';
import { TCP_FLAGS } from '../../src/linux/libc/bpf.js';
import { systemClock } from '../../src/linux/libc/clock.js';
import { listenInside } from '../../src/linux/port/kernel-socket.js';
import { libc } from '../../src/linux/libc/libc.js';
import { openLibcPort } from '../../src/linux/port/libc-port.js';
import { openPacketPort } from '../../src/linux/port/packet-port.js';
import { openPacketSocket } from '../../src/linux/port/packet-socket.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import type { Capture, CapturedFrame } from '../../src/linux/capture/capture.js';
import { reverseFlow } from '../../src/wire/flow.js';
import { openBridge } from '../support/bridge.js';
import { emitFrame, emitPacket, formatFlags, parseFrame, type PacketInit, TcpFlag } from '../../src/wire/index.js';

const MARK = 7;

const received = async (port: PacketPort, count = 1): Promise<Uint8Array[]> =>
  new Promise((resolve, reject) => {
    const packets: Uint8Array[] = [];
    port.onError(reject);
    port.onPacket((packet) => {
      if (packets.push(packet) === count) resolve(packets);
    });
  });

const failure = async (port: PacketPort): Promise<Error> =>
  new Promise((resolve) => {
    port.onError(resolve);
  });

/** A kernel that took an address says so in a multicast listener report, at a time of its own choosing. RFC 3810 §5.2.14. */
const isReport = ({ bytes }: CapturedFrame): boolean =>
  Buffer.from(bytes.subarray(0, 6)).toString('hex') === '333300000016';
const framesOf = (capture: Capture): CapturedFrame[] => capture.frames().filter((frame) => !isReport(frame));

/** The next frame that is as it should be. */
const frameLike = async (capture: Capture, isLike: (frame: CapturedFrame) => boolean): Promise<CapturedFrame> =>
  new Promise((resolve) => {
    capture.onFrame((frame) => {
      if (isLike(frame)) resolve(frame);
    });
  });

/** What a frame is about, in a word. */
function wordFor({ bytes, direction }: Pick<CapturedFrame, 'bytes' | 'direction'>): string {
  const frame = parseFrame(bytes, 'ethernet');
  if (!frame.ok) return frame.error.message;
  const { arp, packet } = frame.value;
  const word = arp?.operation ?? packet?.icmpv6?.kind ?? (packet?.tcp && formatFlags(packet.tcp.flags)) ?? 'other';
  return `${direction === 'outgoing' ? '>' : '<'} ${word}`;
}

describe.each([4, 6] as const)('IPv%i', (family) => {
  let lab: Lab;
  beforeEach(() => {
    lab = createLab();
  });
  afterEach(() => {
    lab.close();
  });

  const address = (name: 'client' | 'server') => lab[name].address(family);
  const flow = () => ({ src: address('client'), srcPort: 41000, dst: address('server'), dstPort: 8888 });
  const openClient = (options: { readonly remote?: string } = {}): PacketPort => {
    const { src: local, srcPort: localPort, dst: remote, dstPort: remotePort } = flow();
    return lab.client.openPort('packet', { local, localPort, remote, remotePort, mark: MARK, ...options });
  };
  const openServer = (transport: 'packet' | 'libc'): PacketPort => {
    const { src: remote, srcPort: remotePort, dst: local, dstPort: localPort } = flow();
    return lab.server.openPort(transport, { local, localPort, remote, remotePort });
  };
  const ip = (init: Partial<PacketInit['ip']> = {}): PacketInit['ip'] => ({
    version: family,
    src: address('client'),
    dst: address('server'),
    ...init,
  });
  const reset = (init: Partial<PacketInit> = {}): Uint8Array =>
    emitPacket({ ip: ip(), tcp: { srcPort: 41000, dstPort: 8888, flags: 'R', seq: 1 }, ...init });
  const forgetNeighbours = () => lab.client.run(['ip', 'neigh', 'flush', 'dev', LINK, 'nud', 'permanent']);

  test('a neighbour that the kernel does not know is asked for, and what waited goes out in order', async () => {
    forgetNeighbours();
    const capture = lab.client.capture(MARK);
    const [client, server] = [openClient(), openServer('libc')];
    const arrived = received(server, 3);
    const sent = [1, 2, 3].map((seq) => reset({ tcp: { srcPort: 41000, dstPort: 8888, flags: 'R', seq } }));
    for (const packet of sent) client.send(packet);
    for (const packet of sent) packet.fill(0); // ours again: what waits must not change
    expect((await arrived).map((packet) => packet[(family === 4 ? 20 : 40) + 7])).toEqual([1, 2, 3]);
    const question = { 4: ['> request', '< reply'], 6: ['> neighborSolicitation', '< neighborAdvertisement'] };
    expect(framesOf(capture).map(wordFor).slice(0, 5)).toEqual([...question[family], '> R', '> R', '> R']);
    for (const opened of [client, server, capture]) opened.close();
  });

  test('what a frame says of its sender is not believed: a third station on the link cannot divert the answers', async () => {
    const { dst: local, dstPort: localPort, src: remote, srcPort: remotePort } = flow();
    const segment = openBridge(family);
    const server = segment.hosts.server.run(() => openPacketPort({ local, localPort }));
    const client = segment.hosts.client.run(() =>
      openLibcPort({ local: remote, localPort: remotePort, remote: local }),
    );
    const heard = received(server);
    segment.forge({ packet: reset(), to: 'server' });
    await heard;
    const answered = received(client);
    const answer = emitPacket({
      ip: ip({ src: local, dst: remote }),
      tcp: { srcPort: localPort, dstPort: remotePort, flags: 'R' },
    });
    server.send(answer);
    await answered;
    for (const opened of [client, server, segment]) opened.close();
  });

  test('beyond the link, packets go to the router', async () => {
    const [far, prefix] = family === 4 ? ['198.51.100.9', '198.51.100.0/24'] : ['2001:db8:1::9', '2001:db8:1::/64'];
    lab.client.run(['ip', 'route', 'add', prefix, 'via', address('server')]);
    const capture = lab.server.capture(MARK);
    const client = openClient({ remote: far });
    const arrived = frameLike(capture, (frame) => !isReport(frame));
    client.send(reset({ ip: ip({ dst: far }) }));
    const frame = parseFrame((await arrived).bytes, 'ethernet');
    expect(frame).toMatchObject({ value: { link: { dst: ADDRESSES.server.mac }, packet: { ip: { dst: far } } } });
    for (const opened of [client, capture]) opened.close();
  });

  test('no route: refused at once, or said by onError for a packet that goes elsewhere', async () => {
    const nowhere = family === 4 ? '203.0.113.1' : '2001:db8:2::1';
    expect(() => openClient({ remote: nowhere })).toThrow(expect.objectContaining({ code: 'RS_NO_ROUTE' }));
    const client = openClient();
    const failed = failure(client);
    client.send(reset({ ip: ip({ dst: nowhere }) }));
    expect(await failed).toMatchObject({ code: 'ENETUNREACH' });
    client.close();
  });

  test('what no kernel would send leaves as it is given', async () => {
    const odd: Uint8Array[] = [
      reset({ ip: ip(family === 4 ? { totalLength: 9999, checksum: 0xdead } : { payloadLength: 3 }) }),
      reset({ ip: ip(family === 4 ? { id: 0, ttl: 0 } : { hopLimit: 0 }) }),
      reset({ ip: ip(family === 4 ? { tos: 255 } : { trafficClass: 255 }) }),
      reset({ ip: ip({ src: address('server') }) }),
      reset().subarray(0, family === 4 ? 20 : 40),
    ];
    const capture = lab.server.capture(MARK);
    const client = openClient();
    const arrived = frameLike(capture, () => framesOf(capture).length === odd.length);
    for (const packet of odd) client.send(packet);
    await arrived;
    expect(framesOf(capture).map(({ bytes }) => [...bytes.subarray(14)])).toEqual(odd.map((packet) => [...packet]));
    for (const opened of [client, capture]) opened.close();
  });

  test('longer than the MTU is an error, and what follows it leaves', async () => {
    const [client, server] = [openClient(), openServer('packet')];
    const arrived = received(server);
    const codes: unknown[] = [];
    client.onError((error) => codes.push((error as NodeJS.ErrnoException).code));
    for (const bytes of [1500, 100_000]) client.send(Uint8Array.of(...reset(), ...new Uint8Array(bytes)));
    client.send(reset());
    expect(await arrived).toEqual([reset()]);
    expect(codes).toEqual(['EMSGSIZE', 'EMSGSIZE']);
    for (const opened of [client, server]) opened.close();
  });

  test('padding of the frame is no part of the packet', async () => {
    const client = openClient();
    const arrived = received(client);
    const sender = lab.server.netns.run(() =>
      openPacketSocket({
        interfaceIndex: libc('if_nametoindex', LINK),
        onFrames: () => undefined,
        onError: () => undefined,
      }),
    );
    const packet = emitPacket({
      ip: ip({ src: address('server'), dst: address('client') }),
      tcp: { srcPort: 8888, dstPort: 41000, flags: 'R' },
    });
    const link = { kind: 'ethernet', src: ADDRESSES.server.mac, dst: ADDRESSES.client.mac } as const;
    const etherType = family === 4 ? 0x0800 : 0x86dd;
    sender.send(emitFrame({ link: { ...link, etherType }, payload: Uint8Array.of(...packet, 0, 0, 0, 0, 0, 0) }));
    expect(await arrived).toEqual([packet]);
    for (const opened of [client, sender]) opened.close();
  });

  test('a server whose queue of SYNs is full hears all else before it has read them', async () => {
    const { dst: local, dstPort: localPort } = flow();
    const server = lab.server.openPort('packet', { local, localPort });
    const heard: number[] = [];
    const others = new Promise<void>((resolve) => {
      server.onPacket((packet) => {
        heard.push(packet[(family === 4 ? 20 : 40) + TCP_FLAGS] ?? 0);
        if (heard.at(-1) !== TcpFlag.SYN) resolve();
      });
    });
    const client = openClient();
    const segment = (flags: string) => emitPacket({ ip: ip(), tcp: { srcPort: 41000, dstPort: 8888, flags } });
    const syn = segment('S');
    for (let i = 0; i < 5000; i++) client.send(syn);
    for (const flags of ['.', 'SR', 'S.', 'R']) client.send(segment(flags));
    await others;
    expect(heard.length).toBeLessThan(1000);
    for (const opened of [client, server]) opened.close();
  });

  test('a server hears SYNs and all else, each once', async () => {
    const { dst: local, dstPort: localPort } = flow();
    const [client, server] = [openClient(), lab.server.openPort('packet', { local, localPort })];
    const flags = ['S', 'SPU', 'FS', '.', 'S.', 'SR', 'R', 'F.'];
    const heard = received(server, flags.length);
    for (const each of flags)
      client.send(emitPacket({ ip: ip(), tcp: { srcPort: 41000, dstPort: 8888, flags: each } }));
    const byte = (packet: Uint8Array) => packet[(family === 4 ? 20 : 40) + TCP_FLAGS] ?? 0;
    expect((await heard).map((packet) => formatFlags(byte(packet))).sort()).toEqual([...flags].sort());
    for (const opened of [client, server]) opened.close();
  });

  test('ICMP errors about the flow are heard, about others not', async () => {
    const [client, server] = [openClient(), openServer('packet')];
    const reports: IcmpError[] = [];
    const heard = new Promise<void>((resolve) => {
      client.onIcmp?.((report) => {
        reports.push(report);
        if (report.code === 2) resolve();
      });
    });
    const unreachable = (code: number, quoted: Uint8Array): Uint8Array => {
      const message = { kind: 'unreachable', code, payload: quoted } as const;
      const back = ip({ src: address('server'), dst: address('client') });
      return emitPacket({ ip: back, ...(family === 4 ? { icmp: message } : { icmpv6: message }) });
    };
    server.send(unreachable(1, reset({ tcp: { srcPort: 41001, dstPort: 8888, flags: 'S' } })));
    server.send(unreachable(2, reset({ tcp: { srcPort: 41000, dstPort: 8888, flags: 'S' } })));
    await heard;
    expect(reports).toMatchObject([{ from: address('server'), kind: 'unreachable', code: 2 }]);
    for (const opened of [client, server]) opened.close();
  });

  test('on loopback each packet is there once, both ways', async () => {
    const local = family === 4 ? '127.0.0.1' : '::1';
    const ports = [
      [1000, 2000],
      [2000, 1000],
    ].map(([localPort = 0, remotePort = 0]) =>
      lab.client.openPort('packet', { local, localPort, remote: local, remotePort }),
    );
    const [left, right] = ports as [PacketPort, PacketPort];
    const arrived = [received(left, 3), received(right, 3)];
    const segment = (srcPort: number, dstPort: number, seq: number) =>
      emitPacket({ ip: ip({ src: local, dst: local }), tcp: { srcPort, dstPort, seq, flags: 'R' } });
    for (let seq = 0; seq < 3; seq++) {
      left.send(segment(1000, 2000, seq));
      right.send(segment(2000, 1000, seq));
    }
    for (const packets of await Promise.all(arrived))
      expect(packets.map((packet) => packet[(family === 4 ? 20 : 40) + 7])).toEqual([0, 1, 2]);
    for (const port of ports) port.close();
  });

  test('on loopback a kernel socket answers, on IPv4 where it is told to take what claims to come from itself', async () => {
    const local = family === 4 ? '127.0.0.1' : '::1';
    setSysctls(lab.client.netns, { 'net.ipv4.conf.lo.accept_local': 1, 'net.ipv4.conf.lo.route_localnet': 1 });
    const listener = await listenInside(lab.client.netns, local, 8888, () => undefined);
    const port = lab.client.openPort('packet', { local, localPort: 41000, remote: local, remotePort: 8888 });
    const arrived = received(port);
    port.send(
      emitPacket({ ip: ip({ src: local, dst: local }), tcp: { srcPort: 41000, dstPort: 8888, flags: 'S', seq: 4 } }),
    );
    const [answer = new Uint8Array(0)] = await arrived;
    expect(answer[(family === 4 ? 20 : 40) + 13]).toBe(0x12);
    port.close();
    listener.close();
  });

  /** A handshake and a word with a real listener, through `port`, while the client's link is captured. */
  const converse = async (port: PacketPort, src: string): Promise<string[]> => {
    const peer = await openPeer(lab.server, family, 8888);
    const capture = lab.client.capture(MARK);
    const connection = connect({ port, clock: systemClock, flow: { ...flow(), src } });
    connection.on('error', () => undefined);
    expect(await handshake(connection)).toEqual({ outcome: 'established' });
    connection.write('hello');
    await until(
      verbatim('the word'),
      () => peer.received === 'hello',
      (check) => peer.onProgress(check),
    );
    const words = framesOf(capture).map(wordFor);
    connection.abandon();
    for (const opened of [port, capture, peer]) opened.close();
    return words;
  };

  test('a spare address: neighbours are answered, the kernel has no part in it and sends no RST', async () => {
    const { dst: remote, dstPort: remotePort, srcPort: localPort } = flow();
    const port = openSparePort(lab.client, { local: SPARE[family], localPort, remote, remotePort, mark: MARK });
    const words = await converse(port, SPARE[family]);
    expect(words.filter((word) => word.includes('R'))).toEqual([]);
    const answers = { 4: ['< request', '> reply'], 6: ['< neighborSolicitation', '> neighborAdvertisement'] };
    for (const word of answers[family]) expect(words).toContain(word);
    const neighbours = lab.server.run(['ip', 'neigh', 'show', 'to', SPARE[family]]);
    expect(neighbours).toContain(`lladdr ${SPARE.mac}`);
    expect(lab.client.lookup({ ...flow(), src: SPARE[family] }).owner).toBe('none');
  });

  test('behind a drop at ingress it still receives; the kernel sees nothing and sends no RST', async () => {
    const rule = applyIngressRule(lab.client, flow());
    const words = await converse(openClient(), address('client'));
    expect(words.filter((word) => word.includes('R'))).toEqual([]);
    expect(rule.counters().packets).toBeGreaterThanOrEqual(2); // SYN/ACK, ACK of the data
    rule.close();
    rule.close();
    expect(lab.client.run(['nft', 'list', 'ruleset'])).toBe('');
  });
});

test('a spare IPv6 address is taken, for who detects duplicates', async () => {
  const lab = createLab();
  const capture = lab.server.capture(MARK);
  const port = openSparePort(lab.client, { local: SPARE[6], remote: lab.server.address(6), mark: MARK });
  const told = frameLike(capture, (frame) => wordFor(frame) === '< neighborAdvertisement');
  lab.server.run(['ip', 'addr', 'add', `${SPARE[6]}/64`, 'dev', LINK]);
  await told;
  expect(lab.server.run(['ip', '-6', 'addr', 'show', 'dev', LINK])).toContain('dadfailed');
  for (const opened of [port, capture]) opened.close();
  lab.close();
});

test('IPv6 extension headers do not hide the ports', async () => {
  const lab = createLab();
  const [src, dst] = [lab.server.address(6), lab.client.address(6)];
  const flow = { src: dst, srcPort: 41000, dst: src, dstPort: 8888 };
  const client = lab.client.openPort('packet', { local: dst, localPort: 41000, remote: src, remotePort: 8888 });
  const server = lab.server.netns.run(() => openPacketPort({ local: src, remote: dst }));
  const arrived = received(client);
  const extensions = [{ kind: 'destination', options: [] }] as const;
  const send = (tcp: { srcPort: number; dstPort: number }) => {
    server.send(emitPacket({ ip: { version: 6, src, dst, extensions }, tcp: { ...tcp, flags: 'R' } }));
  };
  send({ srcPort: 8889, dstPort: 41000 });
  send({ srcPort: reverseFlow(flow).srcPort, dstPort: reverseFlow(flow).dstPort });
  const [packet = new Uint8Array(0)] = await arrived;
  expect(packet[6]).toBe(60);
  for (const port of [client, server]) port.close();
  lab.close();
});
