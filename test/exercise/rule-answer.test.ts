/** Rules of students: what gets as far as iptables, and what does not. */
import { expect, test } from 'vitest';
import { checkRule } from '../../src/exercise/rule-answer.js';

test.each([
  '-t raw -A OUTPUT -p tcp --tcp-flags RST RST -j DROP',
  'sudo iptables -I OUTPUT 1 -p tcp -s 192.0.2.1 -d 192.0.2.2/32 --sport 41000 --dport 8888 -j DROP',
  '-A OUTPUT -p tcp -m mark ! --mark 0x7261 --tcp-flags ALL RST,ACK -m comment --comment "my rule" -j DROP',
  '--table raw --append OUTPUT --protocol tcp -m multiport --sports 1,2:3 --jump DROP',
])('%s is allowed', (rule) => {
  expect(checkRule(rule)).not.toEqual([]);
});

test.each([
  ['-F', '-F is not allowed here'],
  ['-A OUTPUT -M /bin/sh -j DROP', '-M is not allowed here'],
  ['-A OUTPUT -j LOG', 'LOG is not allowed behind -j'],
  ['-A OUTPUT -m bpf --object-pinned /x -j DROP', 'bpf is not allowed behind -m'],
  ['-t nat -A OUTPUT -j DROP', 'nat is not allowed behind -t'],
  ['-A mychain -j DROP', 'mychain is not allowed behind -A'],
  ['-p tcp -j DROP', 'it must add one rule, with -A or -I'],
  ['-A OUTPUT -A INPUT -j DROP', 'it must add one rule, with -A or -I'],
  ['-A OUTPUT -p', 'something is missing behind -p'],
  ['-A OUTPUT -j "DROP', 'what " begins has no end'],
  ['-A OUTPUT; reboot', 'OUTPUT; is not allowed behind -A'],
  ['--tab nat -A OUTPUT -j DROP', '--tab is not allowed here'],
  ['-tnat -A OUTPUT -j DROP', '-tnat is not allowed here'],
  ['--table=nat -A OUTPUT -j DROP', '--table=nat is not allowed here'],
  ['--app OUTPUT -j DROP', '--app is not allowed here'],
  ['-vA OUTPUT -j DROP', '-vA is not allowed here'],
  ['-A OUTPUT --modp=/bin/sh -j DROP', '--modp=/bin/sh is not allowed here'],
  ['-A OUTPUT -j DROP constructor', 'constructor is not allowed here'],
  ['-A OUTPUT -s dead.beef -j DROP', 'dead.beef is not allowed behind -s'],
  ['', 'it must add one rule, with -A or -I'],
])('%s is not: %s', (rule, why) => {
  expect(() => checkRule(rule)).toThrow(`not a rule: ${why}`);
});
