/** Whose points a check decides: worked out from the script alone, and shown by --explain. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { explainExercise } from '../../src/exercise/explain.js';
import { parseExercise, readExercise } from '../../src/exercise/read.js';
import { explainText } from '../../src/report/exercise-explain.js';
import { WRONG } from '../lab/exercises/wrong-answers.js';

const COURSE = readdirSync('exercises').filter((file) => file.endsWith('.yaml'));

const script = (steps: string): string => `
id: decisions
title: { en: Who decides, zh: 谁决定 }
text: ''
questions:
  - { id: one, kind: number, ask: One? }
  - { id: two, kind: number, ask: Two? }
  - { id: guess, kind: prediction, is: seen_there, ask: And what is seen? }
steps:
  - observe: { counter: { at: server, name: TcpInSegs }, as: seen_there }
${steps}
  # so that each has a check
  - observe: { value: '\${answer.one}', is: 1 }
  - observe: { value: '\${answer.two}', is: 2 }
`;

/** Of the steps that are written out: the question, and what says so. */
const decided = (steps: string) =>
  explainExercise(parseExercise(script(steps)))
    .steps.slice(1, -2)
    .map(({ decides }) => (decides === undefined ? 'none' : `${decides.question} ${decides.by}`));

describe('a check decides', () => {
  test("nobody's points before any answer", () => {
    expect(decided('  - state: { server: none }')).toEqual(['none']);
  });

  test('the question whose answer it names, whatever was used before', () => {
    expect(
      decided(`
  - observe: { value: '\${answer.one}', is: 1 }
  - observe: { value: '2', is: '\${answer.two}' }`),
    ).toEqual(['one field', 'two field']);
  });

  test('of several that it names, the one that is used last: ports are asked for first', () => {
    expect(
      decided(`
  - observe: { value: '\${answer.two - answer.one}', is: 1 }
  - expect: { at: client, packet: '. 1:1(0) ack \${answer.one}', clientPort: '\${answer.two}' }`),
    ).toEqual(['one field', 'one field']);
  });

  test('else the question whose answer was used last before it, in a step that is no check, too', () => {
    expect(
      decided(`
  - send: { from: client, packet: '. 1:1(0) ack \${answer.one}' }
  - state: { server: none }`),
    ).toEqual(['none', 'one before']);
  });

  test('what for: says before all else; a step with it changes nothing for those behind it', () => {
    expect(
      decided(`
  - observe: { value: '\${answer.one}', is: 1 }
    for: two
  - state: { server: none }
    for: none
  - state: { server: none }`),
    ).toEqual(['two for', 'none', 'one before']);
  });

  test('no points of a question that none decides', () => {
    expect(decided('  - state: { server: none }\n    for: guess')).toEqual(['none']);
  });

  test('in a repeat the same each time, however often it has been played', () => {
    expect(
      decided(`
  - repeat:
      times: 3
      steps:
        - state: { server: none }
        - observe: { value: '\${answer.one}', is: 1 }
  - state: { server: none }`),
    ).toEqual(['none', 'none', 'one field', 'one before']);
  });
});

test('explained in both languages: steps as they are played, and what each question depends on', () => {
  const exercise = explainExercise(
    parseExercise(script("  - expect: { at: client, packet: 'S. 0:0(0) ack 1', within: 1s }\n    for: two")),
  );
  const say = (language: 'en' | 'zh'): string => explainText(exercise, { language, columns: 100, unicode: true });
  expect(say('en')).toBe(`Who decides

  step      decides     what it does
  steps[0]              observe { counter: { at: server, name: TcpInSegs }, as: seen_there }
  steps[1]  two (for:)  expect { at: client, packet: S. 0:0(0) ack 1, within: 1000ms }
  steps[2]  one         observe { value: '\${answer.one}', is: 1 }
  steps[3]  two         observe { value: '\${answer.two}', is: 2 }

Questions
  one    1 point  steps[2]
  two    1 point  steps[1], steps[3]
  guess  1 point  what is observed in steps[0]; no check
`);
  expect(say('zh')).toContain('  guess  1 分  由 steps[0] 的观察结果决定，不看检查');
});

describe.each(COURSE)('%s', (file) => {
  const exercise = readExercise(`exercises/${file}`);

  test('no for: names a question whose points no check decides', () => {
    const kinds = new Map(exercise.questions.map(({ id, kind }) => [id, kind]));
    const named = exercise.steps.flatMap((step) =>
      step.decides?.by === 'for' ? [kinds.get(step.decides.question)] : [],
    );
    expect(named.filter((kind) => kind !== 'number' && kind !== 'packet' && kind !== 'rule')).toEqual([]);
  });

  test('there are wrong answers to it, each to a question that it asks', () => {
    const asked = exercise.questions.map(({ id }) => id);
    const wrong = (WRONG[file.replace(/\.yaml$/, '')] ?? []).map(([, question]) => question);
    expect(wrong.length).toBeGreaterThan(0);
    expect(wrong.filter((id) => !asked.includes(id))).toEqual([]);
  });
});
