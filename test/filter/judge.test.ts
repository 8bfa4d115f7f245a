import { describe, expect, test } from 'vitest';
import { judgedIptables } from '../../src/filter/iptables-judged.js';
import { judgeFilter } from '../../src/filter/judge.js';
import type { FilterEvidence, RuleAtWork } from '../../src/filter/judge-evidence.js';
import type { JudgedRule } from '../../src/filter/judged-rule.js';
import { readNftListing } from '../../src/filter/nft-judged.js';
import { planFilter } from '../../src/filter/plan.js';

const FLOW = { src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 };

interface Place {
  readonly table?: string;
  readonly chain?: string;
  readonly family?: 4 | 6;
}

/** A rule as iptables-save has it. */
function rule(text: string, { table = 'raw', chain = 'OUTPUT', family = 4 }: Place = {}): JudgedRule {
  const [judged] = judgedIptables([{ table, chain, match: text.split(' ') }], family);
  if (judged === undefined) throw new Error('no rule');
  return judged;
}

const OURS = planFilter({ flow: FLOW, backend: 'iptables' }).rule.match.join(' ');
const ours = (place: Place = {}): JudgedRule => rule(OURS, place);

/** What a test changes: of one rule, and what its counter says. */
interface Change extends Partial<Omit<FilterEvidence, 'rules'>> {
  readonly rule?: JudgedRule | undefined;
  readonly dropped?: number;
  readonly rules?: readonly RuleAtWork[];
}

/** A handshake behind our own rule: two segments without an owner, two RSTs dropped. */
const GOOD: Omit<FilterEvidence, 'rules'> = {
  flow: FLOW,
  link: 'eth0',
  answerable: 2,
  kernelResetsMade: 2,
  kernelResetsLeft: 0,
  ownResetsSent: 1,
  ownResetsLeft: 1,
  refusedSends: 0,
  peerResets: 0,
  wrongAcks: 0,
};

const evidence = ({ dropped = 2, rules, ...change }: Change): FilterEvidence => {
  const one = 'rule' in change ? change.rule : ours();
  return { ...GOOD, ...change, rules: rules ?? (one === undefined ? [] : [{ rule: one, packets: dropped }]) };
};

const judge = (change: Change = {}) => judgeFilter(evidence(change));

/** Nothing dropped, everything left. */
const LEAKING = { dropped: 0, kernelResetsLeft: 2 } as const;

const codes = (change: Change): string[] => judge(change).findings.map(({ code }) => code);

const said = (change: Change): string => judge(change).findings[0]?.text.en ?? '';

test('our own rule: exact', () => {
  expect(judge()).toMatchObject({ silent: true, ok: true, findings: [{ code: 'exact' }] });
});

test('nothing that the kernel would have answered: nothing is known', () => {
  expect(codes({ answerable: 0, dropped: 0, kernelResetsMade: 0 })).toEqual(['untested']);
  expect(judge({ dropped: 0, kernelResetsMade: 0 })).toMatchObject({ ok: false, silent: true });
});

describe('RSTs of the kernel left', () => {
  test.each([
    { name: 'no rule', change: { rule: undefined }, code: 'no-rule' },
    { name: 'a rule elsewhere', change: { inOtherNamespace: true }, code: 'other-namespace' },
    { name: 'ip6tables for IPv4', change: { rule: ours({ family: 6 }) }, code: 'wrong-family' },
    { name: 'INPUT', change: { rule: ours({ table: 'filter', chain: 'INPUT' }) }, code: 'wrong-chain' },
    { name: 'PREROUTING', change: { rule: ours({ chain: 'PREROUTING' }) }, code: 'wrong-chain' },
    { name: 'nat', change: { rule: ours({ table: 'nat' }) }, code: 'wrong-table' },
    {
      name: 'a rule that accepts',
      change: { rule: rule(OURS.replace(/DROP$/, 'ACCEPT')) },
      code: 'not-a-drop',
    },
    {
      name: 'a rule that only counts',
      change: { dropped: 2, rule: rule(OURS.replace(/ -j DROP$/, '')) },
      code: 'not-a-drop',
    },
    { name: 'ports the wrong way round', change: { rule: rule('-p tcp --sport 8888 -j DROP') }, code: 'no-match' },
    { name: 'only some', change: { dropped: 1, kernelResetsLeft: 1 }, code: 'too-narrow' },
  ] as const)('$name: $code', ({ change, code }) => {
    const verdict = judge({ ...LEAKING, ...change });
    expect(verdict).toMatchObject({ silent: false, ok: false });
    expect(verdict.findings[0]?.code).toBe(code);
  });
});

