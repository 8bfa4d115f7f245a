import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checksum,
  createTemplate,
  emitFrame,
  emitPacket,
  emitTcpOptions,
  formatFlags,
  formatIpv6Address,
  formatMismatches,
  formatSegment,
  matchPacket,
  parseFlags,
  parseFrame,
  parseIpv6Address,
  parsePacket,
  parseSegment,
  seq,
  seqAdd,
  seqDiff,
  seqGe,
  seqGt,
  seqInRange,
  seqLe,
  seqLt,
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
  updateChecksum,
  updateChecksum32,
  type Packet,
  type PacketInit,
  type TcpOption,
} from '../../src/wire/index.js';
import { readTcpOptions } from '../../src/wire/tcp-options.js';
import * as arbitrary from './wire-arbitraries.js';

const parsed = (bytes: Uint8Array): Packet => {
  const result = parsePacket(bytes);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

const bits = (n: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** n - 1 });

describe('emit and parse', () => {
  test('a packet emitted reads with the fields it was given, and right checksums', () => {
    fc.assert(
      fc.property(arbitrary.packet, (init) => {
        const packet = parsed(emitPacket(init));
        expect(formatMismatches(matchPacket(packet, init))).toBe('');
        expect(packet.cut).toBeUndefined();
        expect(packet.tcp?.checksumOk).not.toBe(false);
        expect(packet.icmp?.checksumOk).not.toBe(false);
        expect(packet.icmpv6?.checksumOk).not.toBe(false);
        if (packet.ip.version === 4) expect(packet.ip.checksumOk).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  test('bytes accepted are emitted again as they were', () => {
    let accepted = 0;
    fc.assert(
      fc.property(arbitrary.damaged(arbitrary.packet.map(emitPacket)), (bytes) => {
        const result = parsePacket(bytes);
        if (!result.ok) return;
        accepted++;
        expect(emitPacket(result.value)).toEqual(bytes);
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });

  test('bytes that may be cut are emitted again as they were', () => {
    let cut = 0;
    fc.assert(
      fc.property(arbitrary.damaged(arbitrary.packet.map(emitPacket)), (bytes) => {
        const result = parsePacket(bytes, { mayBeCut: true });
        if (!result.ok) return;
        if (result.value.cut !== undefined) cut++;
        expect(emitPacket(result.value)).toEqual(bytes);
      }),
      { numRuns: 3000 },
    );
    expect(cut).toBeGreaterThan(300);
  });

  test('frames of every link type: emitted, parsed, emitted again', () => {
    fc.assert(
      fc.property(arbitrary.frame, (init) => {
        const bytes = emitFrame(init);
        const result = parseFrame(bytes, init.link.kind);
        if (!result.ok) throw new Error(result.error.message);
        expect(result.value.link).toMatchObject(init.link);
        expect(emitFrame(result.value)).toEqual(bytes);
        if (init.packet !== undefined)
          expect(result.value.packet === undefined ? ['none'] : matchPacket(result.value.packet, init.packet)).toEqual(
            [],
          );
        if (init.arp !== undefined) expect(result.value.arp).toMatchObject(init.arp);
      }),
      { numRuns: 1000 },
    );
  });

  test('any options region is a list of options that gives the same bytes', () => {
    const words = fc.integer({ min: 0, max: 10 });
    const region = words.chain((n) =>
      fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 28, 34, 254), bits(8)), {
        minLength: 4 * n,
        maxLength: 4 * n,
      }),
    );
    fc.assert(
      fc.property(region, (list) => {
        const bytes = Uint8Array.from(list);
        expect(emitTcpOptions(readTcpOptions(bytes, 0, bytes.length))).toEqual(bytes);
      }),
      { numRuns: 3000 },
    );
  });

  test('random bytes never throw, and say what they lack', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (bytes, mayBeCut) => {
        for (const kind of ['ethernet', 'sll', 'sll2', 'null', 'raw'] as const) {
          const result = parseFrame(bytes, kind, { mayBeCut });
          if (!result.ok) expect(result.error.message).toContain(`offset ${result.error.offset}`);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('checksum', () => {
  /** RFC 1071, word by word. */
  const naive = (bytes: readonly number[]): number => {
    let sum = 0;
    for (let i = 0; i < bytes.length; i += 2) {
      sum += (bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0);
      if (sum > 0xffff) sum -= 0xffff;
    }
    return 0xffff - sum;
  };

  test('the same as word by word, at every length and alignment', () => {
    fc.assert(
      fc.property(fc.array(bits(8), { maxLength: 700, size: 'max' }), bits(4), (list, shift) => {
        const buffer = new Uint8Array(shift + list.length);
        buffer.set(list, shift);
        expect(checksum(buffer, shift)).toBe(naive(list));
        expect(checksum(buffer.subarray(shift))).toBe(naive(list));
      }),
      { numRuns: 500 },
    );
  });

  test('the same as word by word over more than one chunk', () => {
    for (const length of [65535, 65536, 65537, 200003]) {
      const list = Array.from({ length }, (_, i) => (i % 7 === 0 ? 0xff : (i * 31) & 0xff));
      expect(checksum(Uint8Array.from(list))).toBe(naive(list));
    }
  });

  test('incremental equals full, 16 and 32 bits', () => {
    const words = fc.array(bits(16), { minLength: 3, maxLength: 20 });
    fc.assert(
      fc.property(words, bits(16), bits(32), (list, after16, after32) => {
        const bytes = Uint8Array.from([0x45, 0, ...list.flatMap((word) => [word >> 8, word & 255])]);
        const view = new DataView(bytes.buffer);
        const once = updateChecksum(checksum(bytes), view.getUint16(2), after16);
        view.setUint16(2, after16);
        expect(once).toBe(checksum(bytes));
        const twice = updateChecksum32(once, view.getUint32(4), after32);
        view.setUint32(4, after32);
        expect(twice).toBe(checksum(bytes));
      }),
    );
  });
});

describe('template', () => {
  test('patched fields give the bytes of the packet built anew', () => {
    const change = fc.record({
      srcPort: bits(16),
      dstPort: bits(16),
      seq: bits(32),
      ack: bits(32),
      window: bits(16),
      flags: bits(9),
      ttl: bits(8),
      id: bits(16),
      value: bits(32),
      echo: bits(32),
      v4: fc.tuple(arbitrary.ipv4Address, arbitrary.ipv4Address),
      v6: fc.tuple(arbitrary.ipv6Address, arbitrary.ipv6Address),
      payload: fc.uint8Array({ minLength: 300, maxLength: 300 }),
    });
    fc.assert(
      fc.property(arbitrary.tcpPacket, fc.array(change, { minLength: 1, maxLength: 3 }), (init, changes) => {
        const template = createTemplate(init);
        const first = template.bytes;
        for (const {
          srcPort,
          dstPort,
          seq: number,
          ack,
          window,
          flags,
          ttl,
          id,
          value,
          echo,
          v4,
          v6,
          payload,
        } of changes) {
          const bytes = payload.subarray(0, init.tcp?.payload?.length ?? 0);
          const [src, dst] = init.ip.version === 4 ? v4 : v6;
          setSrcPort(template, srcPort);
          setDstPort(template, dstPort);
          setSeq(template, number);
          setAck(template, ack);
          setWindow(template, window);
          setFlags(template, flags);
          setTtl(template, ttl);
          setSrc(template, src);
          setDst(template, dst);
          setPayload(template, bytes);
          if (init.ip.version === 4) setId(template, id);
          if (template.timestampsAt >= 0) setTimestamps(template, value, echo);
          const options = (init.tcp?.options ?? []).map((option, i, all): TcpOption => {
            const first = all.findIndex(({ kind }) => kind === 'timestamps') === i;
            return first ? { kind: 'timestamps', value, echo } : option;
          });
          const tcp = { ...init.tcp, srcPort, dstPort, seq: number, ack, window, flags, options, payload: bytes };
          const ip =
            init.ip.version === 4 ? { ...init.ip, src, dst, ttl, id } : { ...init.ip, src, dst, hopLimit: ttl };
          const anew: PacketInit = { ip, tcp };
          expect(template.bytes).toEqual(emitPacket(anew));
        }
        expect(template.bytes).toBe(first);
      }),
      { numRuns: 500 },
    );
  });
});

describe('notation', () => {
  test('formatted and parsed: the same segment, absolute and relative', () => {
    fc.assert(
      fc.property(arbitrary.tcpPacket, bits(32), bits(32), fc.boolean(), (init, seqBase, ackBase, absolute) => {
        const { tcp } = parsed(emitPacket(init));
        if (tcp === undefined) throw new Error('no TCP');
        const format = absolute ? {} : { seqBase, ackBase };
        const text = formatSegment(tcp, format);
        const back = parseSegment(text, format);
        if (!back.ok) throw new Error(`${text}: ${back.error.message}`);
        const { flags, seq: number, window, options, payload } = tcp;
        expect(back.value).toMatchObject({ flags, seq: number, window, options });
        expect(back.value.payload?.length ?? 0).toBe(payload.length);
        if (flags & 0x10) expect(back.value.ack).toBe(tcp.ack);
        if (flags & 0x20) expect(back.value.urgentPointer).toBe(tcp.urgentPointer);
      }),
      { numRuns: 1000 },
    );
  });

  test('any text gives a segment or an error at a column inside it', () => {
    const piece = fc.constantFrom(
      'S',
      '.',
      '0:0(0)',
      '<',
      '>',
      'ack 1',
      'win',
      '[ect0]',
      'mss 9',
      ',',
      '-',
      '…',
      '\n',
      'FO',
      '99999999999',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((list) => list.join(' ')),
        ),
        (text) => {
          const result = parseSegment(text);
          if (result.ok) return;
          expect(result.error.column).toBeGreaterThan(0);
          expect(result.error.column).toBeLessThanOrEqual(text.length + 1);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('flags: every mask to letters and back', () => {
    for (let mask = 0; mask < 512; mask++) expect(parseFlags(formatFlags(mask))).toBe(mask);
  });
});

describe('addresses', () => {
  test('IPv6 text and back, and shortest', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(0), bits(16)), { minLength: 8, maxLength: 8 }), (groups) => {
        const bytes = Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
        const text = formatIpv6Address(bytes);
        expect(parseIpv6Address(text)).toEqual(bytes);
        expect(parseIpv6Address(groups.map((group) => group.toString(16).padStart(4, '0')).join(':'))).toEqual(bytes);
        // The URL parser of the platform writes addresses by RFC 5952, all but the IPv4-mapped ones.
        if (!text.includes('.')) expect(`[${text}]`).toBe(new URL(`http://[${text}]/`).hostname);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('sequence numbers', () => {
  const number = bits(32).map(seq);
  const distance = fc.integer({ min: 1, max: 2 ** 31 - 1 });

  test('adding moves forward, within half the circle', () => {
    fc.assert(
      fc.property(number, distance, (a, n) => {
        const b = seqAdd(a, n);
        expect([seqLt(a, b), seqLe(a, b), seqGt(b, a), seqGe(b, a)]).toEqual([true, true, true, true]);
        expect([seqLt(b, a), seqLe(b, a), seqGt(a, b), seqGe(a, b)]).toEqual([false, false, false, false]);
        expect(seqDiff(b, a)).toBe(n);
        expect(seqAdd(b, -n)).toBe(a);
      }),
    );
  });

  test('a number equals itself, and is in a range by its distance from the start', () => {
    fc.assert(
      fc.property(number, bits(31), bits(31), (a, n, length) => {
        expect([seqLe(a, a), seqGe(a, a), seqLt(a, a), seqGt(a, a), seqDiff(a, a)]).toEqual([
          true,
          true,
          false,
          false,
          0,
        ]);
        expect(seqInRange(seqAdd(a, n), a, length)).toBe(n < length);
      }),
    );
  });
});
