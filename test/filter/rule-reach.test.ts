/** What rules of a user's own may not have: what reaches beyond their network namespace, or would take much of the kernel's memory. */
import { describe, expect, test } from 'vitest';
import { refuseFarReaching, refuseFarReachingStatements } from '../../src/filter/rule-reach.js';
import type { UserRule } from '../../src/filter/user-rule.js';

const iptables = (lines: readonly string[], program?: string): UserRule => ({
  ...{ backend: 'iptables', commands: lines.map((line) => line.split(' ')) },
  ...(program !== undefined && { program }),
});
const nft = (script: string): UserRule => ({ backend: 'nft', script, typed: [['nft', script]] });

const said = (...rules: readonly UserRule[]): string => {
  try {
    refuseFarReaching(rules);
    return TAKEN;
  } catch (error) {
    return (error as Error).message;
  }
};

const TAKEN = '';

describe('iptables', () => {
  test.each([
    '-A OUTPUT -p tcp -m tcp -m conntrack --ctstate NEW -m limit -m owner -j DROP',
    '-t raw -A OUTPUT -j CT --notrack',
    '-A OUTPUT -m string --algo bm --string x -j REJECT',
    '-A OUTPUT -m string --al=kmp --string x -j LOG',
    '-A OUTPUT -m hashlimit --hashlimit-name x --hashlimit-htable-size 65536 -j DROP',
    '-A OUTPUT -m hashlimit --hashlimit-htable-max 0x10000 -j DROP',
    '-A OUTPUT -m hashlimit --hashlimit-htable-expire 99999999 -j DROP',
    '-A OUTPUT --xalgo x -j DROP',
    '-A OUTPUT --algox x -j DROP',
  ])('%s is taken', (line) => {
    expect(said(iptables([line]))).toBe(TAKEN);
  });

  test.each([
    ['-A OUTPUT -m bpf --bytecode x -j DROP', '-m bpf'],
    ['-A OUTPUT -m tcp -m set --match-set x src', '-m set'],
    ['-A OUTPUT -j IDLETIMER', '-j IDLETIMER'],
    ['-A OUTPUT -j CT --helper ftp', '-j CT --helper'],
    ['-A OUTPUT -j CT --hel ftp', '-j CT --hel'],
    ['-A OUTPUT -m string --algo fsm', '--algo fsm'],
    ['-A OUTPUT -m string --al=fsm', '--algo fsm'],
    ['-A OUTPUT -m hashlimit --hashlimit-htable-size 65537', 'size 65537: more than 65536 entries'],
    ['-A OUTPUT -m hashlimit --hashlimit-htable-max 0x10001', 'size 0x10001: more than 65536 entries'],
    ['-A OUTPUT -m hashlimit --hashlimit-htable-size 1x', 'size 1x: more than 65536 entries'],
    ['-A OUTPUT -m hashlimit --hashlimit-htable-size x1', 'size x1: more than 65536 entries'],
    ['-A OUTPUT -m hashlimit --hashlimit-htable-size x0x1', 'size x0x1: more than 65536 entries'],
    ['-A OUTPUT -m hashlimit --hashlimit-htable-size 0x1z', 'size 0x1z: more than 65536 entries'],
  ])('%s is not: %s', (line, what) => {
    expect(said(iptables([line]))).toBe(`rule: ${what} is not taken here: ${line}`);
  });

  test('a helper is one of CT alone', () => {
    expect(said(iptables(['-A OUTPUT -m helper --helper ftp -j DROP']))).toBe(TAKEN);
  });

  test('a chain of theirs may be jumped to where it was made before, by the same program', () => {
    const jump = '-A OUTPUT -j mine';
    const refused = `rule: -j mine is not taken here: ${jump}`;
    expect(said(iptables(['-t filter -N mine', jump]))).toBe(TAKEN);
    expect(said(iptables(['-t filter -N mine']), iptables([jump]))).toBe(TAKEN);
    expect(said(iptables([jump, '-t filter -N mine']))).toBe(refused);
    expect(said(iptables(['-t filter -N mine'], 'ip6tables'), iptables([jump], 'iptables'))).toBe(refused);
    expect(said(iptables(['-t filter -N mine'], 'iptables'), nft(''), iptables([jump], 'iptables'))).toBe(TAKEN);
  });

  test('sizes of all', () => {
    const line = '-A OUTPUT -m hashlimit --hashlimit-htable-size 65536';
    expect(said(iptables([line, line, line, line]))).toBe(TAKEN);
    const more = '-A OUTPUT -m hashlimit --hashlimit-htable-size 1';
    expect(said(iptables([line, line, line, line, more]))).toBe(
      `rule: sizes: more than 262144 entries in all is not taken here: ${more}`,
    );
  });

  test('lists of addresses are rules of their own', () => {
    const list = (length: number): string => Array.from({ length }, (_, i) => `192.0.2.${i}`).join(',');
    expect(said(iptables([`-A OUTPUT -s ${list(20)} -d ${list(15)}`]))).toBe(TAKEN);
    expect(said(iptables([`-A OUTPUT -s ${list(20)} -d ${list(15)}`, '-A OUTPUT']))).toMatch(
      /^rule: lists: more than 300 rules in all is not taken here: -A OUTPUT$/,
    );
  });

  /** Five chains, to each of which so many rules of the one before lead: of seven, 137 256 rules are met; of six, 55 986. */
  const CHAINS = ['a', 'b', 'c', 'd', 'e'];
  const walk = (times: number, { option = '-j', table = '' } = {}): readonly string[] => [
    ...CHAINS.map((chain) => `-t filter -N ${chain}`),
    ...['OUTPUT', ...CHAINS.slice(0, -1)].flatMap((chain, i) =>
      Array.from({ length: times }, () => `${table}-A ${chain} ${option} ${CHAINS[i] ?? ''}`),
    ),
    ...Array.from({ length: times }, () => `${table}-A e -j DROP`),
  ];
  const LONG = /^rule: one packet may meet more than 100000 rules, by way of jumps$/;

  test('jumps walk a chain anew', () => {
    expect(said(iptables(walk(6)))).toBe(TAKEN);
    expect(said(iptables(walk(7)))).toMatch(LONG);
    expect(said(iptables(walk(7, { option: '-g' })))).toMatch(LONG);
    expect(said(iptables(walk(7, { table: '-t raw ' })))).toMatch(LONG);
    expect(said(iptables(walk(7, { table: '-t raw -t mangle ' })))).toMatch(LONG);
    expect(said(iptables(walk(7).map((line) => line.replace('-A OUTPUT', '-I OUTPUT'))))).toMatch(LONG);
  });

  test('of chains of another table, or of another IP version, none is met', () => {
    const half = (lines: readonly string[], chains: string) =>
      lines.filter((line) => new RegExp(`-A [${chains}]`).test(line));
    const made = CHAINS.map((chain) => `-t filter -N ${chain}`);
    const elsewhere = (lines: readonly string[]) => lines.map((line) => `-t raw ${line}`);
    const [upper, lower] = [half(walk(7), 'OUTab'), half(walk(7), 'cde')];
    expect(said(iptables([...made, ...upper, ...elsewhere(lower)]))).toBe(TAKEN);
    expect(said(iptables([...made, ...upper, ...lower]))).toMatch(LONG);
    for (const [one, other] of [
      ['iptables', 'ip6tables'],
      ['ip6tables', 'iptables'],
    ] as const) {
      expect(said(iptables([...made, ...upper], one), iptables([...made, ...lower], other))).toBe(TAKEN);
      expect(said(iptables([...made, ...upper], one), iptables([...made, ...lower]))).toMatch(LONG);
      expect(said(iptables(walk(7), one))).toMatch(LONG);
    }
  });
});

