/** From checks to points: an answer is right in a case if every check that decides it is as expected there. */
import type { CaseRun, Objection, QuestionResult } from '../evidence/exercise.js';
import type { Text } from '../error.js';
import { beginning } from '../printable.js';
import { answerText } from './answer.js';
import type { Value } from './expression.js';
import { kept, keptText } from './kept.js';
import { parsePattern } from './pattern.js';
import type { Answers } from './answers.js';
import type { Question } from './schema.js';

/** What a case had of it: its checks, and what was observed by name. */
export interface PlayedCase {
  readonly run: CaseRun;
  readonly observations: Readonly<Record<string, Value | undefined>>;
}

/** `say`: a text with the student's own values in it. */
export function judgeQuestion(
  question: Question,
  answers: Answers,
  cases: readonly PlayedCase[],
  say: (text: Text) => Text,
): QuestionResult {
  const { id, kind, ask, points: of, hint } = question;
  const answer = answerText(answers, id);
  const byCase = answer === undefined ? [NO_ANSWER] : objectionsByCase(question, answer, cases);
  const wrong = byCase.filter((objection) => objection !== undefined);
  const share = byCase.length === 0 ? 0 : (byCase.length - wrong.length) / byCase.length;
  return {
    ...{ id, kind, of },
    ask: say(ask),
    points: Math.round(of * share * 100) / 100,
    right: share === 1,
    objections: wrong,
    ...(answer !== undefined && { answer }),
    ...(hint !== undefined && { hint: say(hint) }),
  };
}

function objectionsByCase(question: Question, answer: string, cases: readonly PlayedCase[]): (Objection | undefined)[] {
  switch (question.kind) {
    case 'choice':
      return [question.right === answer.trim() ? undefined : said(notRight(answer.trim(), question.options))];
    case 'text':
      return [
        question.matches.every((source) => fits(source, answer))
          ? undefined
          : { what: KEYWORDS, expected: '', observed: '' },
      ];
    case 'prediction':
      if (question.options !== undefined && !Object.hasOwn(question.options, answer.trim()))
        return [said(noOption(answer.trim(), question.options))];
      return cases.map((played) => inCase(played, cases, predicted(played.observations[question.is], answer.trim())));
    case 'number':
    case 'packet':
      return cases.map((played) => inCase(played, cases, withAnswer(answer.trim(), firstFailed(question.id, played))));
    case 'rule':
    case 'program':
      return cases.map((played) => inCase(played, cases, firstFailed(question.id, played)));
  }
}

/** Whether an answer fits; that it is a pattern was seen when the exercise was read. */
function fits(source: string, answer: string): boolean {
  const pattern = parsePattern(source);
  return pattern.ok && pattern.value(answer);
}

/** The first thing that went wrong; an answer that was never put to the test is not right either. */
function firstFailed(id: string, { run }: PlayedCase): Objection | undefined {
  const decisive = run.checks.filter(({ question }) => question === id);
  const failed = decisive.find(({ ok }) => !ok);
  if (failed !== undefined) {
    const { label, what, expected, observed, received } = failed;
    return {
      ...{ what, expected, observed },
      ...(label !== undefined && { label }),
      ...(received !== undefined && { received }),
    };
  }
  return decisive.length > 0 ? undefined : said(UNTESTED);
}

const LONGEST_SHOWN = 100;

/**
 * What a check expects comes of the answer, and is said in the check's own terms: relative to where the numbers begin, with what the
 * answer has left out. So that nobody takes it for the solution, the answer itself stands before it.
 */
function withAnswer(answer: string, objection: Objection | undefined): Objection | undefined {
  if (objection === undefined || objection.expected === '') return objection;
  const { en, zh } = objection.what;
  const said = beginning(answer, LONGEST_SHOWN);
  return { ...objection, what: { en: `you answered ${said}; ${en}`, zh: `你的答案是 ${said}；${zh}` } };
}

const inCase = (
  { run }: PlayedCase,
  cases: readonly PlayedCase[],
  objection: Objection | undefined,
): Objection | undefined =>
  objection === undefined || cases.length === 1 ? objection : { ...objection, caseName: run.name };

/** What was predicted, and what the run observed; of what was never observed no prediction is right. */
function predicted(value: Value | undefined, answer: string): Objection | undefined {
  if (value === undefined) return said(UNTESTED);
  const observed = String(value);
  return observed.toLowerCase() === answer.toLowerCase()
    ? undefined
    : { what: PREDICTED, expected: kept(answer), observed: kept(observed) };
}

/** An objection that compares nothing. */
const said = (what: Text): Objection => ({ what: keptText(what), expected: '', observed: '' });

type Options = Readonly<Record<string, unknown>>;

const notRight = (answer: string, options: Options): Text =>
  Object.hasOwn(options, answer)
    ? { en: `${answer} is not the right option`, zh: `${answer} 不是正确的选项` }
    : noOption(answer, options);

const noOption = (answer: string, options: Options): Text => ({
  en: `${answer} is none of the options: ${Object.keys(options).join(', ')}`,
  zh: `${answer} 不是选项之一：${Object.keys(options).join('、')}`,
});

const KEYWORDS: Text = { en: 'something essential is not said', zh: '缺少要点' };
const PREDICTED: Text = { en: 'what was predicted', zh: '预测' };
const UNTESTED: Text = { en: 'the answer was never put to the test', zh: '答案没有得到检验' };
const NO_ANSWER: Objection = { what: { en: 'no answer', zh: '没有作答' }, expected: '', observed: '' };
