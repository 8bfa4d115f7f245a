/** What the rules say that nft lists: the statements are as nft 1.0.6 prints them (`nft -j list ruleset`). */
import { describe, expect, test } from 'vitest';
import { readNftListing } from '../../src/filter/nft-judged.js';
import { stepsInNftListing } from '../../src/filter/nft-walk.js';

const CHAIN = { family: 'ip', table: 'a', name: 'out', type: 'filter', hook: 'output', prio: 0, policy: 'accept' };

const listing = (...objects: readonly object[]): string =>
  JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6', json_schema_version: 1 } }, ...objects] });

const ruleIn = (chain: string, handle: number, expr: readonly object[], table = 'a', family = 'ip') => ({
  rule: { family, table, chain, handle, expr },
});

function read(...expr: readonly object[]) {
  const [rule] = readNftListing(listing({ chain: CHAIN }, ruleIn('out', 3, expr)));
  if (rule === undefined) throw new Error('no rule');
  return rule;
}

const field = (protocol: string, name: string) => ({ payload: { protocol, field: name } });
const meta = (key: string) => ({ meta: { key } });
const ct = (key: string, dir?: string) => ({ ct: { key, ...(dir !== undefined && { dir }) } });
const match = (left: object, op: string, right: unknown) => ({ match: { op, left, right } });
const FLAGS = field('tcp', 'flags');

const ip = (a: number, b: number, c: number, d: number): bigint => BigInt(((a << 24) | (b << 16) | (c << 8) | d) >>> 0);
const port = (low: number, high = low) => [BigInt(low), BigInt(high)];

const OTHER = { kind: 'other' };

