/** A run under way in sentences: those of the finished report, and of much data no more than can be read. */
import { describe, expect, test } from 'vitest';
import { BOTH_ENDS } from '../../src/evidence/host.js';
import type { Moment } from '../../src/evidence/moment.js';
import { timeline } from '../../src/evidence/timeline.js';
import { experimentText } from '../../src/report/experiment-text.js';
import { LiveSentences } from '../../src/report/live-sentences.js';
import { millis } from '../../src/tcp/types.js';
import { observed } from '../support/evidence.js';
import { RUN } from '../support/experiment-evidence.js';

const VIEW = { language: 'en', columns: 80, unicode: true, plain: true } as const;

const said = (moments: readonly Moment[], language: 'en' | 'zh' = 'en'): string[] => {
  const live = new LiveSentences(BOTH_ENDS, { ...VIEW, language });
  return [...moments.flatMap((moment) => live.see(moment)), ...live.end()];
};

describe.each(['en', 'zh'] as const)('in %s', (language) => {
  test('each telling moment, in the words that the report has', () => {
    const sentences = said(timeline(RUN), language);
    expect(sentences.length).toBeGreaterThan(10);
    expect(experimentText([RUN], { ...VIEW, language })).toContain(sentences.join('\n'));
  });
});

test('what comes from outside stays in its line', () => {
  const title = { en: 'a\u001b[2Jb', zh: '' };
  expect(said([{ type: 'scene', ms: 0, isTelling: true, title }])).toEqual(['a\\u001b[2Jb']);
});

const DATA = observed(0, 'client', 'kernel', '.', { payload: new TextEncoder().encode('xy') });

const dataAt = (times: readonly number[]): readonly Moment[] =>
  timeline({ packets: times.map((ms) => ({ ...DATA, at: millis(ms) })), lookups: [] });

const everyMs = (count: number, step: number): readonly number[] => Array.from({ length: count }, (_, i) => i * step);

const times = (sentences: readonly string[]): readonly string[] =>
  sentences.map((sentence) => sentence.replace(/ ms: client's kernel sends "xy" to server$/, ''));

describe('data in a row', () => {
  test('the first are said as they come; few more are said when it is over', () => {
    expect(times(said(dataAt(everyMs(11, 1))))).toEqual(everyMs(11, 1).map((ms) => ms.toFixed(3)));
    const live = new LiveSentences(BOTH_ENDS, VIEW);
    expect(dataAt(everyMs(11, 1)).flatMap((moment) => live.see(moment))).toHaveLength(8);
    expect(live.end()).toHaveLength(3);
  });

  test('many more are summed up before what follows', () => {
    const fin = timeline({
      packets: [observed(0, 'client', 'kernel', '.'), observed(200, 'client', 'kernel', 'F.')],
      lookups: [],
    });
    expect(said([...dataAt(everyMs(108, 1)), ...fin.slice(1)]).slice(8)).toEqual([
      '8.000 ms: … 100 segments, 200 bytes …',
      "200.000 ms: client's kernel sends FIN/ACK to server",
    ]);
  });

  test('of one without end it is said every second how much it was', () => {
    const live = new LiveSentences(BOTH_ENDS, VIEW);
    const lines = dataAt(everyMs(10_001, 1)).map((moment) => live.see(moment));
    const late = lines.flat().slice(8);
    expect(late).toHaveLength(9);
    expect(late[0]).toBe('8.000 ms: … 1,001 segments, 2,002 bytes …');
  });

  test('after a pause another row begins', () => {
    const again = everyMs(8, 1).map((ms) => 2000 + ms);
    const sentences = said(dataAt([...everyMs(8, 1), ...again]));
    expect(times(sentences)).toEqual([...everyMs(8, 1), ...again].map((ms) => ms.toFixed(3)));
    const held = said(dataAt([...everyMs(30, 1), 2000]));
    expect(times(held).slice(8)).toEqual(['8.000 ms: … 22 segments, 44 bytes …', '2000.000']);
  });
});

describe('packets that are no ordinary data, from somebody who sends them without end', () => {
  const SYN = observed(0, 'server', 'kernel', 'S');
  const mixed = (count: number): readonly Moment[] =>
    timeline({
      packets: Array.from({ length: count }, (_, i) => ({ ...(i % 3 === 0 ? DATA : SYN), at: millis(i / 10) })),
      lookups: [],
    });

  const countOf = (sentences: readonly string[]): number =>
    sentences.reduce(
      (sum, sentence) => sum + Number(/… ([\d,]+) packets/.exec(sentence)?.[1]?.replace(',', '') ?? 1),
      0,
    );

  test('no more sentences a second than can be read, and all are counted', () => {
    const sentences = said(mixed(70_000));
    expect(sentences.length).toBeLessThanOrEqual(7 * 51);
    expect(countOf(sentences)).toBe(70_000);
    const at = sentences.map((sentence) => Number.parseFloat(sentence));
    expect(at).toEqual([...at].sort((one, other) => one - other));
  });

  test('what is no packet is said all the same, in its place', () => {
    const adopted: Moment = { type: 'adopted', ms: 100, isTelling: true, host: 'client' };
    expect(said([...mixed(1000), adopted]).slice(-2)).toEqual([
      expect.stringMatching(/^5\.000 ms: … 950 packets left out …$/),
      "100.000 ms: client's kernel adopts it",
    ]);
  });
});

test.each([
  [{ packets: 1200, others: 0 }, '… 1,200 packets left out …', '… 省略 1,200 个数据包 …'],
  [{ packets: 0, others: 3 }, '… 3 moments left out …', '… 省略 3 个时刻 …'],
  [{ packets: 5, others: 3 }, '… 5 packets and 3 other moments left out …', '… 省略 5 个数据包和 3 个其他时刻 …'],
])('what was left out: %j', (count, en, zh) => {
  const gap: Moment = { type: 'left-out', ms: -1, isTelling: true, ...count };
  expect([said([gap]), said([gap], 'zh')]).toEqual([[en], [zh]]);
});
