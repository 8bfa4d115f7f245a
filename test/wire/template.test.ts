/** Templates: each field that is set gives the packet that would have been built with it, checksums and all. */
import { describe, expect, test } from 'vitest';
import {
  createTemplate,
  emitPacket,
  setAck,
  setDst,
  setDstPort,
  setFlags,
  setId,
  setPayload,
  setSeq,
  setSrc,
  setSrcPort,
  setTimestamps,
  setTtl,
  setWindow,
  type PacketInit,
  type TcpInit,
  type TcpOption,
  type Template,
} from '../../src/wire/index.js';
import { hex } from './vectors.js';

const TCP = {
  ...{ srcPort: 41000, dstPort: 8080, flags: 'P.', seq: 0xe010_eed4, ack: 0xa6f9_497c, window: 63 },
  options: [{ kind: 'nop' }, { kind: 'nop' }, { kind: 'timestamps', value: 0xbf77_3126, echo: 0xc8b5_3956 }],
  payload: hex('68656c6c6f'), // hello
} as const satisfies TcpInit;

const IPV4 = { version: 4, src: '192.0.2.1', dst: '192.0.2.2', id: 0x6696, ttl: 64 } as const;
const IPV6 = { version: 6, src: '2001:db8::1', dst: '2001:db8::2', hopLimit: 64 } as const;

/** Both families, plain and with what moves the TCP header further back. */
const PACKETS: readonly (readonly [string, PacketInit])[] = [
  ['IPv4', { ip: IPV4, tcp: TCP }],
  ['IPv4 with options', { ip: { ...IPV4, options: [{ kind: 'routerAlert', value: 0 }] }, tcp: TCP }],
  ['IPv6', { ip: IPV6, tcp: TCP }],
  ['IPv6 with an extension', { ip: { ...IPV6, extensions: [{ kind: 'hopByHop', options: [] }] }, tcp: TCP }],
];

describe.each(PACKETS)('%s', (_, init) => {
  test('as it is made, it is the packet', () => {
    expect(createTemplate(init).bytes).toEqual(emitPacket(init));
  });

  test.each<[string, (template: Template) => void, TcpInit]>([
    ['source port', (template) => setSrcPort(template, 0x1234), { srcPort: 0x1234 }],
    ['destination port', (template) => setDstPort(template, 0x1234), { dstPort: 0x1234 }],
    ['sequence number', (template) => setSeq(template, 0x1234_5678), { seq: 0x1234_5678 }],
    ['acknowledgment number', (template) => setAck(template, 0x1234_5678), { ack: 0x1234_5678 }],
    ['flags in letters', (template) => setFlags(template, 'FW'), { flags: 'FW' }],
    ['flags as bits, the ninth of them too', (template) => setFlags(template, 0x1ff), { flags: 0x1ff }],
    ['window', (template) => setWindow(template, 0x1234), { window: 0x1234 }],
    ['payload', (template) => setPayload(template, hex('0102030405')), { payload: hex('0102030405') }],
    [
      'timestamps',
      (template) => setTimestamps(template, 0x1234_5678, 0x0102_0304),
      { options: [{ kind: 'nop' }, { kind: 'nop' }, { kind: 'timestamps', value: 0x1234_5678, echo: 0x0102_0304 }] },
    ],
  ])('%s set', (__, set, changed) => {
    const template = createTemplate(init);
    set(template);
    expect(template.bytes).toEqual(emitPacket({ ...init, tcp: { ...TCP, ...changed } }));
  });

  test.each<[string, (template: Template) => void, { src?: string; dst?: string; ttl?: number; hopLimit?: number }]>([
    init.ip.version === 4
      ? ['source', (template) => setSrc(template, '203.0.113.9'), { src: '203.0.113.9' }]
      : ['source', (template) => setSrc(template, '2001:db8:5::9'), { src: '2001:db8:5::9' }],
    init.ip.version === 4
      ? ['destination', (template) => setDst(template, '203.0.113.9'), { dst: '203.0.113.9' }]
      : ['destination', (template) => setDst(template, '2001:db8:5::9'), { dst: '2001:db8:5::9' }],
    ['time to live', (template) => setTtl(template, 3), init.ip.version === 4 ? { ttl: 3 } : { hopLimit: 3 }],
  ])('%s set', (__, set, changed) => {
    const template = createTemplate(init);
    set(template);
    expect(template.bytes).toEqual(emitPacket({ ...init, ip: { ...init.ip, ...changed } }));
  });
});

test('the identification is set, and IPv6 has none', () => {
  const template = createTemplate({ ip: IPV4, tcp: TCP });
  setId(template, 0x1234);
  expect(template.bytes).toEqual(emitPacket({ ip: { ...IPV4, id: 0x1234 }, tcp: TCP }));
  expect(() => setId(createTemplate({ ip: IPV6, tcp: TCP }), 1)).toThrow('ip.id: 1');
});

test('a checksum given wrong stays wrong by as much', () => {
  const [right, wrong] = [TCP, { ...TCP, checksum: 0x3cde }].map((tcp) => createTemplate({ ip: IPV4, tcp }));
  if (right === undefined || wrong === undefined) throw new Error('no template');
  // 0x3cdd is right: dataIpv4 of the vectors is this packet as a kernel sent it.
  expect(right.view.getUint16(36)).toBe(0x3cdd);
  for (const template of [right, wrong]) setDstPort(template, 8081);
  expect([right, wrong].map(({ view }) => view.getUint16(36))).toEqual([0x3cdc, 0x3cdd]);
});

