import { describe, expect, test } from 'vitest';
import {
  emitFrame,
  emitPacket,
  parseFrame,
  parsePacket,
  TcpFlag,
  type Ipv6Extension,
  type Packet,
} from '../../src/wire/index.js';
import {
  frames,
  hex,
  ipOf,
  multicastReport,
  offloadedIpv4,
  synAckIpv6,
  synIpv4,
  unreachableIpv4,
  unreachableIpv6,
} from './vectors.js';

const parsed = (bytes: Uint8Array, mayBeCut = false): Packet => {
  const result = parsePacket(bytes, { mayBeCut });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

const v4 = { version: 4, src: '192.0.2.1', dst: '192.0.2.2' } as const;
const v6 = { version: 6, src: '2001:db8::1', dst: '2001:db8::2' } as const;

describe('captured', () => {
  test.each(Object.entries(frames))('%s: parsed and emitted, the same bytes', (_name, frame) => {
    const result = parseFrame(frame, 'ethernet');
    if (!result.ok) throw new Error(result.error.message);
    expect(emitFrame(result.value)).toEqual(frame);
  });

  test('IPv4 SYN: every field', () => {
    const packet = parsed(ipOf(synIpv4));
    expect(packet.ip).toEqual({
      version: 4,
      src: '192.0.2.1',
      dst: '192.0.2.2',
      ihl: 5,
      tos: 0,
      totalLength: 60,
      id: 0x6694,
      reservedFlag: false,
      dontFragment: true,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: 64,
      protocol: 6,
      checksum: 0x5024,
      checksumOk: true,
      options: [],
    });
    expect(packet.tcp).toEqual({
      srcPort: 41000,
      dstPort: 8080,
      seq: 0xe010eed3,
      ack: 0,
      dataOffset: 10,
      reserved: 0,
      flags: TcpFlag.SYN,
      window: 64240,
      checksum: 0x49cd,
      checksumOk: true,
      urgentPointer: 0,
      options: [
        { kind: 'mss', mss: 1460 },
        { kind: 'sackOK' },
        { kind: 'timestamps', value: 3212259622, echo: 0 },
        { kind: 'nop' },
        { kind: 'wscale', shift: 10 },
      ],
      payload: new Uint8Array(0),
    });
  });

  test('IPv6 SYN/ACK: addresses, flow label, flags, checksum', () => {
    const { ip, tcp } = parsed(ipOf(synAckIpv6));
    expect(ip).toEqual({
      version: 6,
      src: '2001:db8::2',
      dst: '2001:db8::1',
      trafficClass: 0,
      flowLabel: 0xd46f0,
      payloadLength: 40,
      nextHeader: 6,
      hopLimit: 64,
      extensions: [],
    });
    expect(tcp).toMatchObject({ flags: TcpFlag.SYN | TcpFlag.ACK, checksumOk: true, ack: 0xd180a9bf });
  });

  test('a SYN built from what it says is the SYN that the kernel sent', () => {
    const built = emitPacket({
      ip: { ...v4, id: 0x6694 },
      tcp: {
        srcPort: 41000,
        dstPort: 8080,
        seq: 0xe010eed3,
        flags: 'S',
        window: 64240,
        options: [
          { kind: 'mss', mss: 1460 },
          { kind: 'sackOK' },
          { kind: 'timestamps', value: 3212259622, echo: 0 },
          { kind: 'nop' },
          { kind: 'wscale', shift: 10 },
        ],
      },
    });
    expect(built).toEqual(ipOf(synIpv4));
  });

  test('a checksum left to the network card is told apart from a right one', () => {
    expect(parsed(ipOf(offloadedIpv4)).tcp?.checksumOk).toBe(false);
  });

  test('port unreachable, IPv4 and IPv6: the quoted packet is dissected', () => {
    const { icmp } = parsed(ipOf(unreachableIpv4));
    expect(icmp).toMatchObject({ kind: 'unreachable', code: 3, checksumOk: true });
    expect(icmp?.quoted?.ip).toMatchObject({ src: '192.0.2.1', protocol: 17 });
    const { icmpv6 } = parsed(ipOf(unreachableIpv6));
    expect(icmpv6).toMatchObject({ kind: 'unreachable', code: 4, checksumOk: true });
    expect(icmpv6?.quoted?.ip).toMatchObject({ src: '2001:db8::1', nextHeader: 17 });
  });

  test('neighbour solicitation and advertisement', () => {
    expect(parsed(ipOf(frames.neighborSolicitation)).icmpv6).toMatchObject({
      kind: 'neighborSolicitation',
      target: '2001:db8::2',
      options: [{ kind: 'sourceLinkLayer', address: '12:00:8b:98:c5:e4' }],
      checksumOk: true,
    });
    expect(parsed(ipOf(frames.neighborAdvertisement)).icmpv6).toMatchObject({
      kind: 'neighborAdvertisement',
      router: false,
      solicited: true,
      override: true,
      options: [{ kind: 'targetLinkLayer', address: '0a:05:9e:5f:62:d3' }],
      checksumOk: true,
    });
  });

  test('hop-by-hop header with a router alert before ICMPv6', () => {
    const { ip, icmpv6 } = parsed(ipOf(multicastReport));
    expect(ip).toMatchObject({
      extensions: [
        {
          kind: 'hopByHop',
          nextHeader: 58,
          options: [
            { kind: 'option', type: 5, data: Uint8Array.of(0, 0) },
            { kind: 'option', type: 1, data: new Uint8Array(0) },
          ],
        },
      ],
    });
    expect(icmpv6).toMatchObject({ kind: 'other', type: 143, checksumOk: true });
  });

  test('ARP request and reply', () => {
    const read = (frame: Uint8Array): unknown => {
      const result = parseFrame(frame, 'ethernet');
      return result.ok ? result.value.arp : result.error;
    };
    expect(read(frames.arpRequest)).toEqual({
      hardwareType: 1,
      protocolType: 0x0800,
      operation: 'request',
      senderMac: '12:00:8b:98:c5:e4',
      senderIp: '192.0.2.1',
      targetMac: '00:00:00:00:00:00',
      targetIp: '192.0.2.2',
    });
    expect(read(frames.arpReply)).toMatchObject({ operation: 'reply', targetMac: '12:00:8b:98:c5:e4' });
  });
});

describe('given is verbatim', () => {
  test('wrong lengths, offsets and checksums go out as they are', () => {
    const bytes = emitPacket({
      ip: { ...v4, ihl: 15, totalLength: 3, checksum: 0xdead, protocol: 99, reservedFlag: true, fragmentOffset: 8191 },
      tcp: { dataOffset: 1, checksum: 0xbeef, reserved: 7, flags: 0x1ff },
    });
    expect(bytes).toEqual(
      hex(`4f00 0003 0000 9fff 4063 dead c0000201 c0000202
      0000 0000 00000000 00000000 1fff ffff beef 0000`),
    );
  });

  test('IPv6: wrong length and next header', () => {
    const bytes = emitPacket({ ip: { ...v6, payloadLength: 65535, nextHeader: 1 }, tcp: {} });
    expect(Array.from(bytes.subarray(4, 8))).toEqual([0xff, 0xff, 1, 64]);
  });

  test('options beyond 40 bytes need a data offset that was given', () => {
    const options = [{ kind: 'unknown', code: 77, data: new Uint8Array(60) } as const];
    expect(() => emitPacket({ ip: v4, tcp: { options } })).toThrow('tcp.dataOffset: 21 does not fit');
    expect(emitPacket({ ip: v4, tcp: { options, dataOffset: 5 } })).toHaveLength(104);
  });

  test.each([
    ['tcp.srcPort', { tcp: { srcPort: 65536 } }],
    ['tcp.seq', { tcp: { seq: -1 } }],
    ['tcp.window', { tcp: { window: 1.5 } }],
    ['tcp.flags', { tcp: { flags: 'SX' } }],
    ['ip.ttl', { ip: { ...v4, ttl: 256 } }],
    ['ip.src', { ip: { ...v4, src: '192.0.2.256' } }],
    ['ip.dst', { ip: { ...v6, dst: '192.0.2.1' } }],
    ['ip.totalLength', { payload: new Uint8Array(65536) }],
  ])('%s that bytes cannot hold is refused by name', (field, part) => {
    const emit = (): unknown => emitPacket({ ip: v4, ...part });
    expect(emit).toThrow(field);
    expect(emit).toThrow(expect.objectContaining({ code: 'RS_BAD_FIELD', hint: expect.any(String) as string }));
  });
});

describe('left out is computed', () => {
  test('an empty TCP over IPv4: lengths, protocol, DF, both checksums', () => {
    const packet = parsed(emitPacket({ ip: v4, tcp: {} }));
    expect(packet.ip).toMatchObject({ totalLength: 40, protocol: 6, dontFragment: true, ttl: 64, checksumOk: true });
    expect(packet.tcp).toMatchObject({ dataOffset: 5, window: 65535, flags: 0, checksumOk: true });
  });

  test('a fragment is not marked "do not fragment"', () => {
    expect(parsed(emitPacket({ ip: { ...v4, moreFragments: true }, payload: hex('00') })).ip).toMatchObject({
      dontFragment: false,
    });
  });

  test('extension headers announce each other', () => {
    const bytes = emitPacket({
      ip: {
        ...v6,
        extensions: [
          { kind: 'hopByHop', options: [] },
          { kind: 'fragment', offset: 0, more: false, id: 7 },
        ],
      },
      tcp: {},
    });
    expect([bytes[6], bytes[40], bytes[48]]).toEqual([0, 44, 6]);
    expect(parsed(bytes).tcp?.checksumOk).toBe(true);
  });

  test('with a routing header, the checksum is over the last address', () => {
    const last = hex('0000000020010db8000000000000000000000009');
    const routed = { kind: 'routing', routingType: 0, segmentsLeft: 1, data: last } as const;
    const through = parsed(emitPacket({ ip: { ...v6, extensions: [routed] }, tcp: {} }));
    const direct = parsed(emitPacket({ ip: { ...v6, dst: '2001:db8::9' }, tcp: {} }));
    expect(through.tcp?.checksum).toBe(direct.tcp?.checksum);
    expect(through.tcp?.checksumOk).toBe(true);
  });

  test('with a source route, the checksum is over the last address', () => {
    const options = [
      { kind: 'looseSourceRoute', pointer: 4, route: ['192.0.2.8', '192.0.2.9'] },
      { kind: 'nop' },
    ] as const;
    const through = parsed(emitPacket({ ip: { ...v4, options }, tcp: {} }));
    const direct = parsed(emitPacket({ ip: { ...v4, dst: '192.0.2.9' }, tcp: {} }));
    expect(through.tcp?.checksum).toBe(direct.tcp?.checksum);
    expect(through.tcp?.checksumOk).toBe(true);
  });
});

describe('errors', () => {
  const errorOf = (bytes: Uint8Array, mayBeCut = false): unknown => {
    const result = parsePacket(bytes, { mayBeCut });
    return result.ok ? undefined : result.error;
  };
  const syn = ipOf(synIpv4);
  const changed = (at: number, value: number): Uint8Array => syn.map((byte, i) => (i === at ? value : byte));

  test.each([
    ['no bytes', syn.subarray(0, 0), { code: 'truncated', layer: 'ip', offset: 0, need: 1, have: 0 }],
    ['half an IPv4 header', syn.subarray(0, 10), { code: 'truncated', layer: 'ipv4', offset: 0, need: 20, have: 10 }],
    [
      'bytes missing at the end',
      syn.subarray(0, 59),
      { code: 'truncated', layer: 'ipv4', offset: 0, need: 60, have: 59 },
    ],
    ['version 5', changed(0, 0x55), { code: 'bad-version', layer: 'ip', offset: 0, need: 0, have: 5 }],
    ['header length 4', changed(0, 0x44), { code: 'bad-length', layer: 'ipv4', offset: 0, need: 20, have: 16 }],
    ['total length 19', changed(3, 19), { code: 'bad-length', layer: 'ipv4', offset: 0, need: 20, have: 19 }],
    ['total length 30', changed(3, 30), { code: 'truncated', layer: 'tcp', offset: 20, need: 20, have: 10 }],
    ['data offset 4', changed(32, 0x40), { code: 'bad-length', layer: 'tcp', offset: 20, need: 20, have: 16 }],
    ['data offset 15', changed(32, 0xf0), { code: 'truncated', layer: 'tcp', offset: 20, need: 60, have: 40 }],
  ])('%s: layer, offset, need and have', (_name, bytes, error) => {
    expect(errorOf(bytes)).toMatchObject(error);
  });

  const extended = (count: number): Uint8Array => {
    const ip = { version: 6, src: '2001:db8::1', dst: '2001:db8::2' } as const;
    const extensions = Array<Ipv6Extension>(count).fill({
      kind: 'destination',
      options: [{ kind: 'raw', data: hex('010400000000') }],
    });
    return emitPacket({ ip: { ...ip, extensions }, tcp: { flags: 'S' } });
  };

  test('as many extension headers as are read, and one more', () => {
    expect(parsed(extended(32)).tcp?.flags).toBe(TcpFlag.SYN);
    for (const mayBeCut of [false, true])
      expect(parsePacket(extended(33), { mayBeCut })).toMatchObject({
        ok: false,
        error: { code: 'too-many', layer: 'ipv6', offset: 40 + 32 * 8, need: 32, have: 33 },
      });
  });

  test('a frame of IPv6 that carries IPv4 by its EtherType', () => {
    const result = parseFrame(hex(`0a059e5f62d312008b98c5e40800 60`), 'ethernet');
    expect(result).toMatchObject({ ok: false, error: { code: 'bad-version', offset: 14, need: 4, have: 6 } });
  });

  test.each([21, 24, 30, 39, 40, 50, 59])('a capture cut at %i bytes parses as far as it goes', (length) => {
    const packet = parsed(syn.subarray(0, length), true);
    expect(packet.cut).toMatchObject({ code: 'truncated', need: 60, have: length });
    expect(packet.ip).toMatchObject({ src: '192.0.2.1', totalLength: 60 });
    if (length >= 24) expect(packet.tcpStart).toMatchObject({ srcPort: 41000, dstPort: 8080 });
    if (length >= 28) expect(packet.tcpStart?.seq).toBe(0xe010eed3);
    expect(emitPacket(packet)).toEqual(syn.subarray(0, length));
  });

  test('an ICMP error that quotes 8 bytes of TCP gives ports and sequence number', () => {
    const quoted = syn.subarray(0, 28);
    const bytes = emitPacket({ ip: v4, icmp: { kind: 'timeExceeded', payload: quoted } });
    const { icmp } = parsed(bytes);
    expect(icmp?.quoted?.tcpStart).toEqual({ srcPort: 41000, dstPort: 8080, seq: 0xe010eed3 });
  });

  test('errors about errors are not followed for ever', () => {
    let bytes = syn;
    while (bytes.length + 28 < 65535) bytes = emitPacket({ ip: v4, icmp: { kind: 'unreachable', payload: bytes } });
    const { icmp } = parsed(bytes);
    expect(icmp?.quoted?.icmp?.kind).toBe('unreachable');
    expect(icmp?.quoted?.icmp?.quoted).toBeUndefined();
  });
});

describe('what parsing keeps', () => {
  test('padding behind the packet is the trailer', () => {
    const bytes = new Uint8Array(60);
    bytes.set(ipOf(frames.rstIpv4));
    bytes[59] = 9;
    const packet = parsed(bytes);
    expect(packet.trailer).toHaveLength(20);
    expect(packet.tcp?.checksumOk).toBe(true);
  });

  test('a later fragment is not taken for a TCP header', () => {
    const packet = parsed(emitPacket({ ip: { ...v4, fragmentOffset: 3, protocol: 6 }, payload: new Uint8Array(40) }));
    expect(packet.tcp).toBeUndefined();
    expect(packet.payload).toHaveLength(40);
  });

  test('total length 0, as captured before segmentation: the rest of the bytes is the packet', () => {
    const init = { ip: { ...v4, totalLength: 0 }, tcp: { payload: new Uint8Array(70000) } };
    expect(parsed(emitPacket(init)).tcp?.payload).toHaveLength(70000);
  });
});
