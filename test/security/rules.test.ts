/** What does not belong into a rule is refused in each spelling in which iptables or nft itself takes it. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRule } from '../../src/exercise/rule-answer.js';
import { refuseFarReaching } from '../../src/filter/rule-reach.js';
import { checkedNftScript } from '../../src/filter/nft-script.js';
import { parseRuleset, parseUserRule, splitArguments, type UserRule } from '../../src/filter/user-rule.js';
import { rawshake } from '../support/cli.js';
import { NFT_RULE_SETS, RULE_SETS } from '../support/rule-sets.js';

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
  // What only looks as if `recent` were loaded, of which `--set` would be.
  ...['recent --set 7 420', '-mrecent --set 7 420', '-mrecent --set=7,420', '-mrecent --set " 7" 420'].map(
    (words) => `-A OUTPUT -m comment --comment ${words} -j DROP`,
  ),
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

test.each([
  ...['-vA OUTPUT -j DROP', '--app OUTPUT -j DROP', '-AOUTPUT -j DROP', '-A OUTPUT -m recent --set -j DROP'],
  ...['-A OUTPUT -mrecent --name a --set', '-A OUTPUT -m policy --dir out --pol=none'],
])('%s: iptables takes it, and so does compare --rule', (rule) => {
  expect(iptablesTakes(rule)).toBe(true);
  expect(parseUserRule(rule)).toEqual({ backend: 'iptables', commands: [splitArguments(rule)] });
});

test('words without end that are other options of a match are looked at once each', () => {
  const words = '-m recent --set '.repeat(10_000);
  expect(parseUserRule(`-A OUTPUT ${words} -j DROP`).backend).toBe('iptables');
});

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

test.each([':Y -NAUDIT', ':OUTPUT -M/bin/true', ':OUTPUT QUEUE [0:0]', ':OUTPUT'])(
  'of a file for iptables-restore a policy is ACCEPT, DROP or none: %s',
  (line) => {
    expect(() => parseRuleset(`*filter\n${line}\n-A OUTPUT -j AUDIT\nCOMMIT\n`, 'x.rules')).toThrow(
      /^rule: the policy of \w+ is none/,
    );
  },
);

/** nft says that it reads the text, whatever the kernel makes of it. */
const nftReads = (text: string): boolean => {
  const { stderr } = spawnSync('unshare', ['--net', 'nft', '--check', '-f', '-'], { input: text, encoding: 'utf8' });
  return !/syntax error|unexpected/.test(stderr);
};

const SETS = (size: string): string => `table ip t {\n set s {\n type ipv4_addr; ${size}; }\n}\n`;

describe('what reserves much of the memory of the kernel is refused before it is loaded', () => {
  test.each([
    SETS('size 65537'),
    SETS('size 0x100000'),
    SETS('size \\\n 100000000'),
    SETS('flags dynamic;size 100000000'),
    `add table ip t; add set ip t s { type ipv4_addr; size 100000000; }\n`,
    `table ip t { map m { type ipv4_addr : mark; size 100000000; }\n }\n`,
    `table ip t { chain c { add @s { ip saddr } \n meter m size 100000000 { ip saddr limit rate 1/second } \n } \n }\n`,
    `table ip t { chain c { tcp option maxseg size set 1400 \n meter maxseg size 100000000 { ip saddr limit rate 1/second } \n } \n }\n`,
    // The set's, for the line of the TCP option has ended.
    `table ip t { set s { typeof ip saddr . tcp option maxseg\n size 100000000\n }\n }\n`,
    `table ip t { set s { typeof tcp option maxseg # of the option\n \t size 100000000\n }\n }\n`,
    `table ip t { set s { typeof tcp option maxseg size\n size 100000000\n }\n }\n`,
    `table ip t { set s { typeof tcp option mss;size 100000000\n }\n }\n`,
  ])('%j', (text) => {
    expect(nftReads(text)).toBe(true);
    expect(() => refuseFarReaching([parseRuleset(text, 'x.nft')])).toThrow(/^rule: size \w+: more than 65536 entries/);
  });

  test('a variable may stand for any number', () => {
    const text = `define n = 100000000\n${SETS('size $n')}`;
    expect(() => refuseFarReaching([parseRuleset(text, 'x.nft')])).toThrow('size $n: more than');
  });

  test('many small ones', () => {
    const text = Array.from({ length: 5 }, (_, i) => SETS('size 65536').replace('set s', `set s${i}`)).join('');
    expect(() => refuseFarReaching([parseRuleset(text, 'x.nft')])).toThrow('more than 262144 entries in all');
  });

  test.each(['--hashlimit-htable-size 1048576', '--hashlimit-htable-s=0x100000', '--hashlimit-htable-max 1048576'])(
    'hashlimit: %s',
    (option) => {
      const rule = `-A OUTPUT -m hashlimit --hashlimit-upto 5/s --hashlimit-name a --hashlimit-mode srcip ${option} -j DROP`;
      expect(iptablesTakes(rule)).toBe(true);
      expect(() => refuseFarReaching([parseUserRule(rule)])).toThrow(/more than 65536 entries/);
      const file = `*filter\n${rule}\nCOMMIT\n`;
      expect(() => refuseFarReaching([parseRuleset(file, 'x.rules')])).toThrow(/more than 65536 entries/);
    },
  );
});

