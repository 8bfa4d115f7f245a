import { describe, expect, test } from 'vitest';
import { judgeFilter } from '../../src/filter/judge.js';
import type { FilterEvidence, JudgedRule } from '../../src/filter/judge-evidence.js';
import { planFilter } from '../../src/filter/plan.js';

const FLOW = { src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 };
const OURS: JudgedRule = { family: 4, ...planFilter({ flow: FLOW, backend: 'iptables' }).rule };

/** A handshake behind our own rule: two segments without an owner, two RSTs dropped. */
const GOOD: FilterEvidence = {
  flow: FLOW,
  rule: OURS,
  dropped: 2,
  answerable: 2,
  kernelResetsMade: 2,
  kernelResetsLeft: 0,
  ownResetsSent: 1,
  ownResetsLeft: 1,
  refusedSends: 0,
  peerResets: 0,
  wrongAcks: 0,
};

/** Nothing dropped, everything left. */
const LEAKING = { dropped: 0, kernelResetsLeft: 2 } as const;

const rule = (text: string, place: Partial<JudgedRule> = {}): JudgedRule => ({
  ...OURS,
  match: text.split(' '),
  ...place,
});

const codes = (change: Partial<FilterEvidence>): string[] =>
  judgeFilter({ ...GOOD, ...change }).findings.map(({ code }) => code);

test('our own rule: exact', () => {
  expect(judgeFilter(GOOD)).toMatchObject({ silent: true, ok: true, findings: [{ code: 'exact' }] });
});

test('nothing that the kernel would have answered: nothing is known', () => {
  expect(codes({ answerable: 0, dropped: 0, kernelResetsMade: 0 })).toEqual(['untested']);
  expect(judgeFilter({ ...GOOD, dropped: 0, kernelResetsMade: 0 })).toMatchObject({ ok: false, silent: true });
});

describe('RSTs of the kernel left', () => {
  test.each([
    { name: 'no rule', change: { rule: undefined }, code: 'no-rule' },
    { name: 'a rule elsewhere', change: { inOtherNamespace: true }, code: 'other-namespace' },
    { name: 'ip6tables for IPv4', change: { rule: { ...OURS, family: 6 } }, code: 'wrong-family' },
    { name: 'INPUT', change: { rule: { ...OURS, table: 'filter', chain: 'INPUT' } }, code: 'wrong-chain' },
    { name: 'PREROUTING', change: { rule: { ...OURS, chain: 'PREROUTING' } }, code: 'wrong-chain' },
    { name: 'nat', change: { rule: { ...OURS, table: 'nat' } }, code: 'wrong-table' },
    {
      name: 'a rule that accepts',
      change: { rule: { ...OURS, match: [...OURS.match.slice(0, -1), 'ACCEPT'] } },
      code: 'not-a-drop',
    },
    {
      name: 'a rule that only counts',
      change: { dropped: 2, rule: { ...OURS, match: OURS.match.slice(0, -2) } },
      code: 'not-a-drop',
    },
    { name: 'ports the wrong way round', change: {}, code: 'no-match' },
    { name: 'only some', change: { dropped: 1, kernelResetsLeft: 1 }, code: 'too-narrow' },
  ] as const)('$name: $code', ({ change, code }) => {
    const verdict = judgeFilter({ ...GOOD, ...LEAKING, ...change });
    expect(verdict).toMatchObject({ silent: false, ok: false });
    expect(verdict.findings[0]?.code).toBe(code);
  });
});

test.each([
  { match: '-p tcp --tcp-flags RST RST -m owner --uid-owner 0', says: 'Leave out --uid-owner.' },
  { match: '-p tcp --sport 41000 -m owner --gid-owner 0', says: 'Leave out --gid-owner.' },
  { match: '-p tcp --sport 8888', says: '--sport are its own' },
  { match: '-p tcp -m owner ! --uid-owner 5 --tcp-flags SYN SYN', says: 'fits no RST of the kernel' },
])('$match matches nothing: what is said is about this rule', ({ match, says }) => {
  const { findings } = judgeFilter({ ...GOOD, ...LEAKING, rule: rule(`${match} -j DROP`) });
  expect(findings[0]).toMatchObject({ code: 'no-match', text: { en: expect.stringContaining(says) as string } });
});