describe('what a rule asks of a packet', () => {
  test.each([
    // Addresses
    [
      'ip saddr 192.0.2.0/24',
      match(field('ip', 'saddr'), '==', { prefix: { addr: '192.0.2.0', len: 24 } }),
      { kind: 'src', ranges: [[ip(192, 0, 2, 0), ip(192, 0, 2, 255)]] },
    ],
    [
      'ip daddr { 192.0.2.1, 192.0.2.5-192.0.2.9 }',
      match(field('ip', 'daddr'), '==', { set: ['192.0.2.1', { range: ['192.0.2.5', '192.0.2.9'] }] }),
      {
        kind: 'dst',
        ranges: [
          [ip(192, 0, 2, 1), ip(192, 0, 2, 1)],
          [ip(192, 0, 2, 5), ip(192, 0, 2, 9)],
        ],
      },
    ],
    ['ip saddr @hosts', match(field('ip', 'saddr'), '==', '@hosts'), { kind: 'src', ranges: undefined }],
    [
      'ip saddr { @hosts, 192.0.2.1 }',
      match(field('ip', 'saddr'), '==', { set: ['@hosts', '192.0.2.1'] }),
      { kind: 'src', ranges: undefined },
    ],
    [
      'ip6 saddr ::2',
      match(field('ip6', 'saddr'), '==', '::2'),
      { kind: 'src', ranges: [[(1n << 128n) + 2n, (1n << 128n) + 2n]] },
    ],
    [
      'ip6 daddr != ::/127',
      match(field('ip6', 'daddr'), '!=', { prefix: { addr: '::', len: 127 } }),
      { kind: 'dst', negated: true, ranges: [[1n << 128n, (1n << 128n) + 1n]] },
    ],
    ['ip saddr < 192.0.2.1', match(field('ip', 'saddr'), '<', '192.0.2.1'), OTHER],
    ['ct original ip saddr 192.0.2.1', match(ct('ip saddr', 'original'), '==', '192.0.2.1'), OTHER],
    // Ports
    ['tcp sport 80', match(field('tcp', 'sport'), '==', 80), { kind: 'srcPort', ranges: [port(80)] }],
    ['th sport 80', match(field('th', 'sport'), '==', 80), { kind: 'srcPort', ranges: [port(80)] }],
    [
      'tcp dport != { 1, 3-5 }',
      match(field('tcp', 'dport'), '!=', { set: [1, { range: [3, 5] }] }),
      { kind: 'dstPort', negated: true, ranges: [port(1), port(3, 5)] },
    ],
    ['th dport 2-4', match(field('th', 'dport'), '==', { range: [2, 4] }), { kind: 'dstPort', ranges: [port(2, 4)] }],
    ['tcp sport < 1024', match(field('tcp', 'sport'), '<', 1024), { kind: 'srcPort', ranges: [port(0, 1023)] }],
    ['tcp sport <= 1024', match(field('tcp', 'sport'), '<=', 1024), { kind: 'srcPort', ranges: [port(0, 1024)] }],
    ['tcp dport > 1024', match(field('tcp', 'dport'), '>', 1024), { kind: 'dstPort', ranges: [port(1025, 65_535)] }],
    ['th dport >= 1024', match(field('th', 'dport'), '>=', 1024), { kind: 'dstPort', ranges: [port(1024, 65_535)] }],
    // Flags
    [
      'tcp flags & syn,ack == syn',
      match({ '&': [FLAGS, ['syn', 'ack']] }, '==', 'syn'),
      { kind: 'flags', mask: 0x12, set: 0x02 },
    ],
    [
      'tcp flags & fin,syn,rst,ack == syn,ack',
      match({ '&': [FLAGS, ['fin', 'syn', 'rst', 'ack']] }, '==', ['syn', 'ack']),
      { kind: 'flags', mask: 0x17, set: 0x12 },
    ],
    [
      'tcp flags & rst != rst',
      match({ '&': [FLAGS, 'rst'] }, '!=', 'rst'),
      { kind: 'flags', mask: 4, set: 4, negated: true },
    ],
    ['tcp flags & rst > rst', match({ '&': [FLAGS, 'rst'] }, '>', 'rst'), OTHER],
    ['tcp flags & 63 == 4', match({ '&': [FLAGS, 63] }, '==', 4), { kind: 'flags', mask: 0x3f, set: 4 }],
    [
      'tcp flags & {"|":["psh","urg","ecn"]} == cwr',
      match({ '&': [FLAGS, { '|': ['psh', 'urg', 'ecn'] }] }, '==', 'cwr'),
      { kind: 'flags', mask: 0x68, set: 0x80 },
    ],
    ['tcp flags rst', match(FLAGS, '==', 'rst'), { kind: 'flags', mask: 0xff, set: 4 }],
    ['tcp flags != rst', match(FLAGS, '!=', 'rst'), { kind: 'flags', mask: 0xff, set: 4, negated: true }],
    ['tcp flags rst', match(FLAGS, 'in', 'rst'), { kind: 'flags', mask: 4, set: 4, any: true }],
    ['tcp flags unheard-of', match(FLAGS, '==', 'unheard-of'), { kind: 'flags', mask: 0xff, set: 0 }],
    ['tcp flags > rst', match(FLAGS, '>', 'rst'), OTHER],
    // Protocols
    ['ip protocol tcp', match(field('ip', 'protocol'), '==', 'tcp'), { kind: 'protocol', tcp: true }],
    ['ip protocol != tcp', match(field('ip', 'protocol'), '!=', 'tcp'), { kind: 'protocol', tcp: true, negated: true }],
    ['ip6 nexthdr 6', match(field('ip6', 'nexthdr'), '==', 6), { kind: 'protocol', tcp: true }],
    [
      'ip6 nexthdr { udp, tcp }',
      match(field('ip6', 'nexthdr'), '==', { set: ['udp', 'tcp'] }),
      { kind: 'protocol', tcp: true },
    ],
    ['meta l4proto 16', match(meta('l4proto'), '==', 16), { kind: 'protocol', tcp: false }],
    ['meta l4proto udp', match(meta('l4proto'), '==', 'udp'), { kind: 'protocol', tcp: false }],
    ...(['udp dport', 'udplite dport', 'sctp sport', 'dccp sport', 'icmp type', 'icmpv6 type'] as const).map((name) => {
      const [protocol = '', of = ''] = name.split(' ');
      return [`${name} 5`, match(field(protocol, of), '==', 5), { kind: 'protocol', tcp: false }] as const;
    }),
    // Marks, owners, links
    ['meta mark 54', match(meta('mark'), '==', 54), { kind: 'mark', value: 54, mask: 0xffff_ffff }],
    ['meta mark != 54', match(meta('mark'), '!=', 54), { kind: 'mark', value: 54, mask: 0xffff_ffff, negated: true }],
    ['meta mark & 255 == 54', match({ '&': [meta('mark'), 255] }, '==', 54), OTHER],
    ['meta mark > 54', match(meta('mark'), '>', 54), OTHER],
    ['ct mark 5', match(ct('mark'), '==', 5), OTHER],
    ['meta skuid 1000', match(meta('skuid'), '==', 1000), { kind: 'owner', of: 'user', everyone: false }],
    ['meta skgid 5', match(meta('skgid'), '==', 5), { kind: 'owner', of: 'group', everyone: false }],
    ['meta skuid 0', match(meta('skuid'), '==', 0), { kind: 'owner', of: 'user', everyone: false }],
    [
      'meta skuid 0-4294967295',
      match(meta('skuid'), '==', { range: [0, 4294967295] }),
      { kind: 'owner', of: 'user', everyone: true },
    ],
    [
      'meta skgid 0-4294967294',
      match(meta('skgid'), '==', { range: [0, 4294967294] }),
      { kind: 'owner', of: 'group', everyone: true },
    ],
    [
      'meta skuid 0-4294967293',
      match(meta('skuid'), '==', { range: [0, 4294967293] }),
      { kind: 'owner', of: 'user', everyone: false },
    ],
    [
      'meta skuid 1-4294967295',
      match(meta('skuid'), '==', { range: [1, 4294967295] }),
      { kind: 'owner', of: 'user', everyone: false },
    ],
    ['meta iif lo', match(meta('iif'), '==', 'lo'), { kind: 'in', name: 'lo' }],
    ['meta iifname eth*', match(meta('iifname'), '==', 'eth*'), { kind: 'in', name: 'eth*' }],
    ['meta oif lo', match(meta('oif'), '==', 'lo'), { kind: 'out', name: 'lo' }],
    ['meta oifname != eth0', match(meta('oifname'), '!=', 'eth0'), { kind: 'out', name: 'eth0', negated: true }],
    // Connections and times
    [
      'ct state established,new',
      match(ct('state'), 'in', ['established', 'new']),
      { kind: 'state', states: ['established', 'new'] },
    ],
    [
      'ct state { invalid, new }',
      match(ct('state'), '==', { set: ['invalid', 'new'] }),
      { kind: 'state', states: ['invalid', 'new'] },
    ],
    ['meta hour 17:00-19:00', match(meta('hour'), '==', { range: ['17:00', '19:00'] }), { kind: 'time' }],
    ['meta day Monday', match(meta('day'), '==', 'Monday'), { kind: 'time' }],
    ['meta time 2026-01-01 00:00:00', match(meta('time'), '==', '2026-01-01 00:00:00'), { kind: 'time' }],
    // What is not known in more detail
    ['ip6 hoplimit 5', match(field('ip6', 'hoplimit'), '==', 5), OTHER],
    ['myudp x 5', match(field('myudp', 'x'), '==', 5), OTHER],
    ['@th,0,32 5', match({ payload: { base: 'th', offset: 0, len: 32 } }, '==', 5), OTHER],
    ['{"fib":{"result":"type"}} local', match({ fib: { result: 'type' } }, '==', 'local'), OTHER],
    ['meta undefined 1', match({ meta: {} }, '==', 1), OTHER],
    ['5 5', match(5 as unknown as object, '==', 5), OTHER],
    ['limit', { limit: { rate: 5, burst: 5, per: 'second' } }, { kind: 'limit' }],
    ['quota', { quota: { val: 5, val_unit: 'mbytes', inv: true } }, { kind: 'limit' }],
    ['ct count', { 'ct count': { val: 4, inv: true } }, { kind: 'limit' }],
    ['xt', { xt: { type: 'match', name: 'owner' } }, OTHER],
    ['fwd', { fwd: { dev: 'lo' } }, OTHER],
  ] as const)('%s', (words, statement, condition) => {
    expect(read(statement).judged.matches).toEqual([{ negated: false, ...condition, words }]);
  });

  test.each([
    { counter: { packets: 0, bytes: 0 } },
    { log: { prefix: 'x' } },
    { notrack: null },
    { mangle: { key: meta('mark'), value: 5 } },
  ])('%j asks nothing, and decides nothing', (statement) => {
    expect(read(statement).judged).toMatchObject({ matches: [], verdict: { does: 'other', words: 'none' } });
  });
});