describe('matches nothing: the reason is of this rule, and of nothing that it does not say', () => {
  const FILTER = { table: 'filter' } as const;
  const RST = '--tcp-flags RST RST';

  test.each([
    { match: `-p tcp ${RST} -m owner --uid-owner 0`, says: 'has no owner' },
    { match: `-p tcp ${RST} -m owner --gid-owner 0`, says: 'Leave out --gid-owner 0' },
    { match: `-p tcp ${RST} -m owner ! --socket-exists`, says: 'a socket exists' },
    { match: '-p tcp --sport 8888', says: '--sport 8888 is the wrong way round' },
    {
      match: `-s 192.0.2.0/31 -p tcp ${RST} --sport 41001`,
      says: '--sport 41001 is another port: the kernel',
      never: '-s 1',
    },
    { match: '-d 192.0.2.1/32 -p tcp', says: '-d 192.0.2.1/32 is the wrong way round' },
    { match: '-p tcp --sport 1:1024', says: '--sport 1:1024 is another port' },
    { match: '-p tcp -m multiport --dports 80,443', says: '--dports 80,443 is another port' },
    { match: '-p udp --dport 8888', says: '-p udp is not TCP', never: '--dport' },
    { match: `-p tcp ${RST} -m mark --mark 0x36`, says: 'carries no mark' },
    { match: '-p tcp --tcp-flags SYN SYN', says: 'does not match both' },
    { match: `-o wlan0 -p tcp ${RST}`, says: '-o wlan0 is another link', never: '--sport' },
    { match: `-p tcp ${RST} -m conntrack --ctstate NEW`, says: '(ESTABLISHED), so --ctstate NEW', ...FILTER },
    { match: `-p tcp ${RST} -m state --state ESTABLISHED`, says: 'before connection tracking (raw)' },
    {
      match: `-p tcp ${RST} -m time --timestart 01:00:00`,
      says: '-m time --timestart 01:00:00 holds at certain times',
    },
    { match: `-p tcp ${RST} -m string --string hello --algo bm`, says: 'carries no data' },
    { match: `-p tcp ${RST} -m length --length 100`, says: '-m length --length 100 may not be true' },
    { match: `-p tcp ${RST} -m limit --limit 1/sec`, says: 'matches only so many' },
  ])('$match', ({ match, says, never, ...place }: { match: string; says: string; never?: string; table?: string }) => {
    const text = said({ ...LEAKING, rule: rule(`${match} -j DROP`, place) });
    expect(text).toMatch(/^The rule matched nothing while 2 RSTs left: /);
    expect(text).toContain(says);
    if (never !== undefined) expect(text).not.toContain(never);
  });

  test('a link that fits, by name or wildcard, is not the reason', () => {
    for (const link of ['eth0', 'eth+'])
      expect(said({ ...LEAKING, rule: rule(`-o ${link} -p tcp --sport 1 -j DROP`) })).not.toContain('link');
  });

  test('a limit that was reached: too narrow, by name', () => {
    const limited = rule(`-p tcp ${RST} -m limit --limit 1/hour -j DROP`);
    const change = { dropped: 1, kernelResetsLeft: 1, rule: limited };
    expect(codes(change)[0]).toBe('too-narrow');
    expect(said(change)).toContain('-m limit --limit 1/hour matches only so many');
  });

  test('an accept before it', () => {
    const rules = [
      { rule: rule('-p tcp -j ACCEPT'), packets: 5 },
      { rule: rule(`-p tcp ${RST} -j DROP`), packets: 0 },
    ];
    expect(judge({ ...LEAKING, rules }).findings[0]).toMatchObject({ code: 'shadowed', rule: 1 });
    const elsewhere = [{ rule: rule('-p tcp -j ACCEPT', FILTER), packets: 5 }, ...rules.slice(1)];
    expect(judge({ ...LEAKING, rules: elsewhere }).findings[0]).toMatchObject({ code: 'no-match', rule: 1 });
  });
});

