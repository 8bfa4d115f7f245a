/** Regular expressions of text questions: what they fit, what is refused, and that none takes long. */
import { expect, test } from 'vitest';
import type { Text } from '../../src/error.js';
import { parsePattern } from '../../src/exercise/pattern.js';

const fits = (source: string, text: string): boolean => {
  const pattern = parsePattern(source);
  if (!pattern.ok) throw new Error(pattern.error.en);
  return pattern.value(text);
};

test.each([
  ['kernel', 'The KERNEL answers', true],
  ['^kernel', 'The kernel', false],
  ['no (socket|listener)', 'there is No Listener there', true],
  ['(?<who>rst)\\b', 'RST.', true],
  ['SYN\\/ACK', 'syn/ack', true],
  ['\\u5185\\u6838', '内核', true],
  ['内核|kernel', '是内核', true],
  ['\\p{L}+', '中', true],
  ['É', 'é', true],
  ['😀{2}', '😀😀', true],
])('%s on %s: %s', (source, text, expected) => {
  expect(fits(source, text)).toBe(expected);
});

test.each([
  ['(', /^expected a regular expression .*: missing closing \)$/],
  ['a(?=b)', /: invalid or unsupported Perl syntax$/],
  ['(a)\\1', /: invalid escape sequence$/],
  ['a{1001}', /: invalid repeat count$/],
  ['('.repeat(250) + ')'.repeat(250) + 'x', /of at most 500 characters$/],
  ['(.?.?.?.?.?.?.?.?.?.?){0,1000}x', /a smaller regular expression/],
])('%s is refused', (source, why) => {
  expect(parsePattern(source)).toEqual({
    ok: false,
    error: expect.objectContaining({ en: expect.stringMatching(why) as string }) as Text,
  });
});

// With a backtracking engine each of them outlives us; a hang is what the test's time-out breaks.
test.each([
  ['^(a+)+$', `${'a'.repeat(1999)}b`],
  ['^(a|a)*$', `${'a'.repeat(1999)}b`],
  ['^(\\w+\\s?)*$', `${'a'.repeat(1999)}!`],
  ['(x+x+)+y', 'x'.repeat(2000)],
  ['(.*)(.*)(.*)(.*)(.*)(.*)(.*)[^a]', 'a'.repeat(2000)],
  ['('.repeat(240) + 'a' + ')+'.repeat(200) + ')'.repeat(40) + 'b', 'a'.repeat(2000)],
])('%s does not fit, and says so', (source, text) => {
  const pattern = parsePattern(source.slice(0, 500));
  expect(pattern.ok && pattern.value(text)).toBe(false);
});