describe('silent, and yet not right', () => {
  test('the recipe of the web: own RSTs, other connections, and too late for connection tracking', () => {
    const recipe = rule('-p tcp -m tcp --tcp-flags RST RST -j DROP', { table: 'filter' });
    const expected = ['own-resets-dropped', 'too-wide', 'after-conntrack'];
    expect(codes({ rule: recipe, ownResetsLeft: 0 })).toEqual(expected);
    expect(codes({ rule: recipe, ownResetsSent: 0, ownResetsLeft: 0 })).toEqual(expected);
  });

  test('own RSTs that were seen to leave are spared, by whatever match', () => {
    const flags = '-s 192.0.2.1 -d 192.0.2.2 -p tcp --sport 41000 --dport 8888 --tcp-flags ALL RST -j DROP';
    expect(codes({ rule: rule(flags) })).toEqual(['exact']);
  });

  test.each([
    { match: '-s 192.0.2.0/24', open: '-s' },
    { match: '! -d 192.0.2.9', open: '-d' },
    { match: '--sport 41000:42000', open: '--sport' },
    { match: '--dports 80,8888', open: '--dport' },
    { match: '--tcp-flags RST NONE', open: '--tcp-flags' },
  ])('$match is open', ({ match, open }) => {
    const EXACT = ['-s 192.0.2.1/32', '-d 192.0.2.2/32', '--sport 41000', '--dport 8888', '--tcp-flags RST RST'];
    const others = EXACT.filter((words) => !words.startsWith(`${open} `)).join(' ');
    const verdict = judgeFilter({ ...GOOD, rule: rule(`${others} ${match} -m mark ! --mark 0x7261 -j DROP`) });
    expect(verdict.findings).toMatchObject([{ code: 'too-wide' }]);
    expect(verdict.findings[0]?.text.en).toContain(` ${open} left out or open`);
  });

  test('own RSTs: seen by EPERM, or by what the capture lacks', () => {
    expect(codes({ refusedSends: 1, ownResetsLeft: 0 })).toEqual(['own-resets-dropped']);
    expect(codes({ ownResetsLeft: 0 })).toEqual(['own-resets-dropped']);
    const [{ text } = { text: { en: '', zh: '' } }] = judgeFilter({ ...GOOD, refusedSends: 1 }).findings;
    expect(text.en).toContain('EPERM');
  });

  test('a drop of what comes in blinds the raw socket too', () => {
    expect(codes({ rule: { ...OURS, table: 'filter', chain: 'INPUT' } })).toContain('blinds');
  });

  test('long options count as what they are', () => {
    const long = '--source 192.0.2.1 --destination 192.0.2.2 -p tcp --source-port 41000 --destination-port 8888';
    expect(codes({ rule: rule(`${long} --tcp-flags RST RST -m mark ! --mark 0x7261 -j DROP`) })).toEqual(['exact']);
  });

  test('the RST of the peer is no matter of filters', () => {
    expect(codes({ peerResets: 1, wrongAcks: 1 })).toEqual(['reset-by-peer']);
    const [{ text } = { text: { en: '', zh: '' } }] = judgeFilter({ ...GOOD, peerResets: 1, wrongAcks: 1 }).findings;
    expect(text.en).toContain('acknowledged what it never sent');
  });

  test('counts that do not add up', () => {
    expect(codes({ kernelResetsMade: 3 })).toEqual(['unaccounted']);
  });
});

describe('a rule that lets pass what it matches: what it counts is no drop', () => {
  const ACCEPTS = rule('-p tcp -j ACCEPT', { table: 'filter' });

  test.each([
    { place: {}, code: 'not-a-drop' },
    { place: { chain: 'INPUT' }, code: 'wrong-chain' },
  ])('$code alone, while RSTs leave', ({ place, code }) => {
    expect(codes({ ...LEAKING, dropped: 5, ownResetsSent: 0, rule: { ...ACCEPTS, ...place } })).toEqual([code]);
  });

  test('nothing is known of it where the kernel made none; where others took them, it is not praised', () => {
    expect(codes({ kernelResetsMade: 0, rule: ACCEPTS })).toEqual(['untested']);
    expect(codes({ rule: ACCEPTS })).toEqual(['unaccounted']);
    expect(codes({ rule: { ...ACCEPTS, chain: 'INPUT' }, kernelResetsMade: 0 })).toEqual(['untested']);
  });
});

test('a peer that resets because of our RST is not blamed', () => {
  expect(codes({ ...LEAKING, rule: undefined, peerResets: 1 })).toEqual(['no-rule']);
});

test('every finding has its words, in both languages', () => {
  const verdicts = [GOOD, { ...GOOD, ...LEAKING, rule: undefined }].map(judgeFilter);
  for (const { text } of verdicts.flatMap(({ findings }) => findings)) {
    expect(text.en).toMatch(/\w/);
    expect(text.zh).toMatch(/[\u4e00-\u9fff]/);
  }
});
