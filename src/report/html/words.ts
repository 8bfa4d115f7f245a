/** The words of the HTML report that the terminal's reports do not have. */
import type { Text } from '../../error.js';
import type { Verdict } from '../../evidence/experiment.js';

export const WORDS = {
  itself: { en: 'itself', zh: '自身' },
  asExpected: { en: 'as expected', zh: '如预期' },
  notAsExpected: { en: 'not as expected', zh: '不如预期' },
  what: { en: 'what', zh: '内容' },
  expected: { en: 'expected', zh: '预期' },
  observed: { en: 'observed', zh: '观察到' },
  facts: { en: 'What was expected, and what was seen', zh: '预期与观察' },
  steps: { en: 'What was done', zh: '步骤' },
  ladder: { en: 'What happened', zh: '发生了什么' },
  why: { en: 'Why', zh: '为什么' },
  claims: { en: 'What is often said, and what this shows', zh: '常见的说法，与本实验的结论' },
  next: { en: 'Try this next', zh: '接着试试' },
  byHand: { en: 'By hand, in rawshake lab shell', zh: '亲手来做（rawshake lab shell）' },
  missing: { en: 'What could not be seen here', zh: '此处看不到的证据' },
  sockets: { en: 'Socket tables', zh: '套接字表' },
  counters: { en: 'Counters that have grown', zh: '增长了的计数器' },
  stack: { en: 'how the kernel came there, innermost first', zh: '内核的调用路径，最内层在前' },
  openAll: { en: 'Open all packets', zh: '展开所有数据包' },
  closeAll: { en: 'Close all packets', zh: '收起所有数据包' },
  dropped: { en: 'dropped by the rule', zh: '被规则丢弃' },
  unowned: { en: 'no socket owns', zh: '没有套接字拥有' },
  rule: { en: 'The rule', zh: '规则' },
  contents: { en: 'Contents', zh: '目录' },
  legend: { en: 'Sent by', zh: '发送者' },
  byRawshake: { en: 'rawshake, by hand', zh: 'rawshake，手工' },
  byKernel: { en: 'a kernel', zh: '内核' },
  reset: { en: 'a reset', zh: '复位' },
  kernelSays: { en: 'a kernel, of itself', zh: '内核自述' },
  ms: { en: 'ms', zh: '毫秒' },
  field: { en: 'field', zh: '字段' },
  value: { en: 'value', zh: '值' },
  meaning: { en: 'meaning', zh: '含义' },
} as const satisfies Record<string, Text>;

export const VERDICTS: Readonly<Record<Verdict, Text>> = {
  confirmed: { en: 'confirmed', zh: '属实' },
  refined: { en: 'refined', zh: '需要细化' },
  outdated: { en: 'outdated', zh: '已过时' },
  wrong: { en: 'wrong', zh: '错误' },
};