test('a chain that nothing leads to', () => {
  const own = [{ table: 'raw', chain: 'mine', match: ['-j', 'DROP'] }];
  const jump = { table: 'raw', chain: 'OUTPUT', match: ['-p', 'tcp', '-j', 'mine'] };
  const [alone] = judgedIptables(own, 4);
  const [reached] = judgedIptables([...own, jump], 4);
  expect(said({ ...LEAKING, rule: alone })).toContain('nothing leads to it');
  expect(reached?.hook).toBe('output');
});

describe('REJECT', () => {
  test('in OUTPUT it drops, and answers this host itself', () => {
    const rejects = rule(OURS.replace(/DROP$/, 'REJECT --reject-with icmp-port-unreachable'), { table: 'filter' });
    expect(codes({ rule: rejects })).toEqual(['rejects', 'after-conntrack']);
    expect(said({ rule: rejects })).toContain('To the sender, this host itself');
  });

  test('in INPUT it resets in the place of the kernel', () => {
    const rejects = rule('-p tcp --dport 41000 -j REJECT --reject-with tcp-reset', { table: 'filter', chain: 'INPUT' });
    const change = { kernelResetsMade: 0, kernelResetsLeft: 2, rule: rejects };
    expect(codes(change)[0]).toBe('rejects');
    expect(said(change)).toContain('a RST of its own');
  });
});

describe('what is made by hand passes an AF_PACKET socket', () => {
  const INPUT = { table: 'filter', chain: 'INPUT' } as const;
  const VIA = { viaPacketSocket: true, kernelResetsMade: 0 } as const;

  test('an INPUT drop of its port is right, with its price', () => {
    const change = { ...VIA, rule: rule('-p tcp --dport 41000 -j DROP', INPUT) };
    expect(judge(change)).toMatchObject({ ok: true, findings: [{ code: 'hides' }] });
    expect(said(change)).toContain('The price');
  });

  test('of any port it is too wide; of another it matches nothing, and the chain is not to blame', () => {
    expect(codes({ ...VIA, rule: rule('-s 192.0.2.2/32 -p tcp -j DROP', INPUT) })).toEqual(['too-wide']);
    const other = { ...LEAKING, ...VIA, rule: rule('-p tcp --dport 8888 -j DROP', INPUT) };
    expect(codes(other)).toEqual(['no-match']);
    expect(said(other)).toContain('--dport 8888 is the wrong way round: what the peer sends goes from 192.0.2.2:8888');
  });

  test('its own RSTs pass no rule', () => {
    const recipe = rule('-p tcp -m tcp --tcp-flags RST RST -j DROP');
    expect(codes({ viaPacketSocket: true, rule: recipe, ownResetsSent: 0, ownResetsLeft: 0 })).toEqual(['too-wide']);
  });
});

describe('several rules', () => {
  const drops = rule(OURS);
  const accepts = rule('-p tcp --dport 41000 -j ACCEPT', { table: 'filter', chain: 'INPUT' });

  test('one did it, and the other had no part in it', () => {
    const rules = [
      { rule: accepts, packets: 4 },
      { rule: drops, packets: 2 },
    ];
    expect(judge({ rules })).toMatchObject({
      ok: true,
      findings: [
        { code: 'exact', rule: 1 },
        { code: 'idle', rule: 0, text: { en: 'It drops nothing (its target is ACCEPT), and matched 4 packets.' } },
      ],
    });
  });

  test('where RSTs leave, only those that were to drop are asked why', () => {
    const rules = [
      { rule: accepts, packets: 4 },
      { rule: rule('-p tcp --sport 1 -j DROP'), packets: 0 },
    ];
    expect(judge({ ...LEAKING, rules }).findings).toMatchObject([
      { code: 'no-match', rule: 1 },
      { code: 'too-wide', rule: 1 },
    ]);
  });
});

