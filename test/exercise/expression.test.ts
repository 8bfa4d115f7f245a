/** What stands in `${…}`: values, precedence, wrapping, and what is said of what cannot be. */
import { describe, expect, test } from 'vitest';
import {
  fill,
  filling,
  MissingValue,
  namesIn,
  parseExpression,
  parseTemplate,
  type Value,
} from '../../src/exercise/expression.js';

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
  ['${10 - 3 - 2}', 5],
  ['${ 2*n }', 10],
  ['${4294967295}', 0xffff_ffff],
  ['${n}${n}', '55'],
  ['${synack.seq * synack.seq}', 1],
  ['ack ${n}:${n + 1}', 'ack 5:6'],
  ['${name}', 'bob'],
  ['hello ${name}', 'hello bob'],
  ['no expression', 'no expression'],
])('%s is %s', (text, value) => {
  expect(fill(text, scope)).toBe(value);
});

test('the longest chain that may be is evaluated', () => {
  expect(fill(`\${1${'+1'.repeat(499)}}`, scope)).toBe(500);
  expect(fill(`\${${'('.repeat(50)}n${')'.repeat(50)}}`, scope)).toBe(5);
  expect(fill(`\${(1)${'+(1)'.repeat(99)}}`, scope)).toBe(100);
});

test('what is filled in stays of a size', () => {
  expect(() => fill('${name}'.repeat(200), () => 'x'.repeat(1000))).toThrow('longer than 65536 characters');
});

test('what is nothing but a value, too', () => {
  expect(fill('${name}', () => 'x'.repeat(65_536))).toHaveLength(65_536);
  expect(() => fill('${name}', () => 'x'.repeat(65_537))).toThrow('longer than 65536 characters');
});

test('a text that is asked for again and again is filled in each time', () => {
  const fillText = filling();
  expect([1, 2].map((n) => fillText('ack ${n + 1}', () => n))).toEqual(['ack 2', 'ack 3']);
  for (let again = 0; again < 2; again++) expect(() => fillText('${n', scope)).toThrow('expected } after ${');
});

test('the names in it, where they stand in the whole text', () => {
  const template = parseTemplate('ack ${n + 2 * synack.seq}, ${name}');
  expect(template.ok && namesIn(template.value)).toMatchObject([
    { name: 'n', column: 7 },
    { name: 'synack.seq', column: 15 },
    { name: 'name', column: 30 },
  ]);
});

test('an expression alone: as long as it may be, and a character longer', () => {
  const longest = `1${'+1'.repeat(499)}`.padEnd(1000);
  expect(parseExpression(longest)).toMatchObject({ ok: true });
  expect(parseExpression(`${longest} `, 2)).toMatchObject({ ok: false, error: { column: 1003 } });
});

test.each([
  ['${name + 1}', 'name is "bob", not a number'],
  ['${1 - name}', 'name is "bob", not a number'],
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
    [`\${${'('.repeat(5000)}1`, 1, 'expected } after ${'],
    [`\${${'('.repeat(900)}1}`, 54, 'expected brackets at most 50 deep'],
    [`x \${1${'+1'.repeat(100_000)}}`, 1005, 'expected at most 1000 characters in an expression'],
    ['${n}'.repeat(100_000), 801, 'expected at most 200 ${…} in a text'],
  ])('%s', (text, column, message) => {
    expect(parseTemplate(text)).toMatchObject({ ok: false, error: { column, message: { en: message } } });
  });
});
