/** YAML that goes too deep is told with its place, in whatever way it goes there; none of it runs out of stack, which ends the process. */
import { describe, expect, test } from 'vitest';
import { RawshakeError } from '../../src/error.js';
import { parseAnswers } from '../../src/exercise/answers.js';
import { parseExercise } from '../../src/exercise/read.js';

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
    expect(messageOf(() => parse('student: a\nanswers: &a { ack: [*a, *a, *a] }'))).toBe(
      'a.yaml:2:21: expected YAML: nested deeper than 100 levels, by an alias (*)',
    );
  });

  test('anchors that go deeper one by one', () => {
    const lines = Array.from(
      { length: 3 },
      (_, i) => `a${String(i + 1)}: &a${String(i + 1)} ${'['.repeat(40)}*a${String(i)} ${']'.repeat(40)}`,
    );
    expect(messageOf(() => parse(['a0: &a0 1', ...lines].join('\n')))).toContain('by an alias (*)');
  });

  test('aliases that stand for more each, of what is empty, too', () => {
    const ten = (item: string): string => `[${Array<string>(10).fill(item).join(',')}]`;
    const bomb = (first: string): string =>
      [
        `k0: &a0 ${ten(first)}`,
        ...Array.from({ length: 8 }, (_, i) => `k${String(i + 1)}: &a${String(i + 1)} ${ten(`*a${String(i)}`)}`),
      ].join('\n');
    for (const first of ['[]', '{}', '1', "''", '[[]]'])
      expect(messageOf(() => parse(bomb(first)))).toMatch(
        /^a\.yaml:6:\d+: expected aliases \(\*\) that stand for less than 1048576 characters$/,
      );
    const long = `k0: &a0 '${'x'.repeat(20_000)}'\nk1: [${Array<string>(90).fill('*a0').join(',')}]`;
    expect(messageOf(() => parse(long))).toContain('expected aliases (*) that stand for less');
  });

  test('aliases without end', () => {
    expect(messageOf(() => parse(`k: [&a [], ${full('*a, ')}]`))).toBe(
      'a.yaml:1:412: expected YAML: more than 100 aliases (*)',
    );
  });

  test('an alias of nothing has its place', () => {
    expect(messageOf(() => parse('a: 1\nb: *a'))).toBe('a.yaml:2:4: expected an anchor (&a) before its alias (*)');
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

test('a star in a text is no alias', () => {
  const list = Array.from({ length: 200 }, () => '*a').join('\n');
  const answers = { plain: 'x *a', block: `${list}\n`, quoted: '*a' };
  const text = `plain: x *a\n  block: |\n    ${list.replaceAll('\n', '\n    ')}\n  quoted: '*a'`;
  expect(parseAnswers(`answers:\n  ${text}\n`).answers).toEqual(answers);
});

test('words and signs without end', () => {
  expect(messageOf(() => parseExercise(`a: [${'[],'.repeat(300_000)}]`, 'a.yaml'))).toMatch(
    /^a\.yaml:1:\d+: expected YAML: more than 262144 words and signs$/,
  );
});