describe('what few words make many rules of is refused before it is loaded', () => {
  const LIST = Array.from({ length: 20 }, (_, i) => `192.0.2.${i + 1}`).join(',');
  const ruleOf = (words: string): string => `-A OUTPUT ${words.replaceAll('LIST', LIST)} -j DROP`;

  test.each([
    '-s LIST -d LIST',
    '-4 -s LIST -d LIST',
    '--source LIST --destination LIST',
    '--src LIST --dst LIST',
    '--so LIST --dest LIST',
  ])('%s: iptables makes them', (words) => {
    const takes = `iptables -w ${ruleOf(words)} && iptables-save -c | grep -c DROP`;
    expect(spawnSync('unshare', ['--net', 'sh', '-c', takes], { encoding: 'utf8' }).stdout).toBe('400\n');
    expect(() => refuseFarReaching([parseUserRule(ruleOf(words))])).toThrow(/^rule: lists: more than 300 rules in all/);
  });

  // iptables 1.8.9 takes no list so; another may.
  test.each([
    '-sLIST -dLIST',
    '-4sLIST -vdLIST',
    '--source=LIST --dst=LIST',
    '--sr=LIST --ds=LIST',
    '! -s LIST ! --dest=LIST',
  ])('%s', (words) => {
    expect(() => refuseFarReaching([parseUserRule(ruleOf(words))])).toThrow(/^rule: lists: more than 300 rules in all/);
  });

  test('in all lines together, and all --rule', () => {
    const rule = `-A OUTPUT -s ${LIST} -d 192.0.2.1,192.0.2.2 -j DROP`;
    const rules = (lines: number) => parseRuleset(`*filter\n${`${rule}\n`.repeat(lines)}COMMIT\n`, 'x');
    refuseFarReaching([rules(7)]);
    expect(() => refuseFarReaching([rules(8)])).toThrow(/more than 300 rules/);
    expect(() => refuseFarReaching([rules(5), ...Array<UserRule>(5).fill(parseUserRule(rule))])).toThrow(
      /than 300 rules/,
    );
  });

  test('nft: variables that name variables', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const values = (text: string): string => Array<string>(10).fill(text).join(', ');
    const defines = names.map(
      (name, i) => `define ${name} = { ${values(i === 0 ? '192.0.2.1' : `$${names[i - 1] ?? ''}`)} }`,
    );
    const script = (count: number): string =>
      `${defines.slice(0, count).join('\n')}\ntable ip t { chain c { ip saddr $${names[count - 1] ?? ''} drop; }\n}\n`;
    expect(nftReads(script(3))).toBe(true);
    refuseFarReaching([parseRuleset(script(3), 'x.nft')]);
    expect(() => refuseFarReaching([parseRuleset(script(6), 'x.nft')])).toThrow(
      /^rule: variables: more than 262144 values/,
    );
    const inTable = `table ip t {\n${defines.join(';')}; chain c { ip saddr $f drop; } }\n`;
    expect(() => refuseFarReaching([parseRuleset(inTable, 'x.nft')])).toThrow(/variables: more than/);
  });
});

