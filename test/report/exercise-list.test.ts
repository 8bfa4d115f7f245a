/** The list of exercises. */
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { exerciseListJson, exerciseListText } from '../../src/report/exercise-list.js';

const LISTED = [
  { name: 'one', file: 'a/one.yaml', title: { en: 'The first', zh: '第一' } },
  { name: 'another', file: 'b/another.yaml', title: { en: 'The\x1bsecond', zh: '第二' } },
];

test.each([
  ['en', 'one      The first\nanother  The\\u001bsecond\n'],
  ['zh', 'one      第一\nanother  第二\n'],
] as const)(
  '%s: a line each, the titles below one another, nothing in them that a terminal obeys',
  (language, text) => {
    expect(stripVTControlCharacters(exerciseListText(LISTED, { language, columns: 80, unicode: true }))).toBe(text);
  },
);

test('JSON: with their files', () => {
  expect(exerciseListJson(LISTED.slice(0, 1), 'zh')).toEqual({
    ...{ command: 'lab exercise --list', version: 1 },
    exercises: [{ name: 'one', file: 'a/one.yaml', title: '第一' }],
  });
});
