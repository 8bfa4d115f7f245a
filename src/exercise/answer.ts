/** A student's answers as values that steps can use. What cannot be used is said in words, as an objection. */
import type { Text } from '../error.js';
import type { Family } from '../lab/addresses.js';
import { beginning } from '../printable.js';
import { type Notation, type NotationError, parseNotation, TcpFlag } from '../wire/index.js';
import { evaluate, MissingValue, parseExpression, type Scope, UnusableAnswer, type Value } from './expression.js';
import type { Answers } from './answers.js';
import { checkRule } from './rule-answer.js';
import type { Question } from './schema.js';
import { valueText } from './value-text.js';

const LONGEST_ANSWER = 2000;
const LONGEST_PROGRAM = 32 << 10;

/** A high surrogate whose other half was cut off. */
const HALF_A_PAIR = /[\ud800-\udbff]$/;

/** An answer as it was written, in one line; undefined where none was given. */
export function answerText({ answers }: Answers, id: string): string | undefined {
  const answer = Object.hasOwn(answers, id) ? answers[id] : undefined;
  if (answer === undefined || answer === null || answer === '') return undefined;
  const text = typeof answer === 'string' ? answer : valueText(answer, LONGEST_ANSWER + 1);
  return text.length > LONGEST_ANSWER ? `${text.slice(0, LONGEST_ANSWER).replace(HALF_A_PAIR, '')}…` : text;
}

/** What was written where the id of a question should be, as far as it is named. */
const MOST_UNKNOWN = 10;
const LONGEST_UNKNOWN = 100;

/** Ids that no question has, in the order of the file. */
export function unknownAnswers({ answers }: Answers, questions: readonly Question[]): readonly string[] {
  const known = new Set(questions.map(({ id }) => id));
  const unknown = Object.keys(answers).filter((id) => !known.has(id));
  const named = unknown.slice(0, MOST_UNKNOWN).map((id) => beginning(id, LONGEST_UNKNOWN));
  return unknown.length > named.length ? [...named, '…'] : named;
}

/** What an answer is read in. */
export interface AnswerCircumstances {
  /** What a formula may use. */
  readonly scope: Scope;
  /** Of the connection. */
  readonly family: Family;
}

/**
 * The value that a step gets. Where the question says so, a number may be written as a formula: `synack.seq + 1`.
 * @throws {MissingValue} where there is none, or none of this kind
 */
export function answerValue(question: Question, answers: Answers, { scope, family }: AnswerCircumstances): Value {
  const text = answerText(answers, question.id)?.trim();
  if (text === undefined) throw new MissingValue({ en: 'no answer', zh: '没有作答' });
  if (typeof answers.answers[question.id] === 'object')
    throw new MissingValue({ en: `not a text or a number: ${text}`, zh: `不是文字，也不是数：${text}` });
  if (typeof answers.answers[question.id] === 'number' && !Number.isFinite(answers.answers[question.id]))
    throw new MissingValue({ en: `not a number that can be used: ${text}`, zh: `不是可用的数：${text}` });
  if (question.kind === 'program') return programText(answers.answers[question.id]);
  if (text.length >= LONGEST_ANSWER) throw new MissingValue({ en: 'the answer is too long', zh: '答案太长' });
  switch (question.kind) {
    case 'number': {
      if (question.formula !== true && !/^(0x[\da-fA-F]+|\d+)$/.test(text))
        throw new UnusableAnswer({ en: `your answer is no whole number: ${text}`, zh: `你的答案不是整数：${text}` });
      const formula = parseExpression(text);
      if (!formula.ok)
        throw new UnusableAnswer({
          en: `your answer is no number or formula: column ${String(formula.error.column)}: ${formula.error.message.en}`,
          zh: `你的答案不是数，也不是公式：第 ${String(formula.error.column)} 列：${formula.error.message.zh}`,
        });
      const value = evaluate(formula.value, scope);
      if (typeof value === 'string')
        throw new UnusableAnswer({ en: `your answer is no number: ${value}`, zh: `你的答案不是数：${value}` });
      return value;
    }
    case 'packet': {
      const packet = parseNotation(text);
      if (!packet.ok) throw notAPacket(packet.error);
      if (packet.value.options === undefined || packet.value.otherOptions === true)
        throw new MissingValue({
          en: `an answer leaves nothing open with ...: ${text}`,
          zh: `答案不能用 ... 留空：${text}`,
        });
      if (meansAck(packet.value)) throw new MissingValue(ACK_IS_A_DOT);
      // Left out, it would fit any: no answer at all.
      if ((packet.value.flags & TcpFlag.ACK) !== 0 && packet.value.ack === undefined)
        throw new MissingValue({ en: `the acknowledgment number is missing: ${text}`, zh: `缺少确认号：${text}` });
      return text;
    }
    case 'rule':
      checkRule(text, family);
      return text;
    case 'choice':
    case 'text':
    case 'prediction':
      return text;
  }
}

/** As it was written: its lines and spaces are its own. */
function programText(answer: unknown): string {
  const text = String(answer);
  if (text.length <= LONGEST_PROGRAM) return text;
  throw new MissingValue({
    en: `the program is longer than ${String(LONGEST_PROGRAM)} characters`,
    zh: `程序超过 ${String(LONGEST_PROGRAM)} 个字符`,
  });
}

/** Whether `A` was written for ACK: in this notation it is the flag AE. */
export const meansAck = ({ flags, ack }: Notation): boolean =>
  ack !== undefined && (flags & (TcpFlag.AE | TcpFlag.ACK)) === TcpFlag.AE;

export const ACK_IS_A_DOT: Text = {
  en: 'the flag ACK is written as a dot: S. and P. (A is the flag AE, RFC 9768)',
  zh: '标志 ACK 写作一个点：S.、P.（A 是标志 AE，RFC 9768）',
};

export const notAPacket = (error: NotationError): MissingValue =>
  new MissingValue({
    en: `not a packet: ${error.text}: column ${String(error.column)}: ${error.message}`,
    zh: `不是报文：${error.text}：第 ${String(error.column)} 列：${error.zh}`,
  });