describe('rules of nft, by what nft lists', () => {
  const CHAIN = { family: 'inet', table: 't', name: 'out', type: 'filter', hook: 'output', prio: -310 };
  const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
  const match = (left: unknown, right: unknown, op = '==') => ({ match: { op, left, right } });
  const RST = match(payload('tcp', 'flags'), 'rst', 'in');
  const DROP = { drop: null };

  const listed = (exprs: readonly (readonly object[])[], chain: object = CHAIN): JudgedRule[] =>
    readNftListing(
      JSON.stringify({
        nftables: [
          { metainfo: {} },
          { chain },
          ...exprs.map((expr, handle) => ({ rule: { family: 'inet', table: 't', chain: 'out', handle, expr } })),
        ],
      }),
    ).map(({ judged }) => judged);

  test.each([
    { expr: match({ meta: { key: 'skuid' } }, 1000), says: 'Leave out meta skuid 1000' },
    { expr: match({ meta: { key: 'skuid' } }, 1000, '!='), says: 'meta skuid != 1000' },
    { expr: match({ meta: { key: 'oifname' } }, 'wlan0'), says: 'meta oifname wlan0 is another link' },
    { expr: match({ meta: { key: 'iifname' } }, 'eth0'), says: 'by which link it came in' },
    { expr: match({ ct: { key: 'state' } }, ['new', 'established'], 'in'), says: 'before connection tracking' },
    { expr: match(payload('tcp', 'sport'), 8888), says: 'tcp sport 8888 is the wrong way round' },
    {
      expr: match(payload('tcp', 'dport'), { set: [1, { range: [5, 9] }] }),
      says: 'tcp dport { 1, 5-9 } is another port',
    },
    { expr: match(payload('ip6', 'saddr'), '2001:db8::1'), says: 'ip6 saddr 2001:db8::1 is another address' },
    { expr: match(payload('ip', 'daddr'), { prefix: { addr: '198.51.100.0', len: 24 } }), says: '198.51.100.0/24' },
    { expr: match(payload('udp', 'dport'), 8888), says: 'is not TCP' },
    { expr: match({ meta: { key: 'mark' } }, 54), says: 'carries no mark' },
    { expr: match({ meta: { key: 'hour' } }, { range: ['1:00', '2:00'] }), says: 'at certain times' },
    { expr: { limit: { rate: 1, per: 'hour' } }, says: 'limit matches only so many' },
  ])('$says', ({ expr, says }) => {
    const [one] = listed([[RST, expr, DROP]]);
    expect(said({ ...LEAKING, rule: one })).toContain(says);
  });

  test('tcp flags == rst matches R, and not R. to a SYN', () => {
    const [one] = listed([[match(payload('tcp', 'flags'), 'rst'), DROP]]);
    expect(said({ ...LEAKING, rule: one })).toContain('does not match both; tcp flags rst does');
  });

  test('a chain without a hook, one behind connection tracking, one that jumps', () => {
    const { hook, prio, type, ...plain } = CHAIN;
    expect([hook, prio, type]).toEqual(['output', -310, 'filter']);
    expect(codes({ ...LEAKING, rule: listed([[RST, DROP]], plain)[0] })[0]).toBe('wrong-chain');
    expect(codes({ rule: listed([[RST, DROP]], { ...CHAIN, prio: 0 })[0] })).toContain('after-conntrack');
    expect(codes({ rule: listed([[RST, DROP]])[0] })).not.toContain('after-conntrack');
  });

  test('what has an owner accepted first: the rest is for nobody, and spares the own RST', () => {
    const everyone = match({ meta: { key: 'skuid' } }, { range: [0, 4294967295] });
    const [accept, drop] = listed([
      [everyone, { accept: null }],
      [RST, DROP],
    ]);
    if (accept === undefined || drop === undefined) throw new Error('no rules');
    const rules = [
      { rule: accept, packets: 3 },
      { rule: drop, packets: 2 },
    ];
    const { findings } = judge({ rules, ownResetsSent: 0, ownResetsLeft: 0 });
    expect(findings.map(({ code }) => code)).toEqual(['too-wide', 'idle']);
    expect(findings[0]?.text.en).toContain('a closed port of this host is silent');
    expect(codes({ rules: rules.slice(1), ownResetsSent: 0, ownResetsLeft: 0 })[0]).toBe('own-resets-dropped');
    // What accepts some owners only leaves the own RST to the rule behind it.
    const some = match({ meta: { key: 'skuid' } }, 1000);
    const [of] = listed([[some, { accept: null }]]);
    if (of === undefined) throw new Error('no rule');
    const behind = [{ rule: of, packets: 0 }, ...rules.slice(1)];
    expect(codes({ rules: behind, ownResetsSent: 0, ownResetsLeft: 0 })[0]).toBe('own-resets-dropped');
  });
});

test('the cure by owner: what no program has sent, so the own RST is spared by what the rule says', () => {
  const nobody = rule('-p tcp -m tcp --tcp-flags RST RST -m owner ! --uid-owner 0-4294967294 -j DROP');
  expect(codes({ rule: nobody, ownResetsSent: 0, ownResetsLeft: 0 })).toEqual(['too-wide']);
});

