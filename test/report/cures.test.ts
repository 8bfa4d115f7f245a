/** The table of cures: what stands where, and in which colour. */
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Language } from '../../src/error.js';
import type { HandshakeRun } from '../../src/evidence/run.js';
import type { RemedyWords } from '../../src/report/cures.js';
import { colourNamed, inColour } from '../support/coloured.js';
import { FILTERED_RUN, RESET_RUN } from '../support/evidence.js';

const { curesLines } = await inColour(() => import('../../src/report/cures.js'));

const RUNS: readonly HandshakeRun[] = [
  RESET_RUN,
  FILTERED_RUN,
  { ...FILTERED_RUN, remedy: 'dummy-bind' },
  { ...FILTERED_RUN, remedy: 'dummy-bind', family: 6, setupMs: 3, observed: 'aborted' },
];

const words = (en: string, zh: string) => ({ en, zh });

const WORDS: RemedyWords = {
  title: words('title', '标题'),
  because: words('It is so because of one two three four five six seven eight nine ten.', '因为一二三。'),
  cost: { privileges: words('CAP_NET_ADMIN', '特权'), price: words('a rule', '一条规则') },
};

const shown = (columns: number, language: Language = 'en'): string[] =>
  curesLines(RUNS, () => WORDS, { language, columns });

test('from 130 columns on side by side, what there is to read in its colour', () => {
  /** 10, 16 and 10 are the widths of what has no line break; the rest of the 130 is shared out by 0.22, 0.39 and 0.39. */
  const row = (colours: readonly string[], ...cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const blanks = ' '.repeat(Math.max(0, ([10, 16, 10, 18, 32, 0][i] ?? 0) - cell.length));
        return (cell === '' ? '' : (colours[i] ?? '')) + cell + blanks;
      })
      .join('  ')
      .trimEnd();
  const [red, green] = [
    ['[bold]', '[red]'],
    ['[bold]', '[green]'],
  ] as const;
  const costs = ['CAP_NET_ADMIN', 'a rule', 'It is so because of one two'];
  const [second, third] = ['three four five six seven eight', 'nine ten.'];
  expect(shown(130).map(colourNamed)).toEqual([
    '[bold]The cures, and what each needs beside CAP_NET_RAW',
    '',
    row(
      Array.from({ length: 6 }, () => '[dim]'),
      ...['remedy', 'outcome', 'set-up, ms', 'needs', 'price', 'why'],
    ),
    '',
    row(red, 'none', 'RESET by the', '0.0', ...costs),
    row(red, '', "client's own", '', '', '', second),
    row(red, '', 'kernel', '', '', '', third),
    '',
    row(green, 'iptables', 'ESTABLISHED', '12.3', ...costs),
    row(green, '', '', '', '', '', second),
    row(green, '', '', '', '', '', third),
    '',
    row(red, 'dummy-bind', 'IPv4:', '12.3 / 3.0', ...costs),
    row(red, '', 'ESTABLISHED;', '', '', '', second),
    row(red, '', 'IPv6: ABORTED', '', '', '', third),
    row(red, '', 'before the end'),
  ]);
});

test('below 130 columns a block each, what goes on under what it goes on from', () => {
  expect(shown(60).map(colourNamed)).toEqual([
    '[bold]The cures, and what each needs beside CAP_NET_RAW',
    '',
    "[bold]none  [red]RESET by the client's own kernel  [dim]set-up, ms 0.0",
    '  [dim]needs  CAP_NET_ADMIN',
    '  [dim]price  a rule',
    '  [dim]why    It is so because of one two three four five six',
    '  [dim]       seven eight nine ten.',
    '',
    '[bold]iptables  [green]ESTABLISHED  [dim]set-up, ms 12.3',
    '  [dim]needs  CAP_NET_ADMIN',
    '  [dim]price  a rule',
    '  [dim]why    It is so because of one two three four five six',
    '  [dim]       seven eight nine ten.',
    '',
    '[bold]dummy-bind  [red]IPv4: ESTABLISHED; IPv6: ABORTED before the',
    '  [red]end  [dim]set-up, ms 12.3 / 3.0',
    '  [dim]needs  CAP_NET_ADMIN',
    '  [dim]price  a rule',
    '  [dim]why    It is so because of one two three four five six',
    '  [dim]       seven eight nine ten.',
  ]);
});

test('in Chinese the labels are as wide as their characters', () => {
  const [heading, , first, ...rest] = shown(129, 'zh').map(stripVTControlCharacters);
  expect(heading).toBe('各种办法，以及除 CAP_NET_RAW 之外各自的代价');
  expect(first).toMatch(/^none {2}.* {2}准备，毫秒 0\.0$/);
  expect(rest.slice(0, 4)).toEqual(['  需要  特权', '  代价  一条规则', '  原因  因为一二三。', '']);
});
