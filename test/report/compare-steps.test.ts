/** A run cut into steps: a packet each, and what the tables of the hosts said before the next. */
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { HandshakeRun } from '../../src/evidence/run.js';
import { runInSteps } from '../../src/report/compare-steps.js';
import { FILTERED_RUN, looked, RESET_RUN } from '../support/evidence.js';

const VIEW = { language: 'en', columns: 70, unicode: true } as const;

const plain = (lines: readonly string[]): string[] => lines.map((line) => stripVTControlCharacters(line).trim());

function stepsOf(run: HandshakeRun) {
  const { opening, steps, closing } = runInSteps(run, 'behind a filter', 70, VIEW);
  // Of an arrow, only where it points.
  const words = (lines: readonly string[]) => plain(lines).map((line) => line.replaceAll(/\s*[─]+\s*/g, ' '));
  return { opening: words(opening), steps: steps.map(words), closing: plain(closing) };
}

const TOO_FAST = 'the next packet came before anybody could ask';

test('behind a filter: the tables first, then each packet with the last answer of each host', () => {
  const { opening, steps, closing } = stepsOf(FILTERED_RUN);
  expect(opening).toEqual([
    'behind a filter',
    ' ',
    expect.stringMatching(/^ms {2}client +server {2}sent by$/),
    expect.stringMatching(/client's kernel: no socket owns :41000$/),
    expect.stringMatching(/server's kernel: LISTEN on :8888$/),
  ]);
  expect(steps).toEqual([
    [expect.stringMatching(/^0\.000 {2}SYN ▶ {2}rawshake$/), TOO_FAST],
    [
      expect.stringMatching(/^0\.055 {2}◀ SYN\/ACK/),
      expect.stringMatching(/^RST.*dropped by the rule/),
      expect.stringMatching(/client's kernel: no socket owns :41000$/),
      expect.stringMatching(/server's kernel: SYN_RECV/),
    ],
    [expect.stringMatching(/^0\.098 {2}ACK ▶/), TOO_FAST],
    [expect.stringMatching(/^0\.131 {2}"hello" ▶/), TOO_FAST],
    // Asked twice after the last packet: the later answer counts.
    [
      expect.stringMatching(/^0\.140 {2}◀ ACK/),
      expect.stringMatching(/^RST.*dropped by the rule/),
      expect.stringMatching(/server's kernel: LISTEN/),
    ],
  ]);
  expect(closing[0]).toBe('');
  expect(closing[1]).toBe('ESTABLISHED (as expected)');
  expect(closing.at(-1)).toBe('');
});

test('what is asked at the very moment of a packet is what it has left behind', () => {
  const run = { ...RESET_RUN, lookups: [looked(10.062, 'client', 'SYN_SENT')] };
  const { opening, steps } = stepsOf(run);
  expect(opening).toHaveLength(3);
  expect(steps.map((lines) => lines.some((line) => line.includes('SYN_SENT')))).toEqual([
    false,
    true,
    ...[false, false, false],
  ]);
  expect(steps.map((lines) => lines.at(-1) === TOO_FAST)).toEqual([true, false, true, true, true]);
});
