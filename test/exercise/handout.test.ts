/** What there is to read of an exercise is bounded, whatever values it is filled with. */
import { expect, test } from 'vitest';
import { handoutOf } from '../../src/exercise/handout.js';
import { parseExercise } from '../../src/exercise/read.js';

const exercise = (questions: number, options = ''): string =>
  [
    'id: long\ntitle: a\ntext: a',
    `variables: { word: ${'x'.repeat(60_000)} }`,
    'steps: [{ bind: { at: server } }]',
    'questions:',
    ...Array.from({ length: questions }, (_, i) =>
      options === ''
        ? `  - { id: q${i}, kind: text, ask: '\${word}', matches: [a] }`
        : `  - { id: q${i}, kind: choice, ask: a, options: { a: '${options}', b: b }, right: a }`,
    ),
  ].join('\n');

test('questions that are long each, and together more than anybody reads', () => {
  expect(handoutOf(parseExercise(exercise(2))).questions).toHaveLength(2);
  expect(() => handoutOf(parseExercise(exercise(3)))).toThrow(/more than 262144 characters/);
});

test('so are options', () => {
  expect(() => handoutOf(parseExercise(exercise(3, 'x'.repeat(60_000))))).toThrow(/more than 262144 characters/);
});
