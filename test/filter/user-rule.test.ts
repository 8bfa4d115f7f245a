import { describe, expect, test } from 'vitest';
import {
  parseRuleset,
  parseUserRule,
  splitArguments,
  type UserIptables,
  userRuleCommands,
} from '../../src/filter/user-rule.js';

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

function iptables(text: string): UserIptables {
  const rule = parseUserRule(text);
  if (rule.backend !== 'iptables') throw new Error('nft');
  return rule;
}

describe('a rule', () => {
  const commands = (text: string, family: 4 | 6 = 4) => userRuleCommands(iptables(text), family);

  test('without a program: that of the IP version', () => {
    expect(commands('-A OUTPUT -j DROP')).toEqual({
      family: 4,
      add: [['iptables', '-w', '-A', 'OUTPUT', '-j', 'DROP']],
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
      expect([add[0]?.[0], save[0], said]).toEqual([program, `${program}-save`, family]);
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

  test.each(['', 'iptables', '-t raw', 'OUTPUT -j DROP'])('%s adds no rule', (text) => {
    expect(() => parseUserRule(text)).toThrow(/^rule: it adds no rule$/);
  });

  test.each(['-vA OUTPUT -j DROP', '--app OUTPUT', '--ins OUTPUT', '-AOUTPUT -jDROP', '-4vAOUTPUT'])(
    '%s adds one, as iptables takes it',
    (text) => {
      expect(iptables(text).commands).toEqual([text.split(' ')]);
    },
  );

  test.each([
    '--tcp-flags RST RST',
    '-p tcp --sport 1',
    '-s 192.0.2.1',
    '-m mark ! --mark -1',
    '-m policy --pol ipsec',
  ])('%s may stay', (text) => {
    expect(iptables(`-A OUTPUT ${text}`).commands[0]).toContain(text.split(' ')[0]);
  });

  test('options that only begin like them may stay', () => {
    const { commands } = iptables(
      '-A OUTPUT -p tcp --dport 1 --destination 192.0.2.2 -m recent --set --rcheck -j DROP',
    );
    expect(commands[0]).toContain('--destination');
  });
});

describe('a command of nft', () => {
  test('is what nft reads of its arguments, quotes for a shell taken off', () => {
    const chain = "nft add chain inet t out '{ type filter hook output priority raw; }'";
    expect(parseUserRule(`sudo ${chain}`)).toEqual({
      backend: 'nft',
      script: 'add chain inet t out { type filter hook output priority raw; }',
      typed: [['nft', 'add', 'chain', 'inet', 't', 'out', '{ type filter hook output priority raw; }']],
    });
    expect(parseUserRule('nft add rule ip t c oifname \'"eth1"\' drop')).toMatchObject({
      script: 'add rule ip t c oifname "eth1" drop',
    });
  });

  test.each([
    'nft add table inet t; add chain inet t c',
    '/usr/sbin/nft insert rule inet t c drop',
    'nft table inet t { }',
  ])('%s', (text) => {
    expect(parseUserRule(text).backend).toBe('nft');
  });

  test.each(["nft add rule inet t c 'comment \"a'", 'nft', "nft ''"])('%s: no command', (text) => {
    expect(() => parseUserRule(text)).toThrow(expect.objectContaining({ code: 'RS_USAGE' }) as Error);
  });
});

describe('a file', () => {
  test('of nft: variables and what makes room are taken, comments go', () => {
    const text =
      '#!/usr/sbin/nft -f\nflush ruleset\ndefine p = 80\ntable inet t {\n chain c { tcp dport $p drop; }\n}\n';
    expect(parseRuleset(text, 'x.nft')).toEqual({
      backend: 'nft',
      script: text.replace(/^.*\n/, '\n'),
      typed: [['nft', '-f', 'x.nft']],
    });
  });

  test('of iptables-save: each line is the command that it stands for', () => {
    const text = `# Generated by ip6tables-save v1.8.9 (nf_tables)
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT DROP [1:60]
:mine - [0:0]
[2:80] -A OUTPUT -p tcp -m comment --comment "a \\"b\\" c" -j mine
COMMIT
*filter
-I INPUT 1 -j DROP
COMMIT
`;
    expect(parseRuleset(text, 'x.rules')).toEqual({
      backend: 'iptables',
      program: 'ip6tables',
      commands: [
        ['-t', 'raw', '-P', 'OUTPUT', 'DROP'],
        ['-t', 'raw', '-N', 'mine'],
        ['-t', 'raw', '-A', 'OUTPUT', '-p', 'tcp', '-m', 'comment', '--comment', 'a "b" c', '-j', 'mine'],
        ['-t', 'filter', '-I', 'INPUT', '1', '-j', 'DROP'],
      ],
    });
  });

  test('of endless length is refused', () => {
    const text = `*filter\n${'-A OUTPUT -j DROP\n'.repeat(301)}COMMIT\n`;
    expect(() => parseRuleset(text, 'x.rules')).toThrow(/more than 300/);
  });
});

describe('characters that a web page has made of others', () => {
  test.each([
    {
      text: '-A OUTPUT -p tcp –tcp-flags RST RST -j DROP',
      word: '–tcp-flags',
      meant: '-A OUTPUT -p tcp --tcp-flags RST RST -j DROP',
    },
    { text: '–A OUTPUT —tcp-flags RST RST', word: '–A', meant: '-A OUTPUT --tcp-flags RST RST' },
    { text: 'iptables −A OUTPUT -–dport 80 –j DROP', word: '−A', meant: 'iptables -A OUTPUT --dport 80 -j DROP' },
    { text: '-A OUTPUT ‐‐dport 80', word: '‐‐dport', meant: '-A OUTPUT --dport 80' },
    { text: 'nft add chain ip t c { priority −300 }', word: '−300', meant: 'nft add chain ip t c { priority -300 }' },
  ])('$text', ({ text, word, meant }) => {
    expect(() => parseUserRule(text)).toThrow(
      expect.objectContaining({
        code: 'RS_USAGE',
        message: expect.stringContaining(`rule: ${word} begins with a dash that is none`) as string,
        hint: `What was meant: rawshake compare --rule '${meant}'`,
      }) as Error,
    );
  });

  test('curly quotes', () => {
    expect(() => parseUserRule('-A OUTPUT -m comment --comment “a b”')).toThrow(/^rule: “ \(U\+201C\) is no quote/);
    expect(() => parseUserRule('“A” OUTPUT')).toThrow(/^rule: “ \(U\+201C\) is no quote/);
  });

  test('within quotes of its own a comment may say anything', () => {
    expect(iptables('-A OUTPUT -m comment --comment "a – ‘b’"').commands[0]?.at(-1)).toBe('a – ‘b’');
  });
});
