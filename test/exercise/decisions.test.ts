/** Whose points a check decides: worked out from the script alone, and shown by --explain. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { explainExercise } from '../../src/exercise/explain.js';
import { parseExercise, readExercise } from '../../src/exercise/read.js';
import { explainJson, explainText } from '../../src/report/exercise-explain.js';
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
    .map(({ decides, again }) =>
      [decides, ...again].map((one) => (one === undefined ? 'none' : `${one.question} ${one.by}`)).join(', '),
    );

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

  describe('in a repeat, as if its steps were written out:', () => {
    const observe = (id: string): string => `observe: { value: '\${answer.${id}}', is: 1 }`;
    const state = 'state: { server: none }';

    test('what stands before an answer stands behind it the next time', () => {
      expect(
        decided(`
  - repeat:
      times: 3
      steps:
        - ${state}
        - ${observe('one')}
  - ${state}`),
      ).toEqual(['none', 'none, one before', 'one field', 'one before']);
    });

    test('it takes the point of the answer before the repeat the first time only', () => {
      expect(
        decided(`
  - ${observe('one')}
  - repeat:
      times: 3
      steps:
        - ${state}
        - ${observe('two')}`),
      ).toEqual(['one field', 'none', 'one before, two before', 'two field']);
    });

    test('but not if it is played once, nor with for:', () => {
      expect(
        decided(`
  - ${observe('one')}
  - repeat:
      times: 1
      steps:
        - ${state}
        - ${observe('two')}
  - repeat:
      times: 2
      steps:
        - ${state}
          for: two
        - ${observe('one')}`),
      ).toEqual(['one field', 'none', 'one before', 'two field', 'none', 'two for', 'one field']);
    });

    test('in another repeat: behind the end of a turn of either', () => {
      expect(
        decided(`
  - repeat:
      times: 2
      steps:
        - repeat:
            times: 2
            steps:
              - ${state}
              - ${observe('one')}
        - ${observe('two')}`),
      ).toEqual(['none', 'none', 'none, one before, two before', 'one field', 'two field']);
    });

    test('twenty, one in the other, each with an answer, are looked through at once', () => {
      const nested = (depth: number): string =>
        depth === 0
          ? `{ ${state} }`
          : `{ repeat: { times: 2, steps: [${nested(depth - 1)}, { ${observe(depth % 2 === 0 ? 'one' : 'two')} }] } }`;
      expect(decided(`  - ${nested(20)}`).find((words) => words.startsWith('none,'))).toBe(
        'none, two before, one before',
      );
    });
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

test('explained: what a check in a repeat decides the first time, and then', () => {
  const exercise = explainExercise(
    parseExercise(
      script(`
  - observe: { value: '\${answer.one}', is: 1 }
  - repeat: { times: 2, steps: [state: { server: none }, observe: { value: '\${answer.two}', is: 2 }] }`),
    ),
  );
  const say = (language: 'en' | 'zh'): string => explainText(exercise, { language, columns: 100, unicode: true });
  expect(say('en')).toMatch(/steps\[2\]\.repeat\.steps\[0\] +one \(used before\), then two /);
  expect(say('zh')).toMatch(/steps\[2\]\.repeat\.steps\[0\] +one（前面用过），再次时 two/);
  expect(exercise.questions[1]?.steps).toEqual(['steps[2].repeat.steps[0]', 'steps[2].repeat.steps[1]', 'steps[4]']);
  expect(explainJson(exercise, 'en').steps[3]).toMatchObject({
    decides: 'one',
    by: 'before',
    again: [{ question: 'two', by: 'before' }],
  });
});

describe.each(COURSE)('%s', (file) => {
  const exercise = readExercise(`exercises/${file}`);

  test('no for: names a question whose points no check decides', () => {
    const kinds = new Map(exercise.questions.map(({ id, kind }) => [id, kind]));
    const named = exercise.steps.flatMap((step) =>
      step.for === undefined || step.for === 'none' ? [] : [kinds.get(step.for)],
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
