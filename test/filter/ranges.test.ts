/** Addresses and ports as ranges of numbers, as iptables-extensions(8) and nft(8) have rules write them. */
import { expect, test } from 'vitest';
import { addressRange, isOne, portRange } from '../../src/filter/ranges.js';

const ip = (...bytes: readonly number[]): bigint => bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
const V6 = 1n << 128n;

test.each([
  ['192.0.2.1', ip(192, 0, 2, 1), ip(192, 0, 2, 1)],
  ['192.0.2.9/24', ip(192, 0, 2, 0), ip(192, 0, 2, 255)],
  ['192.0.2.9/255.255.255.254', ip(192, 0, 2, 8), ip(192, 0, 2, 9)],
  ['192.0.2.9/0.0.0.0', 0n, ip(255, 255, 255, 255)],
  ['0.0.0.0/0', 0n, ip(255, 255, 255, 255)],
  ['192.0.2.9/32', ip(192, 0, 2, 9), ip(192, 0, 2, 9)],
  ['192.0.2.1-192.0.2.9', ip(192, 0, 2, 1), ip(192, 0, 2, 9)],
  ['::1', V6 + 1n, V6 + 1n],
  ['::/127', V6, V6 + 1n],
  ['::5/ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc', V6 + 4n, V6 + 7n],
  ['::/128', V6, V6],
])('%s', (text, low, high) => {
  expect(addressRange(text)).toEqual([low, high]);
});

test.each([
  '',
  'x',
  '192.0.2.1/33',
  '::/129',
  '192.0.2.1/255.0.255.0',
  '192.0.2.1/x',
  '1.2.3.4/1000',
  'x-::1',
  '::1-x',
])('%s is no range of addresses', (text) => {
  expect(addressRange(text)).toBeUndefined();
});

test('ports', () => {
  expect(portRange('80', ':')).toEqual([80n, 80n]);
  expect(portRange('1024:2048', ':')).toEqual([1024n, 2048n]);
  expect(portRange('1024-2048', '-')).toEqual([1024n, 2048n]);
  expect(portRange(':2048', ':')).toEqual([0n, 2048n]);
  expect(portRange('1024:', ':')).toEqual([1024n, 65_535n]);
  for (const text of ['http', '1:x', '123456', '-', '1x']) expect(portRange(text, ':'), text).toBeUndefined();
});

test('one alone', () => {
  expect(
    [
      [[1n, 1n]],
      [[1n, 2n]],
      [
        [1n, 1n],
        [2n, 2n],
      ],
      [],
      undefined,
    ].map((of) => isOne(of as never)),
  ).toEqual([...[true, false, false, false, false]]);
});