describe('a source route', () => {
  const routed: PacketInit = {
    ip: { ...IPV4, options: [{ kind: 'looseSourceRoute', pointer: 4, route: ['198.51.100.7'] }] },
    tcp: TCP,
  };
  const segment = hex('00000000 20010db8000000000000000000000007');
  const routed6: PacketInit = {
    ip: { ...IPV6, extensions: [{ kind: 'routing', routingType: 0, segmentsLeft: 1, data: segment }] },
    tcp: TCP,
  };

  test.each([
    ['IPv4', routed, '203.0.113.9'],
    ['IPv6', routed6, '2001:db8:5::9'],
  ] as const)("%s: the next hop is set, and TCP's checksum stays, which covers the last", (_, init, dst) => {
    const template = createTemplate(init);
    setDst(template, dst);
    expect(template.bytes).toEqual(emitPacket({ ...init, ip: { ...init.ip, dst } }));
  });
});

describe('where the timestamps are', () => {
  const at = (options: readonly TcpOption[]): number =>
    createTemplate({ ip: IPV4, tcp: { ...TCP, options } }).timestampsAt - 40;
  const none = -1 - 40;
  const timestamps: TcpOption = { kind: 'timestamps', value: 1, echo: 2 };

  test.each<[string, readonly TcpOption[], number]>([
    ['first', [timestamps], 2],
    ['behind a byte', [{ kind: 'nop' }, timestamps], 3],
    ['behind an option', [{ kind: 'mss', mss: 1460 }, timestamps], 6],
    ['at the very end', [{ kind: 'nop' }, { kind: 'nop' }, timestamps], 4],
    ['nowhere', [{ kind: 'mss', mss: 1460 }], none],
    ['behind the end of the list', [{ kind: 'eol', padding: hex('01 080a0000000100000002') }], none],
    ['of another length', [{ kind: 'unknown', code: 8, data: hex('00000001000000') }], none],
    ['of another kind', [{ kind: 'unknown', code: 9, data: hex('0000000100000002') }], none],
    ['longer than the header', [{ kind: 'unknown', code: 8, data: hex('0001'), length: 10 }], none],
    ['behind an option without length', [{ kind: 'raw', data: hex('0500 080a0000000100000002') }], none],
    [
      'behind a byte that should have a length',
      [{ kind: 'nop' }, { kind: 'nop' }, { kind: 'raw', data: hex('0105') }],
      none,
    ],
  ])('%s', (_, options, expected) => {
    expect(at(options)).toBe(expected);
  });

  test('at an odd place they are set, too', () => {
    const options = (value: number, echo: number): readonly TcpOption[] => [
      ...([{ kind: 'nop' }, { kind: 'timestamps', value, echo }] as const),
    ];
    const template = createTemplate({ ip: IPV4, tcp: { ...TCP, options: options(1, 2) } });
    setTimestamps(template, 0x1234_5678, 0x0102_0304);
    const tcp = { ...TCP, options: options(0x1234_5678, 0x0102_0304) };
    expect(template.bytes).toEqual(emitPacket({ ip: IPV4, tcp }));
  });

  test('where there are none, they cannot be set', () => {
    const template = createTemplate({ ip: IPV4, tcp: { ...TCP, options: [] } });
    expect(() => setTimestamps(template, 1, 2)).toThrow('tcp.options.timestamps: 1');
  });
});

describe('what is no template', () => {
  test('of no TCP, or with a trailer', () => {
    expect(() => createTemplate({ ip: IPV4 })).toThrow('tcp: undefined');
    expect(() => createTemplate({ ip: IPV4, tcp: TCP, trailer: hex('00') })).toThrow('trailer: one');
    expect(createTemplate({ ip: IPV4, tcp: TCP, trailer: hex('') }).payloadAt).toBe(52);
  });

  test.each(['68656c6c', '68656c6c6f6f'])('a payload of another length: %s', (payload) => {
    const template = createTemplate({ ip: IPV4, tcp: TCP });
    expect(() => setPayload(template, hex(payload))).toThrow(`tcp.payload: ${String(payload.length / 2)} bytes`);
  });

  test('of values that do not fit nothing is written', () => {
    const template = createTemplate({ ip: IPV4, tcp: TCP });
    for (const set of [
      () => setSrcPort(template, 0x1_0000),
      () => setSeq(template, 2 ** 32),
      () => setFlags(template, 0x200),
      () => setTtl(template, 256),
      () => setSrc(template, '2001:db8::1'),
    ])
      expect(set).toThrow();
    expect(template.bytes).toEqual(emitPacket({ ip: IPV4, tcp: TCP }));
  });
});

test('what is given behind TCP is its payload, too', () => {
  const init = { ip: IPV4, tcp: { ...TCP, payload: hex('') }, payload: hex('aabb') };
  const template = createTemplate(init);
  expect(template.payloadAt).toBe(52);
  setPayload(template, hex('ccdd'));
  expect(template.bytes).toEqual(emitPacket({ ...init, payload: hex('ccdd') }));
});

test('two templates have each their own bytes', () => {
  const [one, other] = [createTemplate({ ip: IPV4, tcp: TCP }), createTemplate({ ip: IPV4, tcp: TCP })];
  expect([one.bytes.byteOffset, other.bytes.byteOffset]).toEqual([0, 0]);
  setSeq(one, 1);
  expect(other.bytes).toEqual(emitPacket({ ip: IPV4, tcp: TCP }));
});