describe('chains that each jump several times to the next are refused before a packet meets them', () => {
  const DEPTH = 14;
  const CHAINS = Array.from({ length: DEPTH }, (_, i) => i).reverse();
  const jumps = (line: (to: string) => string, i: number): string => line(`c${i + 1}`).repeat(4);

  test.each(['-j', '-g', '--jump', '--go'])('iptables: %s', (option) => {
    const chains = [...CHAINS, DEPTH].map((i) => `:c${i} - [0:0]\n`).join('');
    const lines = CHAINS.map((i) => jumps((to) => `-A c${i} ${option} ${to}\n`, i)).join('');
    const text = `*filter\n${chains}${lines}-A c${DEPTH} -p tcp\n-A OUTPUT -j c0\nCOMMIT\n`;
    expect(() => refuseFarReaching([parseRuleset(text, 'x.rules')])).toThrow(/may meet more than 100000 rules/);
  });

  const nftSet = (line: (to: string) => string, last = ''): string =>
    `table inet t {\n chain c${DEPTH} { tcp dport 1 counter; }\n${last}${CHAINS.map(
      (i) => ` chain c${i} {\n${jumps(line, i)} }\n`,
    ).join('')} chain output { type filter hook output priority -300; jump c0; }\n}\n`;

  test.each([
    nftSet((to) => `  jump ${to}\n`),
    nftSet((to) => `  tcp dport 7 goto ${to}\n`),
    nftSet((to) => `  tcp dport vmap { 1 : jump ${to}, 2 : accept }\n`),
    `table inet t {\n${[...CHAINS, DEPTH].map((i) => ` chain c${i} { }\n map mc${i} { type inet_service : verdict; elements = { 1 : jump c${i} }\n }\n`).join('')}}\n${nftSet((to) => `  tcp dport vmap @m${to}\n`)}`,
  ])('nft %#', async (text) => {
    const folder = mkdtempSync(join(tmpdir(), 'rawshake-'));
    try {
      const file = join(folder, 'x.nft');
      writeFileSync(file, text);
      const { code, stderr } = await rawshake(['compare', '--ruleset', file]);
      expect(stderr).toMatch(/^rawshake: rule: one packet may meet more than 100000 rules, by way of jumps\nhint: /);
      expect(code).toBe(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each(['jump { jump c', 'goto\n {\n jump c'])('nft: a chain without a name: %j', (words) => {
    const text = `table inet t {\n chain c { }\n chain output { type filter hook output priority 0; ${words}\n }\n }\n}\n`;
    expect(() => refuseFarReaching([parseRuleset(text, 'x.nft')])).toThrow(
      /^rule: a chain without a name is not taken/,
    );
  });

  test('many rules that jump to the same chain of a few are none', () => {
    const lines = '-A OUTPUT -p tcp -j mine\n'.repeat(200);
    refuseFarReaching([parseRuleset(`*filter\n:mine - [0:0]\n${'-A mine -p tcp\n'.repeat(90)}${lines}COMMIT\n`, 'x')]);
  });
});

describe('what reaches beyond the network namespace is refused', () => {
  test.each([
    '-A OUTPUT -j IDLETIMER --timeout 5 --label other',
    '-A OUTPUT -jIDLETIMER --timeout 5 --label other',
    '-A OUTPUT -vj IDLETIMER --timeout 5 --label other',
    '-A OUTPUT --jump=IDLETIMER --timeout 5 --label other',
    '-A OUTPUT --ju IDLETIMER --timeout 5 --label other',
    '-A OUTPUT -j LED --led-trigger-id x',
    '-A OUTPUT -j AUDIT --type drop',
    '-A OUTPUT -j SECMARK --selctx x',
    '-A OUTPUT -j RATEEST --rateest-name x --rateest-interval 250ms --rateest-ewmalog 0.5s',
    '-t raw -A OUTPUT -p tcp -j CT --helper ftp',
    '-A OUTPUT -m bpf --object-pinned /sys/fs/bpf/x -j DROP',
    '-A OUTPUT -mcgroup --path x -j DROP',
    '-A OUTPUT -vm physdev --physdev-in x -j DROP',
    '-A OUTPUT --mat=osf --genre Linux -j DROP',
    // The kernel loads ts_NAME.
    '-A OUTPUT -m string --string x --algo fsm -j DROP',
    '-A OUTPUT -m string --string x --al=other -j DROP',
  ])('%s', (rule) => {
    expect(() => refuseFarReaching([parseUserRule(rule)])).toThrow(/^rule: (?:-[mj]|--algo) .* is not taken here: /);
    const file = `*filter\n:LED - [0:0]\n${rule.replace(/^-t raw /, '')}\nCOMMIT\n`;
    if (!rule.includes('LED')) expect(() => refuseFarReaching([parseRuleset(file, 'x')])).toThrow(/is not taken here/);
  });

  describe('a chain has the name of a target', () => {
    test.each(['AUDIT', 'IDLETIMER', 'LED', 'RATEEST', 'SECMARK', 'SET', 'standard'])(
      '%s: iptables makes none',
      (name) => {
        for (const program of ['iptables', 'iptables-legacy', 'ip6tables', 'ip6tables-legacy'])
          expect(spawnSync('unshare', ['--net', program, '-w', '-N', name], { encoding: 'utf8' }).stderr).toMatch(
            /chain name may not clash with target name/,
          );
      },
    );

    const TIMER = '-A OUTPUT -j IDLETIMER --timeout 2 --label x';
    test.each([
      // Before iptables is asked to make the chain.
      `*filter\n${TIMER}\n:IDLETIMER - [0:0]\nCOMMIT\n`,
      `*filter\n:mine - [0:0]\n${TIMER}\nCOMMIT\n*raw\n:IDLETIMER - [0:0]\nCOMMIT\n`,
      // No chain, but the value of another option.
      `*filter\n*-NIDLETIMER\n*filter\n${TIMER}\nCOMMIT\n`,
      `*filter\n${TIMER}\n*-NIDLETIMER\n-A OUTPUT -j DROP\nCOMMIT\n`,
    ])('in a file: %j', (text) => {
      expect(() => refuseFarReaching([parseRuleset(text, 'x.rules')])).toThrow(
        /^rule: -j IDLETIMER is not taken here: /,
      );
    });

    test('in what is for another program, which does not know that target', () => {
      const made = parseRuleset('# Generated by ip6tables-save\n*filter\n:CLUSTERIP - [0:0]\nCOMMIT\n', 'x.rules');
      const rule = parseUserRule('iptables -A INPUT -d 192.0.2.1 -j CLUSTERIP');
      expect(() => refuseFarReaching([made, rule])).toThrow(/^rule: -j CLUSTERIP is not taken here: /);
    });
  });

  test.each([
    'log level audit',
    'log level "audit"',
    'ct helper set "x"',
    'socket cgroupv2 level 1 "x" drop',
    'meta secmark set 1',
    'osf name "Linux" drop',
  ])('nft: %s', (words) => {
    const text = `table inet t { chain c { ${words}\n } \n}\n`;
    expect(() => refuseFarReaching([parseRuleset(text, 'x.nft')])).toThrow(/is not taken here: table inet t/);
  });

  test('before it is loaded, and said with the line', async () => {
    const rule = '-A OUTPUT -j IDLETIMER --timeout 5 --label rawshake';
    const { code, stderr } = await rawshake(['compare', '--rule', rule]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^rawshake: rule: -j IDLETIMER is not taken here: -A OUTPUT .* rawshake\nhint: It is not known/,
    );
    expect(existsSync('/sys/class/xt_idletimer/timers/rawshake')).toBe(false);
  });

  test('what firewalls usually have is not', () => {
    for (const { v4, v6, nft } of [...RULE_SETS, ...NFT_RULE_SETS])
      for (const text of [v4, v6, nft]) if (text !== undefined) refuseFarReaching([parseRuleset(text, 'x')]);
    refuseFarReaching([
      parseRuleset('table inet t { chain c { tcp option maxseg size set 1400\n comment "helper size 9999999" } }', 'x'),
      parseRuleset(SETS('size 65536'), 'x'),
      parseRuleset(
        'table inet t { chain c { tcp option maxseg size 1-500 drop; tcp option maxseg\t size { 1, 2 } drop; } }',
        'x',
      ),
      parseRuleset('*filter\n:DOCKER - [0:0]\n-A FORWARD -j DOCKER\nCOMMIT\n', 'x'),
      parseUserRule('-A OUTPUT -m string --string x --algo bm -m string --alg=kmp --string y -j DROP'),
      parseRuleset('*filter\n:mine - [0:0]\n-A OUTPUT -j mine\nCOMMIT\n', 'x'),
      parseUserRule('-A OUTPUT -p tcp -j mine -m comment --comment "for LED"'),
    ]);
  });
});
