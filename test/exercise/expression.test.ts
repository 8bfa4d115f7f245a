/** What stands in `${…}`: values, precedence, wrapping, and what is said of what cannot be. */
import { describe, expect, test } from 'vitest';
import { fill, MissingValue, parseTemplate, type Value } from '../../src/exercise/expression.js';

const VALUES: Readonly<Record<string, Value>> = { n: 5, 'synack.seq': 0xffff_ffff, name: 'bob' };

const scope = (name: string): Value => {
  const value = VALUES[name];
  if (value === undefined) throw new MissingValue({ en: `no ${name}`, zh: `没有 ${name}` });
  return value;
};

test.each<[text: string, value: Value]>([
  ['${n}', 5],
  ['${2 + 3 * n}', 17],
  ['${(2 + 3) * n - 0x10}', 9],
  ['${synack.seq + 1}', 0],
  ['${n - 6}', 0xffff_ffff],
  ['${synack.seq * synack.seq}', 1],
  ['ack ${n}:${n + 1}', 'ack 5:6'],
  ['${name}', 'bob'],
  ['hello ${name}', 'hello bob'],
  ['no expression', 'no expression'],
])('%s is %s', (text, value) => {
  expect(fill(text, scope)).toBe(value);
});

test.each([
  ['${name + 1}', 'name is "bob", not a number'],
  ['${m}', 'no m'],
])('%s has no value: %s', (text, message) => {
  expect(() => fill(text, scope)).toThrow(message);
});

describe('errors say where', () => {
  test.each([
    ['x ${', 3, 'expected } after ${'],
    ['${}', 3, 'expected a whole number, a name or ('],
    ['${1 +}', 6, 'expected a whole number, a name or ('],
    ['${1 2}', 5, 'expected + - * or the end'],
    ['${(1}', 5, 'expected )'],
    ['${n.}', 4, 'expected + - * or the end'],
    ['${4294967296}', 13, 'expected a number that fits in 32 bits'],
    ['${process.exit()}', 15, 'expected + - * or the end'],
  ])('%s', (text, column, message) => {
    expect(parseTemplate(text)).toEqual({ ok: false, error: { column, message } });
  });
});