test.each([
  [{ drop: null }, 'drop', 'drop'],
  [{ accept: null }, 'accept', 'accept'],
  [{ reject: { type: 'tcp reset' } }, 'reject', 'reject with tcp reset'],
  [{ reject: { type: 'icmp', expr: 'port-unreachable' } }, 'reject', 'reject'],
  [{ reject: null }, 'reject', 'reject'],
  [{ queue: { num: 3 } }, 'drop', 'queue'],
  [{ queue: { num: 3, flags: 'bypass' } }, 'other', 'queue'],
  [{ jump: { target: 'web' } }, 'other', 'jump web'],
  [{ goto: { target: 'web' } }, 'other', 'goto web'],
  [{ return: null }, 'other', 'return'],
  [{ continue: null }, 'other', 'continue'],
  [{ vmap: { key: field('tcp', 'dport'), data: '@ways' } }, 'other', 'vmap'],
] as const)('%j is a verdict, and no condition', (statement, does, words) => {
  const { judged } = read(match(field('tcp', 'dport'), '==', 80), statement);
  expect(judged).toMatchObject({ verdict: { does, words }, matches: [{ kind: 'dstPort' }] });
  expect(judged.text).toBe(`nft add rule ip a out tcp dport 80 ${words}`);
});

test('counters, the rule as one types it, and the request that has it count', () => {
  const port80 = match(field('tcp', 'dport'), '==', 80);
  const counted = read(port80, { counter: { packets: 3, bytes: 120 } });
  expect(counted).toMatchObject({ id: 'ip a 3', counters: { packets: 3, bytes: 120 }, expr: [port80, {}] });
  expect(counted.judged.text).toBe('nft add rule ip a out tcp dport 80');
  const silent = read(port80, { drop: null });
  expect(silent.counters).toBeUndefined();
  expect(silent.counting()).toEqual({
    replace: ruleIn('out', 3, [port80, { counter: null }, { drop: null }]),
  });
  expect(read(port80).counting()).toEqual({ replace: ruleIn('out', 3, [port80, { counter: null }]) });
  expect(read({ drop: null }).counting()).toEqual({ replace: ruleIn('out', 3, [{ counter: null }, { drop: null }]) });
  // A counter with a name has its numbers elsewhere.
  expect(read({ counter: 'mine' }).counters).toBeUndefined();
});

