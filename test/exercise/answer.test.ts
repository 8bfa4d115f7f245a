/** What a step gets of an answer, and what is said of one that it cannot use. */
import { describe, expect, test } from 'vitest';
import { answerText, answerValue, unknownAnswers } from '../../src/exercise/answer.js';
import { MissingValue, UnusableAnswer, type Value } from '../../src/exercise/expression.js';
import type { Question } from '../../src/exercise/schema.js';

const ASKED = { id: 'q', points: 1, ask: { en: 'What?', zh: '什么？' } };
const question = (kind: string, more: object = {}): Question => ({ ...ASKED, kind, ...more }) as Question;
const answers = (q?: unknown) => ({ answers: q === undefined ? {} : { q } });

const scope = (name: string): Value => {
  if (name === 'synack.seq') return 0xffff_ffff;
  if (name === 'name') return 'bob';
  throw new MissingValue({ en: `no ${name}`, zh: `没有 ${name}` });
};

const value = (of: Question, answer: unknown, family: 4 | 6 = 4): Value =>
  answerValue(of, answers(answer), { scope, family });

describe('as it was written, in one line', () => {
  test.each([
    [undefined, undefined],
    [null, undefined],
    ['', undefined],
    [' ', ' '],
    ['a b', 'a b'],
    [0, '0'],
    [false, 'false'],
    [NaN, '.nan'],
    [['a', { b: 1 }], '["a",{"b":1}]'],
    ['x'.repeat(2000), 'x'.repeat(2000)],
    ['x'.repeat(2001), `${'x'.repeat(2000)}…`],
    [`${'x'.repeat(1999)}😀`, `${'x'.repeat(1999)}…`],
    [`${'x'.repeat(1998)}😀`, `${'x'.repeat(1998)}😀`],
    [['x'.repeat(3000)], `["${'x'.repeat(1998)}…`],
  ])('%j', (answer, text) => {
    expect(answerText(answers(answer), 'q')).toBe(text);
  });

  test('what each object has is nobody’s answer', () => {
    expect(answerText(answers(), 'constructor')).toBeUndefined();
  });
});

test('ids that no question has: ten of them, no more of each than is read', () => {
  const given = (ids: readonly string[]) => ({ answers: Object.fromEntries(ids.map((id) => [id, 1])) });
  const ids = Array.from({ length: 11 }, (_, i) => `x${i}`);
  expect(unknownAnswers(given(['q', 'b', 'a']), [question('text')])).toEqual(['b', 'a']);
  expect(unknownAnswers(given(['q']), [question('text')])).toEqual([]);
  expect(unknownAnswers(given(ids.slice(0, 10)), [])).toEqual(ids.slice(0, 10));
  expect(unknownAnswers(given(ids), [])).toEqual([...ids.slice(0, 10), '…']);
  const [long = ''] = unknownAnswers(given(['y'.repeat(200)]), []);
  expect(long).toHaveLength(100);
});

describe('what a step gets', () => {
  const formula = question('number', { formula: true });
  const rule = '-A OUTPUT -p tcp -s 192.0.2.1 -j DROP';

  test.each<[Question, unknown, Value]>([
    [question('number'), 7, 7],
    [question('number'), ' 0xFf ', 255],
    [question('number'), '0', 0],
    [formula, 'synack.seq + 1', 0],
    [formula, 5, 5],
    [question('packet'), ' S. 0:0(0) ack 1 win 5 ', 'S. 0:0(0) ack 1 win 5'],
    [question('packet'), 'S 0:0(0)', 'S 0:0(0)'],
    [question('packet'), 'SA 0:0(0)', 'SA 0:0(0)'],
    [question('rule'), rule, rule],
    [question('choice'), ' a ', 'a'],
    [question('text'), 'words', 'words'],
    [question('prediction'), 'RST', 'RST'],
    [question('text'), 'x'.repeat(1999), 'x'.repeat(1999)],
  ])('%j %j', (of, answer, got) => {
    expect(value(of, answer)).toBe(got);
  });

  test.each<[Question, unknown, string]>([
    [question('text'), undefined, 'no answer'],
    [question('text'), '', 'no answer'],
    [question('text'), null, 'no answer'],
    [question('text'), ['a'], 'not a text or a number: ["a"]'],
    [question('number'), NaN, 'not a number that can be used: .nan'],
    [question('number'), Infinity, 'not a number that can be used: .inf'],
    [question('text'), 'x'.repeat(2000), 'the answer is too long'],
    [question('packet'), 'X', 'not a packet: X: column 1: '],
    [
      question('packet'),
      'S 0:0(0) <mss 1460, ...>',
      'an answer leaves nothing open with ...: S 0:0(0) <mss 1460, ...>',
    ],
    [question('packet'), 'S 0:0(0) <...>', 'an answer leaves nothing open with ...: S 0:0(0) <...>'],
    [question('packet'), 'SA 0:0(0) ack 1', 'the flag ACK is written as a dot'],
    [question('packet'), 'S. 0:0(0)', 'the acknowledgment number is missing: S. 0:0(0)'],
    [question('rule'), '-F', 'not a rule: -F is not allowed here'],
  ])('%j %j: not usable', (of, answer, message) => {
    expect(() => value(of, answer)).toThrow(message);
    expect(() => value(of, answer)).toThrow(MissingValue);
  });

  test('a rule is of the connection’s IP version', () => {
    expect(() => value(question('rule'), rule, 6)).toThrow('192.0.2.1 is not allowed behind -s');
  });

  test.each([
    [question('number'), '1 + 1', 'your answer is no whole number: 1 + 1'],
    [question('number'), '1.5', 'your answer is no whole number: 1.5'],
    [question('number'), 'x1', 'your answer is no whole number: x1'],
    [question('number'), '0xg', 'your answer is no whole number: 0xg'],
    [question('number'), 'x0x1', 'your answer is no whole number: x0x1'],
    [question('number'), '0x1z', 'your answer is no whole number: 0x1z'],
    [question('number'), '4294967296', 'your answer is no number or formula: column 11: expected a number that fits'],
    [formula, '1 +', 'your answer is no number or formula: column 4: expected a whole number'],
    [formula, 'name', 'your answer is no number: bob'],
  ])('%j %j: said to the student', (of, answer, message) => {
    expect(() => value(of, answer)).toThrow(message);
    expect(() => value(of, answer)).toThrow(UnusableAnswer);
  });
});
