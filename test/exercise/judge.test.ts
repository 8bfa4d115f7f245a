/** From checks to points: what was never put to the test is not right, whatever was answered. */
import { expect, test } from 'vitest';
import { judgeQuestion, type PlayedCase } from '../../src/exercise/judge.js';
import type { Question } from '../../src/exercise/schema.js';

const PREDICTION: Question = {
  ...{ id: 'state', kind: 'prediction', is: 'seen', points: 2 },
  ask: { en: 'What comes?', zh: '收到什么？' },
};

const played = (observations: PlayedCase['observations']): PlayedCase => ({
  run: { name: 'IPv4', family: 4, checks: [], missing: [], durationMs: 1 },
  observations,
});

const judge = (answer: string, observations: PlayedCase['observations']) =>
  judgeQuestion(PREDICTION, { answers: { state: answer } }, [played(observations)], (text) => text);

test.each(['nothing', 'undefined', '', 'null', '0'])(
  'the prediction %j of what was never observed gets no points',
  (answer) => {
    expect(judge(answer, {})).toMatchObject({ points: 0, right: false });
    expect(judge(answer, { seen: undefined })).toMatchObject({ points: 0, right: false });
  },
);

test('it says so, in both languages', () => {
  expect(judge('nothing', {}).objections).toEqual([
    { what: { en: 'the answer was never put to the test', zh: '答案没有得到检验' }, expected: '', observed: '' },
  ]);
});

test('where it was observed that nothing came, that is right', () => {
  expect(judge('Nothing', { seen: 'nothing' })).toMatchObject({ points: 2, right: true, objections: [] });
  expect(judge('RA', { seen: 'nothing' })).toMatchObject({ points: 0, right: false });
});

test("a number's objection names what was answered: what it is held against may be relative", () => {
  const question: Question = { ...{ id: 'n', kind: 'number', points: 1 }, ask: { en: 'Which?', zh: '哪个？' } };
  const what = { en: 'client receives', zh: '客户端收到' };
  const check = {
    ...{ step: 'steps[0]', question: 'n', what, ok: false },
    expected: 'ack 4294967295',
    observed: 'ack 1',
  };
  const missed = { ...played({}), run: { ...played({}).run, checks: [check] } };
  const { objections } = judgeQuestion(question, { answers: { n: 7 } }, [missed], (text) => text);
  expect(objections).toMatchObject([
    { what: { en: 'you answered 7; client receives', zh: '你的答案是 7；客户端收到' }, expected: 'ack 4294967295' },
  ]);
});
