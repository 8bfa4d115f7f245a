/** From checks to points: what was never put to the test is not right, whatever was answered. */
import { describe, expect, test } from 'vitest';
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

describe('each kind of question', () => {
  const ASKED = { id: 'q', points: 1, ask: { en: 'What?', zh: '什么？' } };
  const asked = (kind: string, more: object = {}): Question => ({ ...ASKED, kind, ...more }) as Question;
  const OPTIONS = { a: { en: 'first', zh: '一' }, b: { en: 'second', zh: '二' } };

  /** What a case checked of it: `expected / observed`, right where both are the same. */
  const caseOf = (
    name: string,
    checks: readonly string[],
    observations: PlayedCase['observations'] = {},
  ): PlayedCase => ({
    observations,
    run: {
      ...{ name, family: 4, missing: [], durationMs: 1 },
      checks: checks.map((text) => {
        const [expected = '', observed = ''] = text.split('/');
        return {
          ...{ step: 'steps[0]', question: 'q', what: { en: 'receives', zh: '收到' }, expected, observed },
          ok: expected === observed,
        };
      }),
    },
  });
  const result = (of: Question, answer: unknown, ...cases: readonly PlayedCase[]) =>
    judgeQuestion(of, { answers: answer === undefined ? {} : { q: answer } }, cases, ({ en, zh }) => ({
      en: `${en}!`,
      zh,
    }));
  const whyNot = (...given: Parameters<typeof result>) =>
    result(...given).objections.map(({ caseName = '', what, expected, observed }) =>
      [caseName, what.en, expected, observed].join('|'),
    );

  test('all that is known of it, with the student’s own values in its texts', () => {
    const hint = { en: 'Look.', zh: '看。' };
    expect(result(asked('text', { matches: [], hint, points: 3 }), ' words ', caseOf('IPv4', []))).toEqual({
      ...{ id: 'q', kind: 'text', of: 3, points: 3, right: true, objections: [], answer: ' words ' },
      ...{ ask: { en: 'What?!', zh: '什么？' }, hint: { en: 'Look.!', zh: '看。' } },
    });
    expect(result(asked('text', { matches: [] }), 'x')).not.toHaveProperty('hint');
  });

  test('no answer: nothing in any case, and said once', () => {
    for (const kind of ['choice', 'number', 'rule', 'prediction']) {
      const none = result(asked(kind), undefined, caseOf('IPv4', ['1/1']), caseOf('IPv6', ['1/1']));
      expect(none).toMatchObject({
        points: 0,
        right: false,
        objections: [{ what: { en: 'no answer', zh: '没有作答' } }],
      });
      expect(none.objections).toHaveLength(1);
      expect(none).not.toHaveProperty('answer');
    }
  });

  test('choice', () => {
    const choice = asked('choice', { right: 'a', options: OPTIONS });
    expect(result(choice, ' a ')).toMatchObject({ right: true, points: 1 });
    expect(whyNot(choice, ' b ')).toEqual(['|b is not the right option||']);
    expect(whyNot(choice, ' constructor ')).toEqual(['|constructor is none of the options: a, b||']);
    expect(result(choice, 'c').objections[0]?.what.zh).toBe('c 不是选项之一：a、b');
  });

  test('text: each of the patterns', () => {
    const text = asked('text', { matches: ['RST', 'kernel'] });
    expect(result(text, 'the kernel sends RST').right).toBe(true);
    for (const answer of ['the kernel', 'RST', 'nothing'])
      expect(whyNot(text, answer)).toEqual(['|something essential is not said||']);
  });

  test('prediction: what each case observed, without regard to case', () => {
    const of = asked('prediction', { is: 'seen' });
    const cases = [caseOf('IPv4', [], { seen: 'RST' }), caseOf('IPv6', [], { seen: 5 })];
    expect(whyNot(of, ' rst ', ...cases)).toEqual(['IPv6|what was predicted|rst|5']);
    expect(result(of, '5', ...cases).points).toBe(0.5);
    const options = asked('prediction', { is: 'seen', options: OPTIONS });
    expect(whyNot(options, ' RST ', ...cases)).toEqual(['|RST is none of the options: a, b||']);
    expect(result(options, ' a ', caseOf('IPv4', [], { seen: 'A' })).right).toBe(true);
  });

  test.each(['number', 'packet', 'rule'])('%s: the first check that failed, of its own', (kind) => {
    const said = kind === 'rule' ? 'receives' : 'you answered 7; receives';
    const of = asked(kind);
    expect(result(of, ' 7 ', caseOf('IPv4', ['1/1', '2/2']))).toMatchObject({ right: true, points: 1 });
    expect(whyNot(of, ' 7 ', caseOf('IPv4', ['1/1', '2/3', '4/5']))).toEqual([`|${said}|2|3`]);
    expect(whyNot(of, ' 7 ', caseOf('IPv4', ['1/1']), caseOf('IPv6', ['2/3']))).toEqual([`IPv6|${said}|2|3`]);
    expect(whyNot(of, '7', caseOf('IPv4', ['/3']))).toEqual(['|receives||3']);
    expect(whyNot(of, '7', caseOf('IPv4', []))).toEqual(['|the answer was never put to the test||']);
    const others = caseOf('IPv4', ['1/2']);
    const checks = others.run.checks.map((check) => ({ ...check, question: 'other' }));
    expect(whyNot(of, '7', { ...others, run: { ...others.run, checks } })).toHaveLength(1);
  });

  test('what its author calls the step, and what came meanwhile, go with it', () => {
    const failed = caseOf('IPv4', ['1/2']);
    const more = { label: { en: 'the SYN', zh: 'SYN' }, received: ['client: R 1:1(0)'] };
    const checks = failed.run.checks.map((check) => ({ ...check, ...more }));
    expect(result(asked('rule'), 'x', { ...failed, run: { ...failed.run, checks } }).objections).toMatchObject([more]);
    const [bare] = result(asked('rule'), 'x', failed).objections;
    expect(Object.keys(bare ?? {}).sort()).toEqual(['expected', 'observed', 'what']);
  });

  test('points: in hundredths, by the share of the cases', () => {
    const cases = [caseOf('a', ['1/1']), caseOf('b', ['1/2']), caseOf('c', ['1/2'])];
    expect(result(asked('rule', { points: 2 }), 'x', ...cases).points).toBe(0.67);
    expect(result(asked('rule'), 'x')).toMatchObject({ points: 0, right: false });
  });
});
