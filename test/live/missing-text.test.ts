/** What is missing of a connection that the kernel has, by what passed the interface. */
import { expect, test } from 'vitest';
import { MissingText } from '../../src/live/missing-text.js';
import { observed } from '../support/evidence.js';

const text = (bytes: number) => Buffer.alloc(bytes, 'x');

/** SYN, SYN/ACK, ACK; then what the other side sends. */
function after(...sent: readonly ReturnType<typeof observed>[]) {
  const missing = new MissingText();
  const handshake = [
    observed(1, 'client', 'rawshake', 'S'),
    observed(2, 'server', 'kernel', 'S.', { ack: 1 }),
    observed(3, 'client', 'rawshake', '.', { seq: 1, ack: 1 }),
  ];
  for (const packet of [...handshake, ...sent]) missing.observe(packet);
  return missing.ofKernel();
}

const beyond = (flags: string, more: object = {}) =>
  observed(4, 'server', 'kernel', flags, { seq: 2001, ack: 1, payload: text(10), ...more });

test('text and FIN beyond a gap, sent again and again to who tells nothing by SACK', () => {
  expect(after(beyond('F.'), beyond('F.'))).toEqual({ bytes: 2000, fin: true });
  expect(after(beyond('.'), beyond('.'))).toEqual({ bytes: 2000, fin: false });
});

test('once may be on its way still', () => {
  expect(after(beyond('F.'))).toBeUndefined();
});

test('what came after all is not missing', () => {
  const filled = observed(5, 'client', 'kernel', '.', { seq: 1, ack: 2012 });
  expect(after(beyond('F.'), beyond('F.'), filled)).toBeUndefined();
});

test.each([
  ['a RST', beyond('R.')],
  ['one that acknowledges what was never sent', beyond('F.', { ack: 1_000_000 })],
  ['one that acknowledges what is long gone', beyond('F.', { ack: 2 ** 32 - 1_500_000_000 })],
  ['one from beyond the window', beyond('F.', { seq: 1_500_000_000 })],
])('%s is nobody’s text', (_, forged) => {
  expect(after(forged, forged, forged)).toBeUndefined();
});

test('what is damaged each time is missing all the same', () => {
  const whole = beyond('F.');
  const damaged = { ...whole, segment: { ...whole.segment, checksumOk: false } };
  expect(after(damaged, damaged)).toEqual({ bytes: 2000, fin: true });
});
