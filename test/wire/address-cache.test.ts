/** Addresses are remembered: none is taken for another, however many there are. */
import { describe, expect, test } from 'vitest';
import { ipv4Text, ipv4Value, ipv6Text, ipv6Value, putIpv6 } from '../../src/wire/address-cache.js';
import { hex } from './vectors.js';

test('IPv4, both ways, once and again', () => {
  for (let again = 0; again < 2; again++) {
    expect(ipv4Value('ip.src', '192.0.2.1')).toBe(0xc000_0201);
    expect(ipv4Text(0xc000_0201)).toBe('192.0.2.1');
    expect(ipv4Text(0)).toBe('0.0.0.0');
  }
});

test('IPv6: its words, and their sum as RFC 8200 §8.1 has it', () => {
  for (let again = 0; again < 2; again++) {
    expect(ipv6Value('ip.src', '2001:db8:1:2:30:4:5:6')).toEqual({
      ...{ a: 0x2001_0db8, b: 0x0001_0002, c: 0x0030_0004, d: 0x0005_0006 },
      sum: 0x2001 + 0x0db8 + 1 + 2 + 0x30 + 4 + 5 + 6,
    });
  }
});

test('IPv6, written where it belongs', () => {
  const out = new Uint8Array(20);
  putIpv6(out, 2, ipv6Value('ip.src', '2001:db8:1:2:3:4:5:6'));
  expect(out).toEqual(hex('0000 20010db8 00010002 00030004 00050006 0000'));
});

test.each([
  ['192.0.2.256', () => ipv4Value('ip.src', '192.0.2.256')],
  ['2001:db8:::1', () => ipv6Value('ip.src', '2001:db8:::1')],
])('%s is none, however often it is asked for', (text, value) => {
  for (let again = 0; again < 2; again++) expect(value).toThrow(text);
});

describe('more than are remembered, and all of them again', () => {
  const twice = (count: number, one: (i: number) => void): void => {
    for (let again = 0; again < 2; again++) for (let i = 1; i <= count; i++) one(i);
  };

  test('IPv4', () => {
    twice(5000, (i) => {
      const text = `10.0.${String(i >> 8)}.${String(i & 0xff)}`;
      expect(ipv4Text(0x0a00_0000 + i)).toBe(text);
      expect(ipv4Value('ip.src', text)).toBe(0x0a00_0000 + i);
    });
  });

  // Each of the four words that are compared, alone.
  test.each<[string, (digits: string) => string, (digits: string) => string]>([
    ['first', (digits) => `${digits}:db8::1`, (digits) => `${digits}0db8 00000000 00000000 00000001`],
    ['second', (digits) => `2001:db8:${digits}::1`, (digits) => `20010db8 ${digits}0000 00000000 00000001`],
    ['third', (digits) => `2001:db8::${digits}:0:0:1`, (digits) => `20010db8 00000000 ${digits}0000 00000001`],
    ['fourth', (digits) => `2001:db8::${digits}:1`, (digits) => `20010db8 00000000 00000000 ${digits}0001`],
  ])('IPv6 that differ in the %s 32 bits', (_, text, bytes) => {
    twice(5000, (i) => {
      const digits = (0x1000 + i).toString(16);
      expect(ipv6Text(hex(`ffff ${bytes(digits)}`), 2)).toBe(text(digits));
      expect(ipv6Value('ip.src', text(digits)).sum).toBe(ipv6Value('ip.src', text('1000')).sum + i);
    });
  });
});