test('a rule that drops what the program sends: nothing came back', () => {
  const change = {
    answerable: 0,
    kernelResetsMade: 0,
    ownResetsLeft: 0,
    refusedSends: 1,
    rule: rule('-p tcp -j DROP'),
  };
  expect(codes(change)).toEqual(['own-segments-dropped', 'own-resets-dropped', 'too-wide']);
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
    const verdict = judge({ rule: rule(`${others} ${match} -m mark ! --mark 0x36 -j DROP`) });
    expect(verdict.findings).toMatchObject([{ code: 'too-wide' }]);
    expect(verdict.findings[0]?.text.en).toContain(` ${open} left out or open`);
  });

  test('own RSTs: seen by EPERM, or by what the capture lacks', () => {
    expect(codes({ refusedSends: 1, ownResetsLeft: 0 })).toEqual(['own-resets-dropped']);
    expect(codes({ ownResetsLeft: 0 })).toEqual(['own-resets-dropped']);
    const [{ text } = { text: { en: '', zh: '' } }] = judge({ refusedSends: 1 }).findings;
    expect(text.en).toContain('EPERM');
  });

  describe('of several rules, the own RST is laid to the one that dropped it', () => {
    const invalid = rule('-m conntrack --ctstate INVALID -j DROP', { table: 'filter' });
    const recipe = rule('-p tcp -m tcp --tcp-flags RST RST -j DROP', { table: 'filter' });
    const blamed = (rules: readonly RuleAtWork[]) =>
      judge({ rules, refusedSends: 1, ownResetsLeft: 0 })
        .findings.filter(({ code }) => code === 'own-resets-dropped')
        .map((finding) => finding.rule);

    test('whose counter grew', () => {
      const idle = { rule: invalid, packets: 0, ownResets: 0 };
      const works = { rule: recipe, packets: 2, ownResets: 1 };
      expect(blamed([idle, works])).toEqual([1]);
      expect(blamed([works, idle])).toEqual([0]);
      expect(
        blamed([
          { ...idle, ownResets: 1 },
          { ...works, ownResets: 0 },
        ]),
      ).toEqual([0]);
    });

    test('where no counter was read then, the first that has matched, or could have', () => {
      expect(
        blamed([
          { rule: invalid, packets: 0 },
          { rule: recipe, packets: 2 },
        ]),
      ).toEqual([1]);
      expect(
        blamed([
          { rule: invalid, packets: 0 },
          { rule: recipe, packets: 0 },
        ]),
      ).toEqual([0]);
    });

    test('what matched the own RST alone is not idle', () => {
      const alone = { rule: invalid, packets: 0, ownResets: 1 };
      const found = judge({ rules: [alone, { rule: ours(), packets: 2, ownResets: 0 }], ownResetsLeft: 0 }).findings;
      expect(found.filter(({ code }) => code === 'idle')).toEqual([]);
    });
  });

  test('a drop of what comes in blinds the raw socket too', () => {
    expect(codes({ rule: ours({ table: 'filter', chain: 'INPUT' }) })).toContain('blinds');
  });

  test('long options count as what they are', () => {
    const long = '--source 192.0.2.1 --destination 192.0.2.2 -p tcp --source-port 41000 --destination-port 8888';
    expect(codes({ rule: rule(`${long} --tcp-flags RST RST -m mark ! --mark 0x36 -j DROP`) })).toEqual(['exact']);
  });

  test('the RST of the peer is no matter of filters', () => {
    expect(codes({ peerResets: 1, wrongAcks: 1 })).toEqual(['reset-by-peer']);
    const [{ text } = { text: { en: '', zh: '' } }] = judge({ peerResets: 1, wrongAcks: 1 }).findings;
    expect(text.en).toContain('acknowledged what it never sent');
  });

  test('counts that do not add up', () => {
    expect(codes({ kernelResetsMade: 3 })).toEqual(['unaccounted']);
  });
});

