/** The Internet checksum: RFC 1071, and RFC 1624 for what changes. */
import { describe, expect, test } from 'vitest';
import {
  checksum,
  fold,
  halves,
  onesSum,
  pseudoHeaderSum,
  sumsToZero,
  swap,
  updateChecksum,
  updateChecksum32,
} from '../../src/wire/checksum.js';
import { emitPacket, parsePacket } from '../../src/wire/index.js';
import { hex, ipOf, rfc1071, synIpv4 } from './vectors.js';

/** As RFC 1071 §1 says it: 16-bit words added, what is carried out added at the other end. */
function sumByWords(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

/** `length` bytes, all different for a while, that begin `offset` bytes into a buffer, with others behind them. */
function bytesAt(offset: number, length: number): Uint8Array {
  const all = Uint8Array.from({ length: offset + length + 8 }, (_, i) => (i * 37 + (i >> 8) + 11) & 0xff);
  return all.subarray(offset, offset + length);
}

describe('RFC 1071', () => {
  test('§3: the example', () => {
    expect(fold(onesSum(rfc1071))).toBe(0xddf2);
    expect(checksum(rfc1071)).toBe(0x220d);
  });

  test('§4.1: what is carried by the carry is added too', () => {
    expect([0, 0xffff, 0x10000, 0x1ffff, 0xffff_ffff].map(fold)).toEqual([0, 0xffff, 1, 1, 0xffff]);
  });

  test('§2(B): the bytes one further on', () => {
    expect([swap(0x1234), swap(0xff00)]).toEqual([0x3412, 0x00ff]);
  });

  test.each([0, 1, 2, 3, 4, 5])('of the first %i bytes, whatever stands behind them', (length) => {
    expect(onesSum(rfc1071, 0, length)).toBe([0, 0, 0x0001, 0xf201, 0xf204, 0x1e604][length]);
  });

  test('of one byte that stands far into its buffer', () => {
    const bytes = new Uint8Array(300).fill(0x12, 201, 202);
    expect(onesSum(bytes, 201, 202)).toBe(0x1200);
    expect(onesSum(bytes.subarray(201), 0, 1)).toBe(0x1200);
  });

  test('on top of a sum already taken', () => {
    expect(onesSum(rfc1071, 0, 4, 0x100)).toBe(0xf304);
    expect(checksum(rfc1071, 0, 4, 0x0dfb)).toBe(0);
    expect(fold(onesSum(bytesAt(0, 200), 0, 200, 0x1234))).toBe(fold(sumByWords(bytesAt(0, 200)) + 0x1234));
  });

  test.each([0, 1, 2, 3])('long ones are summed as short ones are, %i bytes into a word', (offset) => {
    for (const length of [159, 160, 161, 162, 163, 164, 172, 175, 176, 177, 1460, 0xffff, 0x10000, 0x10001, 0x20003]) {
      const bytes = bytesAt(offset, length);
      expect([length, fold(onesSum(bytes))]).toEqual([length, sumByWords(bytes)]);
    }
  });

  test.each([1, 2, 3, 6])('a part of long ones, from byte %i on', (start) => {
    const bytes = bytesAt(5, 400);
    expect(fold(onesSum(bytes, start, 390))).toBe(sumByWords(bytes.slice(start, 390)));
  });

  test('RFC 2675: a jumbogram that ends shortly behind 64 KiB is read, wherever it stands in its buffer', () => {
    const extension = { kind: 'hopByHop', options: [] } as const;
    const ip = {
      version: 6,
      src: '2001:db8::1',
      dst: '2001:db8::2',
      extensions: [extension],
      payloadLength: 0,
    } as const;
    for (let length = 0x10000; length < 0x10004; length++) {
      const bytes = emitPacket({ ip, tcp: { payload: new Uint8Array(length).fill(0x5a) } });
      for (const offset of [0, 1, 2, 3]) {
        const buffer = new Uint8Array(offset + bytes.length);
        buffer.set(bytes, offset);
        expect(parsePacket(buffer.subarray(offset))).toMatchObject({ ok: true, value: { tcp: { checksumOk: true } } });
      }
    }
  });

  test('the largest bytes, more than 2^32 together', () => {
    expect(fold(onesSum(new Uint8Array(0x40000).fill(0xff)))).toBe(0xffff);
    expect(fold(onesSum(new Uint8Array(0x40002).fill(0xff, 0, 0x40001)))).toBe(0xff00);
  });
});

test('an IPv4 header as it was received sums to zero; with a bit turned over it does not', () => {
  const header = ipOf(synIpv4).slice(0, 20);
  expect(sumsToZero(header, 0, 20, 0)).toBe(true);
  header[8] = (header[8] ?? 0) ^ 1;
  expect(sumsToZero(header, 0, 20, 0)).toBe(false);
});

test('RFC 9293 §3.1: the pseudo header of a TCP segment as it was received', () => {
  const packet = ipOf(synIpv4);
  // 192.0.2.1 and 192.0.2.2, protocol 6, 40 bytes of TCP.
  const pseudo = pseudoHeaderSum(packet, 12, 20, 6, 40);
  expect(pseudo).toBe(0xc000 + 0x0201 + 0xc000 + 0x0202 + 6 + 40);
  expect(sumsToZero(packet, 20, packet.length, pseudo)).toBe(true);
});

test('RFC 8200 §8.1: a length of more than 16 bits counts with both halves', () => {
  expect(pseudoHeaderSum(hex('0000'), 0, 2, 6, 0x0001_0003)).toBe(6 + 1 + 3);
  expect(halves(0xffff_0001)).toBe(0x10000);
});

describe('RFC 1624', () => {
  test('§4: the example, in which the sum becomes zero', () => {
    expect(updateChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
  });

  test.each([
    ['a word', '0001f203f4f5f6f7', '0001f203abcdf6f7', () => updateChecksum(0x220d, 0xf4f5, 0xabcd)],
    [
      'both words of a field',
      '0001f203f4f5f6f7',
      '0001f203abcd1234',
      () => updateChecksum32(0x220d, 0xf4f5f6f7, 0xabcd1234),
    ],
    ['the high word', '0001f203f4f5f6f7', '8001f203f4f5f6f7', () => updateChecksum32(0x220d, 0x0001f203, 0x8001f203)],
    ['nothing', '0001f203f4f5f6f7', '0001f203f4f5f6f7', () => updateChecksum32(0x220d, 0x0001f203, 0x0001f203)],
  ])('%s changed: the checksum of the bytes as they are then', (_, before, after, updated) => {
    expect(checksum(hex(before))).toBe(0x220d);
    expect(updated()).toBe(checksum(hex(after)));
  });
});
