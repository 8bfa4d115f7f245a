/** Options of iptables that do not belong into a rule are refused in each spelling in which iptables itself takes them. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { checkRule } from '../../src/exercise/rule-answer.js';
import { parseUserRule, splitArguments } from '../../src/filter/user-rule.js';

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
    expect(parseUserRule(rule).args).toEqual(splitArguments(rule));
  },
);
