/** What does not belong into a rule is refused in each spelling in which iptables or nft itself takes it. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRule } from '../../src/exercise/rule-answer.js';
import { checkedNftScript } from '../../src/filter/nft-script.js';
import { parseRuleset, parseUserRule, splitArguments } from '../../src/filter/user-rule.js';

/** Whether the real program takes it, in a namespace of its own. */
const iptablesTakes = (rule: string): boolean =>
  spawnSync('unshare', ['--net', 'iptables', '-w', ...splitArguments(rule)]).status === 0;

test.each([
  ...['--fl', '--flu OUTPUT', '-vF', '-vX', '--po OUTPUT DROP', '--new mine', '--z', '-vN mine'],
  ...['-A OUTPUT --mod /bin/true -j DROP', '-A OUTPUT --modp=/bin/true -j DROP', '-A OUTPUT -vM/bin/true -j DROP'],
  ...[
    '-A OUTPUT --set 5 6 -j DROP',
    '-A OUTPUT --set-c 5 6 -j DROP',
    '-A OUTPUT -c5 6 -j DROP',
    '-A OUTPUT -vc 5 6 -j DROP',
  ],
])('%s: iptables takes it, and it is refused', (rule) => {
  expect(iptablesTakes(rule)).toBe(true);
  expect(() => parseUserRule(rule)).toThrow(/does not belong here$/);
  expect(() => checkRule(rule, 4)).toThrow(/is not allowed|must add one rule/);
});

test.each(['--ta nat -A OUTPUT -j ACCEPT', '-tnat -A OUTPUT -j ACCEPT', '--table=nat -A OUTPUT -j ACCEPT'])(
  '%s: iptables takes it, and of a student it is refused',
  (rule) => {
    expect(iptablesTakes(rule)).toBe(true);
    expect(() => checkRule(rule, 4)).toThrow(/is not allowed here$/);
  },
);

test.each(['-vA OUTPUT -j DROP', '--app OUTPUT -j DROP', '-AOUTPUT -j DROP', '-A OUTPUT -m recent --set -j DROP'])(
  '%s: iptables takes it, and so does compare --rule',
  (rule) => {
    expect(iptablesTakes(rule)).toBe(true);
    expect(parseUserRule(rule)).toEqual({ backend: 'iptables', commands: [splitArguments(rule)] });
  },
);

describe('a file that nft would read is never opened', () => {
  /** Whether nft, given the text as it is, makes the table that another file holds. */
  function nftIncludes(text: string): boolean {
    const folder = mkdtempSync(join(tmpdir(), 'rawshake-'));
    try {
      writeFileSync(join(folder, 'other.nft'), 'table inet other { }\n');
      const script = text.replaceAll('OTHER', join(folder, 'other.nft')).replaceAll('FOLDER', folder);
      const shell = 'nft -f - 2>/dev/null; nft list tables';
      return spawnSync('unshare', ['--net', 'sh', '-c', shell], { input: script, encoding: 'utf8' }).stdout.includes(
        'other',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test.each([
    'include "OTHER"\n',
    'include"OTHER"\n',
    'add table inet t; include "OTHER"\n',
    'add table inet t\n\tinclude \t "FOLDER/*.nft"\n',
    'table inet t {\n}\ninclude "OTHER"\n',
    '# a comment with a " in it\ninclude "OTHER"\n',
    'define x = "#"\ninclude "OTHER" # "\n',
    'add table inet t \\\n; include \\\n "OTHER"\n',
  ])('%j', (text) => {
    expect(nftIncludes(text)).toBe(true);
    expect(() => checkedNftScript(text, { whole: true })).toThrow(/^rule: include does not belong here/);
    expect(() => parseRuleset(text, 'rules.nft')).toThrow(/include does not belong here/);
  });

  test.each(['# include "OTHER"\nadd table inet t\n', 'add table inet t\n# include "OTHER"'])(
    '%j: a comment is none',
    (text) => {
      expect(nftIncludes(text)).toBe(false);
      expect(checkedNftScript(text, { whole: true }).trim()).toBe('add table inet t');
    },
  );
});

test.each([
  'list ruleset',
  'monitor',
  'flush ruleset',
  'delete table inet t',
  'reset counters',
  '-f /etc/passwd',
  'describe tcp',
])('nft %s: only what adds is taken', (words) => {
  expect(() => parseUserRule(`nft ${words}`)).toThrow(/does not belong here$/);
});

test.each([
  '*filter\n-F\nCOMMIT\n',
  '*filter\n-A OUTPUT -j DROP -M /bin/true\nCOMMIT\n',
  // iptables-restore knows no single quotes: what stands in them is as good as anything else.
  "*filter\n-A OUTPUT -m comment --comment 'a -F b' -j DROP\nCOMMIT\n",
  '*filter\n[0:0] -A OUTPUT -c 5 6 -j DROP\nCOMMIT\n',
])('of a file for iptables-restore each line is held to the same: %j', (text) => {
  expect(() => parseRuleset(text, 'x.rules')).toThrow(/^rule: -\S+ does not belong here$/);
});
