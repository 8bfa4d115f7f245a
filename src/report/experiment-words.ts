/** The words of the experiments' reports, in English and Chinese. */
import type { Text } from '../error.js';
import type { ExperimentRun, FactValue, Verdict } from '../evidence/experiment.js';
import type { NotRun } from '../evidence/not-run.js';

export const EXPERIMENT_HEADINGS = {
  steps: { en: 'How', zh: '做法' },
  expectation: { en: 'Expected', zh: '预期' },
  what: { en: 'what', zh: '内容' },
  expected: { en: 'expected', zh: '预期' },
  observed: { en: 'observed', zh: '实际' },
  sockets: { en: 'sockets', zh: '套接字' },
  counters: { en: 'counters', zh: '计数器' },
  missing: { en: 'evidence that cannot be had here', zh: '这里无法取得的证据' },
  claims: { en: 'What is often said', zh: '常见的说法' },
  why: { en: 'Why', zh: '为什么' },
  next: { en: 'Try next', zh: '接着试试' },
  byHand: { en: 'By hand, in `rawshake lab shell`', zh: '手工操作（在 `rawshake lab shell` 中）' },
} as const satisfies Record<string, Text>;

export const VERDICTS: Readonly<Record<Verdict, Text>> = {
  confirmed: { en: 'confirmed', zh: '属实' },
  refined: { en: 'refined', zh: '需要修正' },
  outdated: { en: 'outdated', zh: '已过时' },
  wrong: { en: 'wrong', zh: '错误' },
};

const same = (text: string): Text => ({ en: text, zh: text });

/** A value as it stands in a table. */
export function valueWords(value: FactValue): Text {
  if (value === '') return { en: 'nothing', zh: '无' };
  if (typeof value === 'boolean') return value ? { en: 'yes', zh: '是' } : { en: 'no', zh: '否' };
  if (typeof value === 'object')
    return value.length === 0 ? { en: 'none', zh: '无' } : { en: value.join(', '), zh: value.join('、') };
  return same(String(value));
}

/** How a run went, in two words and a half. */
export function runVerdict({ ok, failure, notRun }: Pick<ExperimentRun, 'ok' | 'failure' | 'notRun'>): Text {
  if (notRun !== undefined) return notRunWords(notRun);
  if (failure !== undefined) return { en: `did not come to its end: ${failure.en}`, zh: `未能完成：${failure.zh}` };
  return ok ? { en: 'as expected', zh: '如预期' } : { en: 'NOT as expected', zh: '不如预期' };
}

/** Neither good nor bad: it was not tried. */
export const notRunWords = ({ reason }: NotRun): Text => ({
  en: `could not be run here: ${reason.en}`,
  zh: `在这里无法运行：${reason.zh}`,
});

/** `123 ms`, `1.2 s`. */
export const durationWords = (ms: number): Text =>
  ms < 1000
    ? { en: `${ms.toFixed(0)} ms`, zh: `${ms.toFixed(0)} 毫秒` }
    : { en: `${(ms / 1000).toFixed(1)} s`, zh: `${(ms / 1000).toFixed(1)} 秒` };
