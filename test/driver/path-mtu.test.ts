/** MTUs and segments: what Linux offers over a way, and what ICMP says of one. */
import { describe, expect, test } from 'vitest';
import { connect, handshake } from '../../src/driver/connect.js';
import type { IcmpError } from '../../src/driver/icmp.js';
import { Listeners } from '../../src/driver/listeners.js';
import { memoryPorts } from '../../src/driver/memory-port.js';
import { linuxOffer } from '../../src/driver/offer.js';
import { plateauBelow, readReport } from '../../src/driver/path-mtu.js';
import type { PacketPort } from '../../src/driver/ports.js';
import { listen } from '../../src/driver/raw-server.js';
import { FakeClock } from '../support/memory.js';
import { emitPacket, type Packet, parsePacket, seqAdd } from '../../src/wire/index.js';

const ADDRESS = { 4: ['192.0.2.1', '192.0.2.2'], 6: ['2001:db8::1', '2001:db8::2'] } as const;

// As `ss -ti` and tcpdump show it of a kernel's socket on a link of that MTU.
test.each([
  [4, undefined, 1460, 64_240],
  [6, undefined, 1440, 64_800],
  [4, 1400, 1360, 65_280],
  [6, 1400, 1340, 64_320],
  [4, 65_536, 65_495, 65_495],
  [6, 65_536, 65_476, 65_476],
  [6, 1280, 1220, 64_660],
] as const)('IPv%i, MTU %s: MSS %i, window %i', (version, mtu, mss, window) => {
  expect(linuxOffer(ADDRESS[version][0], mtu)).toMatchObject({ mss, pathMss: mss, window });
});

test('what is sent fits into the way, also where no host may offer as little', () => {
  expect(linuxOffer(ADDRESS[4][0], 200)).toMatchObject({ mss: 256, pathMss: 160 });
});

describe('a report', () => {
  /** Of a packet of so many bytes, quoted as far as routers must. */
  function reportOf(version: 4 | 6, bytes: number, mtu: number): IcmpError {
    const [src, dst] = ADDRESS[version];
    const payload = new Uint8Array(bytes - (version === 4 ? 40 : 60));
    const packet = emitPacket({ ip: { version, src, dst }, tcp: { srcPort: 1, dstPort: 2, flags: '.', payload } });
    const parsed = parsePacket(packet.subarray(0, version === 4 ? 28 : 48), { mayBeCut: true });
    if (!parsed.ok) throw new Error(parsed.error.message);
    const kind = version === 4 ? 'unreachable' : 'packetTooBig';
    return { from: dst, kind, code: version === 4 ? 4 : 0, mtu, quoted: parsed.value };
  }

  test.each([
    [4, 1500, 1400, { mtu: 1400, mayFragment: false }],
    [4, 1500, 552, { mtu: 552, mayFragment: false }],
    [4, 1500, 551, { mtu: 552, mayFragment: true }],
    [4, 1500, 1, { mtu: 552, mayFragment: true }],
    [6, 1500, 1400, { mtu: 1400, mayFragment: false }],
    [6, 1500, 1279, { mtu: 1280, mayFragment: false }],
    [6, 1500, 0xffff_ffff, { mtu: 0xffff_ffff, mayFragment: false }],
  ] as const)('IPv%i, %i bytes, MTU %i', (version, bytes, mtu, expected) => {
    expect(readReport(reportOf(version, bytes, mtu), 1500)).toEqual(expected);
  });

  test.each([
    [1500, 1500, 1492],
    [1492, 1500, 1006],
    [60_000, 1500, 1492],
    [1006, 1006, 552],
  ])('no MTU told, %i bytes quoted, %i sent at most: %i', (quoted, sent, mtu) => {
    expect(readReport(reportOf(4, quoted, 0), sent).mtu).toBe(mtu);
  });

  test('there is always a smaller size, down to the least', () => {
    expect([65_536, 1500, 1492, 69, 68].map(plateauBelow)).toEqual([65_535, 1492, 1006, 68, 68]);
  });
});

describe('a connection', () => {
  /** Established over memory; ICMP says what the test has it say, and what leaves is kept. */
  async function established(family: 4 | 6) {
    const clock = new FakeClock();
    const [src, dst] = ADDRESS[family];
    const [near, far] = memoryPorts();
    const reports = new Listeners<IcmpError>();
    const sent: Packet[] = [];
    const port: PacketPort = {
      transport: 'memory',
      send(bytes) {
        const parsed = parsePacket(bytes.slice());
        if (parsed.ok) sent.push(parsed.value);
        near.send(bytes);
      },
      onPacket: (listener) => near.onPacket(listener),
      onError: (listener) => near.onError(listener),
      onIcmp: (listener) => reports.add(listener),
      close() {
        near.close();
      },
    };
    listen({ port: far, clock, address: dst, localPort: 80 }, (accepted) => accepted.resume());
    const connection = connect({ port, clock, flow: { src, srcPort: 41000, dst, dstPort: 80 } });
    await handshake(connection);
    connection.write(Buffer.alloc(1400));
    const packet = sent.splice(0).at(-1);
    if (packet === undefined) throw new Error('nothing was sent');
    return { connection, sent, packet, tell: (report: IcmpError) => reports.emit(report) };
  }

  /** About a packet, its sequence number so many bytes away from what it was. */
  function tooBig({ ip, tcp }: Packet, mtu: number, beside = 0): IcmpError {
    if (tcp === undefined) throw new Error('no segment');
    const parsed = parsePacket(
      emitPacket({
        ip: { version: ip.version, src: ip.src, dst: ip.dst },
        tcp: { ...tcp, seq: seqAdd(tcp.seq, beside) },
      }),
    );
    if (!parsed.ok) throw new Error(parsed.error.message);
    const [kind, code] = ip.version === 4 ? (['unreachable', 4] as const) : (['packetTooBig', 0] as const);
    return { from: '192.0.2.9', kind, code, mtu, quoted: parsed.value };
  }

  const lengths = (packets: readonly Packet[]): readonly number[] => packets.map(({ bytes }) => bytes.length);

  test.each([
    [4, 1000, [1000, 504]],
    [4, 552, [552, 552, 452]],
    [4, 0, [1006, 498]],
    [6, 1300, [1300, 244]],
    [6, 68, [1280, 264]],
  ] as const)(
    'IPv%i: told of MTU %i while its bytes are under way, it sends them again at once',
    async (family, mtu, again) => {
      const { sent, packet, tell } = await established(family);
      tell(tooBig(packet, mtu));
      expect(lengths(sent)).toEqual(again);
      expect(sent.every(({ ip }) => ip.version === 6 || ip.dontFragment)).toBe(true);
    },
  );

  test('told of less than it goes down to, it lets routers cut packets up', async () => {
    const { connection, sent, packet, tell } = await established(4);
    tell(tooBig(packet, 300));
    connection.write(Buffer.alloc(10));
    expect(sent.map(({ ip }) => ip.version === 4 && [ip.dontFragment, ip.id !== 0])).toEqual(
      Array.from({ length: 4 }, () => [false, true]),
    );
  });

  test.each([
    ['what was acknowledged long ago', 1000, -1],
    ['what was never sent', 1000, 1400],
    ['a larger MTU than is known', 1500, 0],
  ])('forged, about %s: ignored', async (_, mtu, beside) => {
    const { connection, sent, packet, tell } = await established(4);
    tell(tooBig(packet, mtu, beside));
    expect([sent, connection.tcb.sendMss]).toEqual([[], 1460]);
  });
});
