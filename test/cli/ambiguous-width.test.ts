/** The ladder of a real run where arrows and lines are two cells wide, measured by another's table of widths. */
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/linux/process/command.js';
import { rawshake } from '../support/cli.js';

/** By Python's copy of EastAsianWidth.txt, with ambiguous characters two cells wide. */
const MEASURE = `
import sys, unicodedata
def width(c): return 0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in 'WFA' else 1
for line in sys.argv[1:]: print(sum(map(width, line)))
`;
const cells = (lines: readonly string[]): readonly number[] =>
  runCommand(['python3', '-c', MEASURE, ...lines])
    .trim()
    .split('\n')
    .map(Number);

const SENT_BY = {
  en: /^(.*) (?:sent by|rawshake|(?:client|server)'s kernel)$/,
  zh: /^(.*) (?:发送者|rawshake|(?:客户端|服务器)内核)$/,
};

describe.each(['en', 'zh'] as const)('compare --ambiguous-width 2 --lang %s', (lang) => {
  test.each(['none', 'iptables'])('%s: who sent stands in one column, and no line is too wide', async (remedy) => {
    const { stdout } = await rawshake(['compare', '--remedy', remedy, '--lang', lang, '--ambiguous-width', '2', '-v']);
    const lines = stdout.split('\n');
    const rows = lines.flatMap((line) =>
      /^ +(?:ms|毫秒|[\d.]+) /.test(line) ? (SENT_BY[lang].exec(line)?.[1] ?? []) : [],
    );
    expect(rows.filter((row) => /▶|◀/.test(row)).length).toBeGreaterThan(3);
    expect(new Set(cells(rows)).size).toBe(1);
    const rules = lines.filter((line) => /^─+$/.test(line));
    const [widest = 0] = cells(rules);
    expect(cells(rows).every((width) => width < widest)).toBe(true);
  });
});

test('without it they are as wide as letters', async () => {
  const { stdout } = await rawshake(['compare', '--remedy', 'none']);
  const rows = stdout.split('\n').flatMap((line) => SENT_BY.en.exec(line)?.[1] ?? []);
  expect(new Set(rows.map(({ length }) => length)).size).toBe(1);
});

test('--ascii draws with hyphens and points', async () => {
  const drawn = await rawshake(['compare', '--remedy', 'none', '--ascii']);
  const ladder = drawn.stdout.slice(0, drawn.stdout.indexOf('\n\n', drawn.stdout.indexOf('\n\n') + 2));
  expect(ladder).toMatch(/ SYN -{5,}> /);
  expect(ladder).toMatch(/ <-{5,} SYN\/ACK /);
  expect(ladder).toMatch(/^[\n -~]+$/);
  const inC = await rawshake(['compare', '--remedy', 'none'], { env: { LANG: 'C', LC_ALL: 'C' } });
  expect(inC.stdout).toMatch(/ SYN -{5,}> /);
});
