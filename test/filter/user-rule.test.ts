import { describe, expect, test } from 'vitest';
import { parseUserRule, splitArguments, userRuleCommands } from '../../src/filter/user-rule.js';

describe('arguments split as a shell would, with nothing expanded', () => {
  test.each([
    { text: '', words: [] },
    { text: '  -A\tOUTPUT \n -j DROP ', words: ['-A', 'OUTPUT', '-j', 'DROP'] },
    { text: `--comment "two words"`, words: ['--comment', 'two words'] },
    { text: `--comment 'say "RST"' x`, words: ['--comment', 'say "RST"', 'x'] },
    { text: String.raw`"a \"b\" \\ \n" c\ d`, words: [String.raw`a "b" \ \n`, 'c d'] },
    { text: `one"two"'three'`, words: ['onetwothree'] },
    { text: `'' ""`, words: ['', ''] },
    { text: '$HOME *; rm `x` | & >y', words: ['$HOME', '*;', 'rm', '`x`', '|', '&', '>y'] },
    { text: '! -s 192.0.2.1', words: ['!', '-s', '192.0.2.1'] },
  ])('$text', ({ text, words }) => {
    expect(splitArguments(text)).toEqual(words);
  });

  test.each([`-A 'OUT`, `-A "OUT`, `-A "OUT\\"`, 'OUT\\'])('%s has no end', (text) => {
    expect(() => splitArguments(text)).toThrow(expect.objectContaining({ code: 'RS_USAGE' }) as Error);
  });
});

describe('a rule', () => {
  const commands = (text: string, family: 4 | 6 = 4) => userRuleCommands(parseUserRule(text), family);

  test('without a program: that of the IP version', () => {
    expect(commands('-A OUTPUT -j DROP')).toEqual({
      family: 4,
      add: ['iptables', '-w', '-A', 'OUTPUT', '-j', 'DROP'],
      save: ['iptables-save', '-c'],
    });
    expect(commands('-A OUTPUT -j DROP', 6)).toMatchObject({ family: 6, save: ['ip6tables-save', '-c'] });
  });

  test.each([
    { text: 'iptables -I OUTPUT 1', program: 'iptables', family: 4 },
    { text: 'sudo ip6tables -t raw -A OUTPUT', program: 'ip6tables', family: 6 },
    { text: '/usr/sbin/iptables-legacy --append=OUTPUT', program: 'iptables-legacy', family: 4 },
    { text: '  iptables-nft   --insert OUTPUT', program: 'iptables-nft', family: 4 },
  ])('$text: what is named is what is run', ({ text, program, family }) => {
    for (const connection of [4, 6] as const) {
      const { add, save, family: said } = commands(text, connection);
      expect([add[0], save[0], said]).toEqual([program, `${program}-save`, family]);
    }
  });

  test.each([
    ...['-F', '-X', '-P INPUT DROP', '-D OUTPUT 1', '-L', '-S', '-Z', '-N mine', '-R OUTPUT 1', '-E a b', '-C OUTPUT'],
    ...['--flush', '--policy=DROP', '-A OUTPUT -c 5 6', '-A OUTPUT --modprobe=/bin/true', '-A OUTPUT -M x', '-V', '-h'],
    ...['--fl', '--flu OUTPUT', '--po OUTPUT DROP', '--del OUTPUT 1', '--new x', '--rep OUTPUT 1', '--z', '--ren a b'],
    ...['-A OUTPUT --mod /bin/true', '-A OUTPUT --modp=/bin/true', '-A OUTPUT --mo x', '-A OUTPUT --set 5 6'],
    ...[
      '-A OUTPUT --set-c 5 6',
      '-A OUTPUT -m recent2 --set',
      '-vF',
      '-4vX',
      '-nL',
      '-vM/bin/true',
      '-A OUTPUT -vc 5 6',
    ],
    ...['-A OUTPUT -c5 6', '-FOUTPUT', '-A OUTPUT --pol DROP', '-A OUTPUT --check'],
  ])('%s does not belong here', (text) => {
    expect(() => parseUserRule(text)).toThrow(/^rule: -\S+ does not belong here$/);
  });

  test.each(['', 'iptables', '-t raw', 'OUTPUT -j DROP', 'nft add rule inet x y'])('%s adds no rule', (text) => {
    expect(() => parseUserRule(text)).toThrow(/^rule: it adds no rule$/);
  });

  test.each(['-vA OUTPUT -j DROP', '--app OUTPUT', '--ins OUTPUT', '-AOUTPUT -jDROP', '-4vAOUTPUT'])(
    '%s adds one, as iptables takes it',
    (text) => {
      expect(parseUserRule(text).args).toEqual(text.split(' '));
    },
  );

  test.each([
    '--tcp-flags RST RST',
    '-p tcp --sport 1',
    '-s 192.0.2.1',
    '-m mark ! --mark -1',
    '-m policy --pol ipsec',
  ])('%s may stay', (text) => {
    expect(parseUserRule(`-A OUTPUT ${text}`).args).toContain(text.split(' ')[0]);
  });

  test('options that only begin like them may stay', () => {
    const { args } = parseUserRule(
      '-A OUTPUT -p tcp --dport 1 --destination 192.0.2.2 -m recent --set --rcheck -j DROP',
    );
    expect(args).toContain('--destination');
  });
});