describe('a rule that lets pass what it matches: what it counts is no drop', () => {
  const accepts = (chain: string) => rule('-p tcp -j ACCEPT', { table: 'filter', chain });
  const ACCEPTS = accepts('OUTPUT');

  test.each([
    { chain: 'OUTPUT', code: 'not-a-drop' },
    { chain: 'INPUT', code: 'wrong-chain' },
  ])('$code alone, while RSTs leave', ({ chain, code }) => {
    expect(codes({ ...LEAKING, dropped: 5, ownResetsSent: 0, rule: accepts(chain) })).toEqual([code]);
  });

  test('nothing is known of it where the kernel made none; where others took them, it is not praised', () => {
    expect(codes({ kernelResetsMade: 0, rule: ACCEPTS })).toEqual(['untested']);
    expect(codes({ rule: ACCEPTS })).toEqual(['unaccounted']);
    expect(codes({ rule: accepts('INPUT'), kernelResetsMade: 0 })).toEqual(['untested']);
  });
});

test('a peer that resets because of our RST is not blamed', () => {
  expect(codes({ ...LEAKING, rule: undefined, peerResets: 1 })).toEqual(['no-rule']);
});

test('every finding has its words, in both languages', () => {
  const verdicts = [{}, { ...LEAKING, rule: undefined }].map(judge);
  for (const { text } of verdicts.flatMap(({ findings }) => findings)) {
    expect(text.en).toMatch(/\w/);
    expect(text.zh).toMatch(/[\u4e00-\u9fff]/);
  }
});

describe('the hook of a chain to which many ways lead', () => {
  const LAYERS = Array.from({ length: 40 }, (_, i) => i);

  /** From the base, ten jumps lead to the first, from each ten to the next, and from the last back to the first. */
  const layered = (base: string): (readonly [from: string, to: string])[] =>
    [[base, 'c0'] as const, ...LAYERS.map((i) => [`c${i}`, `c${(i + 1) % LAYERS.length}`] as const)].flatMap((jump) =>
      Array.from({ length: 10 }, () => jump),
    );

  const asIptables = (jumps: readonly (readonly [string, string])[]) =>
    judgedIptables(
      jumps.map(([chain, to]) => ({ table: 'filter', chain, match: ['-j', to] })),
      4,
    );

  const asNft = (jumps: readonly (readonly [string, string])[]) =>
    readNftListing(
      JSON.stringify({
        nftables: [
          ...['input', 'output'].map((hook) => ({
            chain: { family: 'ip', table: 'mine', name: hook.toUpperCase(), type: 'filter', hook, prio: 0 },
          })),
          ...jumps.map(([chain, target], handle) => ({
            rule: { family: 'ip', table: 'mine', chain, handle, expr: [{ jump: { target } }] },
          })),
        ],
      }),
    ).map(({ judged }) => judged);

  describe.each([
    { program: 'iptables', judgedOf: asIptables },
    { program: 'nft', judgedOf: asNft },
  ])('$program', ({ judgedOf }) => {
    const hooks = (jumps: readonly (readonly [string, string])[]) => [
      ...new Set(judgedOf(jumps).map(({ hook }) => hook)),
    ];

    test('each way is not followed by itself, and a circle is none without end', () => {
      expect(hooks(layered('INPUT'))).toEqual(['input']);
      expect(hooks(layered('nowhere'))).toEqual([undefined]);
    });

    test('output goes before others', () => {
      const jumps = [...layered('INPUT'), ['OUTPUT', 'c7'] as const];
      const judged = judgedOf(jumps);
      expect(judged.filter((_, i) => jumps[i]?.[0] === 'c3').every(({ hook }) => hook === 'output')).toBe(true);
      expect(judged[0]?.hook).toBe('input');
    });
  });

  test("a target in a map of nft's verdicts leads there, too, and one in a text does not", () => {
    const listed = (expr: readonly object[]) =>
      readNftListing(
        JSON.stringify({
          nftables: [
            { chain: { family: 'ip', table: 't', name: 'o', type: 'filter', hook: 'output', prio: 0 } },
            { rule: { family: 'ip', table: 't', chain: 'o', handle: 1, expr } },
            { rule: { family: 'ip', table: 't', chain: 'a "b"', handle: 2, expr: [{ drop: null }] } },
          ],
        }),
      )[1]?.judged.hook;
    const target = { target: 'a "b"' };
    expect(listed([{ vmap: { key: { meta: { key: 'mark' } }, data: { set: [[1, { jump: target }]] } } }])).toBe(
      'output',
    );
    expect(listed([{ log: { prefix: JSON.stringify(target) } }])).toBeUndefined();
  });
});