describe('where a rule stands', () => {
  const base = (family: string, hook: string, prio: number, type = 'filter') => ({
    chain: { ...CHAIN, family, hook, prio, type },
  });
  const judgedIn = (chain: ReturnType<typeof base>) =>
    readNftListing(listing(chain, ruleIn('out', 1, [{ drop: null }], 'a', chain.chain.family)))[0]?.judged;

  test.each([
    [base('ip', 'output', -201), { families: [4], hook: 'output', nat: false, beforeConntrack: true }],
    [base('ip6', 'output', -200), { families: [6], hook: 'output', nat: false, beforeConntrack: false }],
    [base('inet', 'prerouting', -300), { families: [4, 6], hook: 'prerouting', nat: false, beforeConntrack: true }],
    [base('inet', 'ingress', 0), { families: [4, 6], hook: 'ingress', nat: false, beforeConntrack: true }],
    [base('netdev', 'ingress', 0), { families: [4, 6], hook: 'ingress', nat: false, beforeConntrack: true }],
    [base('ip', 'output', -100, 'nat'), { families: [4], hook: 'output', nat: true, beforeConntrack: false }],
    [base('arp', 'output', 0), { families: [], hook: 'output', nat: false, beforeConntrack: false }],
  ])('%j', (chain, place) => {
    expect(judgedIn(chain)).toMatchObject({ ...place, backend: 'nft', place: `${chain.chain.family} a out` });
  });

  const WAYS = {
    map: {
      family: 'ip',
      table: 'a',
      name: 'ways',
      map: 'verdict',
      elem: [
        [80, { goto: { target: 'b"c' } }],
        [81, { jump: { target: 'web' } }],
      ],
    },
  };
  const walked = listing(
    { table: { family: 'ip', name: 'a' } },
    WAYS,
    { map: { family: 'ip', table: 'a', name: 'empty' } },
    ...['web', 'deep', 'lost', 'b"c'].map((name) => ({ chain: { family: 'ip', table: 'a', name } })),
    { chain: { ...CHAIN, prio: -300, name: 'pre', hook: 'prerouting' } },
    { chain: CHAIN },
    ruleIn('out', 1, [{ jump: { target: 'web' } }]),
    ruleIn('web', 2, [
      {
        vmap: {
          key: meta('mark'),
          data: {
            set: [
              [1, { goto: { target: 'deep' } }],
              [2, { drop: null }],
            ],
          },
        },
      },
    ]),
    ruleIn('deep', 3, [{ drop: null }]),
    ruleIn('lost', 4, [{ drop: null }]),
    ruleIn('pre', 5, [{ vmap: { key: field('tcp', 'dport'), data: '@ways' } }]),
    ruleIn('pre', 6, [{ vmap: { key: field('tcp', 'dport'), data: '@empty' } }]),
    ruleIn('pre', 7, [match(field('ip', 'saddr'), '==', '@hosts')]),
    ruleIn('web', 8, [{ drop: null }], 'other'),
  );

  test('in a chain without a hook: by whichever leads to it, in its own table', () => {
    expect(readNftListing(walked).map(({ id, judged }) => [id, judged.hook])).toEqual([
      ['ip a 1', 'output'],
      ['ip a 2', 'output'],
      ['ip a 3', 'output'],
      ['ip a 4', undefined],
      ['ip a 5', 'prerouting'],
      ['ip a 6', 'prerouting'],
      ['ip a 7', 'prerouting'],
      ['ip other 8', undefined],
    ]);
    expect(readNftListing(walked)[3]?.judged).toMatchObject({ nat: false, beforeConntrack: false });
  });

  test('what each rule leads to, also by a map that has a name', () => {
    expect(stepsInNftListing(walked).map(({ from, to, rules }) => [from, to, rules])).toEqual([
      ['ip a out', ['ip a web'], 1],
      ['ip a web', ['ip a deep'], 1],
      ['ip a deep', [], 1],
      ['ip a lost', [], 1],
      ['ip a pre', ['ip a b"c', 'ip a web'], 1],
      ['ip a pre', [], 1],
      ['ip a pre', [], 1],
      ['ip other web', [], 1],
    ]);
  });
});
