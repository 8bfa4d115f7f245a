/** Whose answers they are: a name, or nobody's, and never one that shares its numbers with another. */
import { expect, test } from 'vitest';
import { parseAnswers } from '../../src/exercise/answers.js';

const studentOf = (name: string) => parseAnswers(`student: ${name}\nanswers: {}\n`).student;

test.each([
  ['amber', 'amber'],
  ['王小明', '王小明'],
  ['"\\U0001F600"', '😀'],
  ['0042', '42'],
])('%s is a name', (written, name) => {
  expect(studentOf(written)).toBe(name);
});

test.each(['', "''", '"   "', '"\\t"', '"\\u3000"', '"\\u2800"', '"\\u3164 \\uFFA0"', '"\\u115F\\u1160\\u200B"'])(
  '%s names nobody',
  (written) => {
    expect(studentOf(written)).toBeUndefined();
  },
);

test.each(['"\\uD800"', '"\\uDC01"', '"a\\uD83D"', '"a\\0"', '"a\\nb"', '"a\\e[2J"', '"a\\x9b"', '"a\\u2028b"'])(
  '%s is refused',
  (written) => {
    expect(() => studentOf(written)).toThrow(/student: expected a name without control characters/);
  },
);
