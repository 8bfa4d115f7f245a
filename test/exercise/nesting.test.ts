/** YAML that goes too deep is told with its place, in whatever way it goes there; none of it runs out of stack, which ends the process. */
import { describe, expect, test } from 'vitest';
import { RawshakeError } from '../../src/error.js';
import { isTooDeep, MOST_LEVELS } from '../../src/exercise/nesting.js';
import { parseAnswers, parseExercise } from '../../src/exercise/read.js';

const LARGEST = 64 << 10;

/** A text again and again, up to the size of the largest submission. */
const full = (text: string): string => text.repeat(Math.ceil(LARGEST / text.length)).slice(0, LARGEST);

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RawshakeError && error.code === 'RS_SCRIPT') return error.message;
    throw error;
  }
  return 'nothing is wrong';
}

describe.each<[of: string, parse: (text: string) => unknown]>([
  ['answers', (text) => parseAnswers(text, 'a.yaml')],
  ['an exercise', (text) => parseExercise(text, 'a.yaml')],
])('%s', (_of, parse) => {
  test.each<[what: string, text: string, place: string]>([
    ['brackets', '['.repeat(20_000), '1:100'],
    ['brackets that are closed', `answers: ${'['.repeat(5000)}${']'.repeat(5000)}`, '1:108'],
    ['braces', full('{'), '1:100'],
    ['braces with keys', full('{a: '), '1:397'],
    ['lists in a line', full('- '), '1:199'],
    ['lists in a line that are left', `${'- '.repeat(30_000)}\n- x`, '1:199'],
    ['keys in a line', full('? '), '1:199'],
    ['anchors before brackets', full('&a ['), '1:400'],
    ['brackets behind a quoted end', full('[ "]", '), '1:694'],
    ['indentation', Array.from({ length: 360 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), '100:100'],
  ])('%s', (_what, text, place) => {
    expect(messageOf(() => parse(text))).toBe(`a.yaml:${place}: expected YAML: nested deeper than 100 levels`);
  });

  test('an anchor that contains itself', () => {
    expect(messageOf(() => parse('student: a\nanswers: &a { ack: [*a, *a, *a] }'))).toContain('by an alias (*)');
  });

  test('anchors that go deeper one by one', () => {
    const lines = Array.from(
      { length: 3 },
      (_, i) => `a${String(i + 1)}: &a${String(i + 1)} ${'['.repeat(40)}*a${String(i)} ${']'.repeat(40)}`,
    );
    expect(messageOf(() => parse(['a0: &a0 1', ...lines].join('\n')))).toContain('by an alias (*)');
  });

  // What it says is the YAML library's; that it says something of its place, and goes on, is ours.
  test.each([
    '!',
    '!!a ',
    '&a ',
    '*a ',
    '"',
    "'",
    '#',
    '\n',
    '\t',
    ' ',
    '\0',
    '\r',
    '%',
    '|',
    ':',
    '-',
    '--- \n',
    'a: b\n',
  ])('nothing but %j', (text) => {
    expect(messageOf(() => parse(full(text)))).toMatch(/^a\.yaml:\d+:\d+: /);
  });
});

test('what people write is not too deep', () => {
  const levels = '['.repeat(90) + ']'.repeat(90);
  expect(parseAnswers(`student: a\nanswers: { ack: ${levels} }`).student).toBe('a');
  expect(parseAnswers('answers: { ack: "[[[[", seq: "]]" }').answers).toEqual({ ack: '[[[[', seq: ']]' });
});

test('a value that contains itself many times is told as soon as one of them is too deep', () => {
  const value: unknown[] = [];
  value.push(...Array.from({ length: 1000 }, () => value));
  expect(isTooDeep(value)).toBe(true);
  const shared = Array.from({ length: MOST_LEVELS - 1 }).reduce<unknown>((inner) => [inner, inner, inner], 1);
  expect(isTooDeep(shared)).toBe(false);
  expect(isTooDeep([[shared]])).toBe(true);
});