describe('nft', () => {
  const line = (words: string): string => `table inet t {\n  ${words}  \n}`;

  test.each([
    'add rule inet t c tcp flags & rst == rst counter drop',
    'add rule inet t c counter comment "osf { jump { size 9999999"',
    'set s { type inet_service; size 65536; }',
    'set s { type inet_service; size 0xffff; }',
    'set size-of { type inet_service; }',
    'set my-size 99999999',
    'set a.size 99999999',
    'tcp option maxseg size 65536',
    'tcp option maxseg size set $most',
    'tcp option mss\tsize { 1, 2 }',
    'tcp option mss size 1460',
    'tcp option maxseg size > 5',
    'jumps {',
    'level debug',
    'xjump {',
  ])('%s is taken', (words) => {
    expect(said(nft(line(words)))).toBe(TAKEN);
  });

  test.each([
    ['osf name "Linux" drop', 'osf'],
    ['meta secmark set 1', 'secmark'],
    ['socket cgroupv2 level 1 "x" drop', 'cgroupv2'],
    ['ct helper set "ftp"', 'helper'],
    ['log level audit', 'level audit'],
    ['log level "audit"', 'level "audit'],
    ['log level"audit"', 'level"audit'],
    ['jump { drop; }', 'a chain without a name'],
    ['goto{ drop; }', 'a chain without a name'],
    ['size 65537;', 'size 65537: more than 65536 entries'],
    ['size $most;', 'size $most: more than 65536 entries'],
    ['tcp option maxseg size 65537', 'size 65537: more than 65536 entries'],
    ['size 5x', 'size 5x: more than 65536 entries'],
    ['set s {size 70000}', 'size 70000: more than 65536 entries'],
    ['option maxseg x size 70000', 'size 70000: more than 65536 entries'],
  ])('%s is not: %s', (words, what) => {
    expect(said(nft(line(words)))).toBe(`rule: ${what} is not taken here: ${words}`);
    expect(said(nft(words))).toBe(`rule: ${what} is not taken here: ${words}`);
  });

  test('sizes of all, those of iptables among them', () => {
    const hashlimit = iptables(['-A OUTPUT -m hashlimit --hashlimit-htable-size 65536']);
    const script = 'size 65536\n'.repeat(3);
    expect(said(hashlimit, nft(script))).toBe(TAKEN);
    expect(said(hashlimit, nft(`${script}size 1`))).toBe(
      'rule: sizes: more than 262144 entries in all is not taken here: size 1',
    );
  });

  test('variables that name others: any number of values', () => {
    const list = (of: string, length: number): string => Array.from({ length }, () => of).join(', ');
    const script = (times: number, begin = 'define') =>
      [
        `${begin} a = { ${list('1', 100)} }`,
        `${begin} b-b = { ${list('$a', times)} }`,
        `define c = { ${list('$b-b', 100)} }`,
      ].join('\n');
    expect(said(nft(script(20)))).toBe(TAKEN);
    expect(said(nft(script(30)))).toMatch(
      /^rule: variables: more than 262144 values in all is not taken here: c = \{ \$b-b, \$b-b/,
    );
    expect(said(nft(script(30, 'redefine')))).toMatch(/^rule: variables/);
    // A variable that is defined anew with less in it has been more.
    expect(said(nft(script(30).replace('\ndefine c', '\nredefine b-b = 1\ndefine c')))).toMatch(/^rule: variables/);
    expect(said(nft(`add rule inet t c comment "${script(30)}"`))).toBe(TAKEN);
    expect(said(nft(list('1', 262_144)))).toBe(TAKEN);
    expect(said(nft(list('1', 262_145)))).toMatch(/^rule: variables/);
    expect(said(nft(`${list('1', 200_000)}\ndefine x = ${list('$y', 31_072)}`))).toBe(TAKEN);
    expect(said(nft(`${list('1', 200_000)}\ndefine x = ${list('$y', 31_073)}`))).toMatch(/^rule: variables/);
  });

  test('of a statement that nft has read', () => {
    const match = { match: { op: '==', left: { meta: { key: 'mark' } }, right: 1 } };
    for (const name of ['counter', 'ct count', 'vmap', 'tproxy', 'notrack', 'drop'])
      expect(() => {
        refuseFarReachingStatements([match, { [name]: null }], 'line');
      }).not.toThrow();
    for (const name of ['ct helper', 'secmark', 'xt', 'osf'])
      expect(() => {
        refuseFarReachingStatements([match, { [name]: null }], 'line');
      }).toThrow(
        expect.objectContaining({ message: `rule: ${name} is not taken here: line`, code: 'RS_USAGE' }) as Error,
      );
  });
});
