/** One run in every format: the same moments, in the same order, in the same words. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Language } from '../../src/error.js';
import { BOTH_ENDS } from '../../src/evidence/host.js';
import type { HandshakeRun } from '../../src/evidence/run.js';
import { REMEDIES } from '../../src/lab/remedies/index.js';
import { compareText } from '../../src/report/compare-text.js';
import { experimentsJson } from '../../src/report/experiment-json.js';
import { experimentText } from '../../src/report/experiment-text.js';
import { handshakeTimeline } from '../../src/evidence/handshake-timeline.js';
import { compareHtml } from '../../src/report/html/compare-page.js';
import { experimentsHtml } from '../../src/report/html/experiment-page.js';
import { compareJson } from '../../src/report/json.js';
import { compareMermaid, experimentsMermaid } from '../../src/report/ladder-mermaid.js';
import { momentWords, packetName } from '../../src/report/moment-words.js';
import type { Moment } from '../../src/evidence/moment.js';
import { timeline } from '../../src/evidence/timeline.js';
import { FILTERED_RUN, observed, RESET_RUN, traced, TRACED_DROPS } from '../support/evidence.js';
import { RUN } from '../support/experiment-evidence.js';

const CONTEXT = { kernel: '6.18.44', rootless: false };
/** Wide enough for all words in full. */
const COLUMNS = 200;

const remedyOf = ({ remedy }: HandshakeRun) => REMEDIES[remedy === 'rule' ? 'none' : remedy];

/** What is said of each telling moment: in full, and in fewer words. */
const said = (moments: readonly Moment[], language: Language): string[][] =>
  moments
    .filter(({ isTelling }) => isTelling)
    .map((moment) =>
      (moment.type === 'packet' ? [packetName(moment)] : momentWords(moment, BOTH_ENDS)).map((text) => text[language]),
    );

const inFull = (words: readonly string[][]): string[][] => words.map(([full = '']) => [full]);

/** What a reader sees of it. */
const unescaped = (text: string): string =>
  text
    .replace(/<[^>]*>/g, ' ')
    .replace(/&?#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');

/** The first of these words that stands in no version behind those before it; undefined where all do. */
function missingFrom(document: string, words: readonly string[][]): string[] | undefined {
  let from = 0;
  return words.find((versions) => {
    const found = versions
      .map((version) => ({ version, at: document.indexOf(version, from) }))
      .find(({ at }) => at >= 0);
    if (found !== undefined) from = found.at + found.version.length;
    return found === undefined;
  });
}

const adopted: HandshakeRun = {
  ...FILTERED_RUN,
  remedy: 'adopt',
  packets: [...FILTERED_RUN.packets, { ...observed(30, 'server', 'kernel', 'R'), ignored: 'out of the window' }],
  adoptedAt: observed(20.2, 'client', 'kernel', '.').at,
};

describe.each(['en', 'zh'] as const)('%s', (language) => {
  const view = { language, columns: COLUMNS, unicode: true };

  test.each([
    ['without the filter', traced(RESET_RUN)],
    ['behind it, each drop traced', traced(FILTERED_RUN, TRACED_DROPS)],
    ['behind it, drops counted', FILTERED_RUN],
    ['adopted, with a RST that was ignored', adopted],
  ] as const)('compare, %s', (_, run) => {
    const words = said(handshakeTimeline(run), language);
    expect(words.length).toBeGreaterThan(5);
    const text = stripVTControlCharacters(compareText([run], remedyOf, CONTEXT, view));
    expect(missingFrom(text, words)).toBeUndefined();
    const documents = [
      unescaped(compareHtml([run], remedyOf, { ...CONTEXT, language })),
      unescaped(compareMermaid([run], remedyOf, 'x.mmd', language)),
    ];
    expect(documents.map((document) => missingFrom(document, inFull(words)))).toEqual([undefined, undefined]);
    expect(compareJson([run], CONTEXT, language).runs[0]?.moments.map(({ text }) => [text])).toEqual(inFull(words));
  });

  test('an experiment', () => {
    const words = said(timeline(RUN), language);
    expect(missingFrom(stripVTControlCharacters(experimentText([RUN], view)), words)).toBeUndefined();
    const documents = [
      unescaped(experimentsHtml([RUN], { ...CONTEXT, language })),
      unescaped(experimentsMermaid([RUN], { file: 'x.mmd', language })),
    ];
    expect(documents.map((document) => missingFrom(document, inFull(words)))).toEqual([undefined, undefined]);
    expect(experimentsJson([RUN], { ...CONTEXT, language }).experiments[0]?.moments.map(({ text }) => [text])).toEqual(
      inFull(words),
    );
  });
});
