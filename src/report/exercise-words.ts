/** The words of the reports on exercises, in English and Chinese. */
import type { Language, Text } from '../error.js';
import type { Objection, QuestionKind } from '../evidence/exercise.js';
import { say } from './words.js';

export const KINDS: Readonly<Record<QuestionKind, Text>> = {
  number: { en: 'a whole number', zh: '一个整数' },
  packet: {
    en: 'a packet in notation, such as S 0:0(0) win 64240 <mss 1460>',
    zh: '一个报文，例如 S 0:0(0) win 64240 <mss 1460>',
  },
  rule: { en: 'the arguments of one iptables rule', zh: '一条 iptables 规则的参数' },
  program: { en: 'a program: its text, indented, in the lines below', zh: '一个程序：在以下各行缩进写出其文本' },
  choice: { en: 'one of', zh: '选一个' },
  text: { en: 'a sentence or two', zh: '一两句话' },
  prediction: { en: 'what you expect to happen', zh: '你预计会发生什么' },
};

export const FORMULA: Text = { en: 'a number, or a formula', zh: '一个数，或一个公式' };

export const WORDS = {
  questions: { en: 'Questions', zh: '问题' },
  answersFile: {
    en: 'Write your answers into a file, such as answers.yaml:',
    zh: '把答案写进一个文件，例如 answers.yaml：',
  },
  nobodys: {
    en: "These are nobody's numbers: for your own, add --student and your name.",
    zh: '以上数字不属于任何人：加上 --student 和你的名字，才是你自己的数字。',
  },
  thenRun: { en: 'Then run:', zh: '然后运行：' },
  yourName: { en: 'your name', zh: '你的名字' },
  hint: { en: 'hint', zh: '提示' },
  checks: { en: 'What the kernels were asked', zh: '向内核核对的内容' },
  student: { en: 'student', zh: '学生' },
  points: { en: 'points', zh: '得分' },
  file: { en: 'file', zh: '文件' },
  note: { en: 'note', zh: '备注' },
  passedOver: { en: 'Passed over', zh: '未评阅' },
  notAsked: { en: 'answers what is not asked', zh: '作答了没有提出的问题' },
  notSeen: { en: 'not seen here', zh: '此处看不到' },
} as const satisfies Record<string, Text>;

export const pointsWords = (points: number): Text => ({
  en: `${String(points)} point${points === 1 ? '' : 's'}`,
  zh: `${String(points)} 分`,
});

/** What was checked, behind what the author calls the step, and behind the case where there are several. */
export const checkName = (
  { caseName, label, what }: Pick<Objection, 'caseName' | 'label' | 'what'>,
  language: Language,
): string =>
  [caseName ?? [], label === undefined ? [] : say(label, language), say(what, language)]
    .flat()
    .join(language === 'zh' ? '：' : ': ');

/** Why something is not as expected, in a line. */
export function objectionLine(objection: Objection, language: Language): string {
  const { expected, observed, received = [] } = objection;
  const head = checkName(objection, language);
  const zh = language === 'zh';
  const came =
    received.length === 0 ? '' : zh ? `；收到：${received.join('，')}` : `; received: ${received.join(', ')}`;
  const seen = observedWords(observed, language);
  if (expected !== '')
    return zh
      ? `${head}：预期 ${expected}，实际${seen === observed ? ' ' : ''}${seen}${came}`
      : `${head}: expected ${expected}, and it was ${seen}${came}`;
  return observed === '' ? head : `${head}${zh ? '：' : ': '}${seen}`;
}

/** What was observed is the same in every language, but for the words that say that nothing was. */
const observedWords = (observed: string, language: Language): string =>
  language === 'zh' ? (SAID_ZH[observed] ?? observed) : observed;

const SAID_ZH: Readonly<Record<string, string>> = { nothing: '什么也没有', 'it did not say so': '它没有这样说' };
