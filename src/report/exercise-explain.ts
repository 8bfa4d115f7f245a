/** `lab exercise --explain`: the steps of an exercise, and whose points each check decides. */
import type { Language, Text } from '../error.js';
import type { Decision } from '../evidence/exercise.js';
import type { ExplainedExercise, ExplainedQuestion, ExplainedStep } from '../evidence/explained-exercise.js';
import { printableData } from '../printable.js';
import { colours } from './colours.js';
import { padTo, shortened, shortenedWithin, widest } from './columns.js';
import { hangingText } from './wrap.js';
import { pointsWords, WORDS } from './exercise-words.js';
import type { View } from './view.js';
import { say } from './words.js';

export function explainText(exercise: ExplainedExercise, view: View): string {
  const { title, steps, questions } = printableData(exercise);
  const { language } = view;
  const head = [STEP, DECIDES, DOES].map((text) => say(text, language));
  const rows = steps.map((step) => [step.step, stepDecides(step)[language], `${step.action} ${step.fields}`]);
  return [
    colours.bold(say(title, language)),
    '',
    ...table([head, ...rows], view),
    ...(questions.length === 0 ? [] : ['', colours.bold(say(WORDS.questions, language))]),
    ...table(
      questions.map((question) => [question.id, pointsWords(question.points)[language], by(question)[language]]),
      view,
    ),
    '',
  ].join('\n');
}

const STEP: Text = { en: 'step', zh: '步骤' };
const DECIDES: Text = { en: 'decides', zh: '决定谁的分' };
const DOES: Text = { en: 'what it does', zh: '内容' };

/** Names can be as long as their author likes. */
const MOST_COLUMNS = 28;

/** Two columns, and what wraps beside them. */
function table(rows: readonly (readonly string[])[], { columns, unicode }: View): readonly string[] {
  const mark = unicode ? '…' : '...';
  const cut = rows.map(([first = '', second = '', rest = '']) => ({
    first: shortenedWithin(first, MOST_COLUMNS, mark),
    second: shortened(second, MOST_COLUMNS, mark),
    rest,
  }));
  const [one, two] = [widest(cut.map(({ first }) => first)), widest(cut.map(({ second }) => second))];
  return cut.flatMap(({ first, second, rest }) =>
    hangingText(`  ${padTo(first, one)}  ${padTo(second, two)}  `, rest, columns),
  );
}

function stepDecides({ check, answers, decides, again }: ExplainedStep): Text {
  if (check) {
    const words = (language: Language): string[] => [told(decides, language), ...again.map(({ question }) => question)];
    return { en: words('en').join(', then '), zh: words('zh').join('，再次时 ') };
  }
  if (answers.length === 0) return { en: '', zh: '' };
  return { en: `(uses ${answers.join(', ')})`, zh: `（用到 ${answers.join('、')}）` };
}

const NONE: Text = { en: 'none', zh: '无' };

/** What says so, where it is not the answer in the check itself. */
function told(decision: Decision | undefined, language: Language): string {
  if (decision === undefined) return say(NONE, language);
  const { question, by: sayer } = decision;
  if (sayer === 'field') return question;
  const words = sayer === 'for' ? 'for:' : say(BEFORE, language);
  return language === 'zh' ? `${question}（${words}）` : `${question} (${words})`;
}

const BEFORE: Text = { en: 'used before', zh: '前面用过' };

function by({ kind, by: what, steps }: ExplainedQuestion): Text {
  switch (what) {
    case 'checks':
      return { en: steps.join(', '), zh: steps.join('、') };
    case 'observation':
      return {
        en: `what is observed in ${steps.join(', ')}; no check`,
        zh: `由 ${steps.join('、')} 的观察结果决定，不看检查`,
      };
    case 'answer':
      return kind === 'choice'
        ? { en: 'the right option; no check', zh: '由正确选项决定，不看检查' }
        : { en: 'the words of the answer; no check', zh: '由答案中的用词决定，不看检查' };
  }
}

/** The document of `lab exercise --explain`. */
export const explainJson = ({ id, title, steps, questions }: ExplainedExercise, language: Language) =>
  ({
    command: 'lab exercise --explain',
    version: 1,
    id,
    title: say(title, language),
    steps: steps.map(({ decides, again, ...step }) => ({
      ...step,
      decides: decides?.question ?? null,
      by: decides?.by ?? null,
      ...(again.length > 0 && { again }),
    })),
    questions,
  }) as const;
