import { stripVTControlCharacters } from 'node:util';
import width from 'fast-string-width';
import { describe, expect, test } from 'vitest';
import { type Language, verbatim } from '../../src/error.js';
import { BOTH_ENDS } from '../../src/evidence/host.js';
import type { HandshakeRun } from '../../src/evidence/run.js';
import { judgedIptables } from '../../src/filter/iptables-judged.js';
import { judgeFilter } from '../../src/filter/judge.js';
import { REMEDIES, REMEDY_IDS } from '../../src/lab/remedies/index.js';
import { USER_RULE } from '../../src/lab/remedies/user-rules.js';
import { compareText } from '../../src/report/compare-text.js';
import { compareJson } from '../../src/report/json.js';
import { packetName, wordsOf } from '../../src/report/moment-words.js';
import type { Moment } from '../../src/evidence/moment.js';
import { handshakeTimeline } from '../../src/evidence/handshake-timeline.js';
import { FILTERED_RUN, observed, RESET_RUN, traced, TRACED_DROPS } from '../support/evidence.js';

const CONTEXT = { kernel: '6.18.44', rootless: false };

const text = (runs: readonly HandshakeRun[], columns = 120, language: Language = 'en', unicode = true): string =>
  stripVTControlCharacters(
    compareText(runs, ({ remedy }) => (remedy === 'rule' ? USER_RULE : REMEDIES[remedy]), CONTEXT, {
      language,
      columns,
      unicode,
    }),
  );

test.each([
  { language: 'en', runs: [RESET_RUN], says: '1 of 3 runs went as expected; 2 could not be run.' },
  { language: 'zh', runs: [RESET_RUN], says: '3 次运行中有 1 次如预期；2 次无法运行。' },
  {
    language: 'en',
    runs: [RESET_RUN, { ...FILTERED_RUN, observed: 'reset-by-own-kernel' }],
    says: '1 of 2 runs did not go as expected; 2 more could not be run.',
  },
] as const)('$language: what could not be run did not go as expected', ({ language, runs, says }) => {
  const why = { code: 'RS_LIMIT', reason: verbatim('too much'), hint: { en: 'Less.', zh: '少一些。' } } as const;
  const lost = ([4, 6] as const).map((family) => ({ ...why, remedy: 'rule', role: 'client', family }) as const);
  const view = { language, columns: 120, unicode: true };
  const shown = compareText(runs, ({ remedy }) => REMEDIES[remedy as 'none'], CONTEXT, view, lost);
  expect(stripVTControlCharacters(shown)).toContain(`\n${says}\n`);
});

/** The moments that the ladder shows. */
const telling = (run: HandshakeRun): readonly Moment[] => handshakeTimeline(run).filter(({ isTelling }) => isTelling);

const typesOf = (run: HandshakeRun): string[] =>
  telling(run).map((moment) => (moment.type === 'packet' ? packetName(moment).en : moment.type));

/** Without the lines that are to be pasted, which do not wrap. */
const drawn = (shown: string) => shown.split('\n').filter((line) => !/^(The rule|规则|rawshake compare)/.test(line));

describe('the ladder', () => {
  test('each server segment is followed by the RST that the rule dropped, where the counter says so', () => {
    expect(typesOf(FILTERED_RUN)).toEqual([
      ...['lookup', 'lookup', 'SYN', 'SYN/ACK', 'dropped', 'lookup', 'lookup', 'ACK', '"hello"', 'ACK', 'dropped'],
      ...['lookup', 'lookup'],
    ]);
  });

  test('where the counter does not agree, no drop is claimed at a place', () => {
    const rule = { backend: 'iptables', drops: 'resets', commands: [], packets: 7, bytes: 280 } as const;
    expect(typesOf({ ...FILTERED_RUN, rule })).not.toContain('dropped');
  });

  test('of an adopted connection, only what came before the kernel owned it was answered and dropped', () => {
    const [syn, synAck, ack, ...rest] = FILTERED_RUN.packets;
    if (syn === undefined || synAck === undefined || ack === undefined) throw new Error('no handshake');
    const probe = observed(20.11, 'client', 'kernel', '.', { ack: 1 });
    const packets = [syn, synAck, ack, probe, observed(20.12, 'server', 'kernel', '.', { seq: 1, ack: 1 }), ...rest];
    const rule = {
      backend: 'nft',
      drops: 'resets',
      commands: [],
      packets: 1,
      bytes: 40,
      afterHandshakeMs: 0.62,
    } as const;
    const run: HandshakeRun = { ...FILTERED_RUN, remedy: 'adopt', packets, rule, adoptedAt: probe.at, lookups: [] };
    expect(typesOf(run)).toEqual(['SYN', 'SYN/ACK', 'dropped', 'ACK', 'adopted', 'ACK', 'ACK', '"hello"', 'ACK']);
    expect(text([run])).toMatch(/0\.110 {2}client's kernel adopts it/);
    expect(text([run]).replace(/\s+/g, ' ')).toContain("1 RST of the client's kernel; gone 0.6 ms after the handshake");
    expect(text([run], 120, 'zh')).toContain('客户端内核接管连接');
    const [json] = compareJson([run], CONTEXT).runs;
    expect(json).toMatchObject({ adopted: true, adoptedAt: 0.00011, rule: { afterHandshakeMs: 0.62 } });
    expect(compareJson([FILTERED_RUN], CONTEXT).runs[0]).toMatchObject({ adopted: false });
  });

  test('LISTEN means three things', () => {
    const meanings = (run: HandshakeRun) =>
      telling(run).flatMap((moment) =>
        moment.type === 'lookup' && moment.lookup.host === 'server'
          ? [wordsOf(moment, BOTH_ENDS).en.replace(/^.*: /, '')]
          : [],
      );
    expect(meanings(RESET_RUN)).toEqual(['LISTEN on :8888', 'LISTEN, half-open entry gone']);
    expect(meanings(FILTERED_RUN)).toEqual([
      ...['LISTEN on :8888', 'SYN_RECV on :8888', 'ESTABLISHED on :8888', 'LISTEN, connection closed'],
    ]);
  });
});

describe("the kernel's word", () => {
  const reset = traced(RESET_RUN);
  const filtered = traced(FILTERED_RUN, TRACED_DROPS);
  const types = (run: HandshakeRun) => typesOf(run).filter((type) => type !== 'lookup');

  test('stands between the segment and the RST that answers it', () => {
    expect(types(reset)).toEqual([...['SYN', 'SYN/ACK', 'event', 'RST', 'ACK', 'event', 'RST']]);
  });

  test('behind the filter: each drop at its time, each reason once', () => {
    expect(types(filtered)).toEqual([
      ...['SYN', 'SYN/ACK', 'event', 'dropped', 'event', 'ACK', '"hello"', 'ACK', 'dropped'],
    ]);
    const drops = telling(filtered).flatMap(({ type, ms }) => (type === 'dropped' ? [ms.toFixed(3)] : []));
    expect(drops).toEqual(['0.059', '0.144']);
  });

  test('where the trace lost a drop, the counter is believed, and no time is claimed', () => {
    const drops = telling(traced(FILTERED_RUN, TRACED_DROPS.slice(0, 2))).filter(({ type }) => type === 'dropped');
    expect(drops).toMatchObject([{ isTimed: false }, { isTimed: false }]);
  });

  test('in words: event and reason, the path in the explanation', () => {
    const shown = text([reset, filtered], 60);
    expect(shown).toMatch(/0\.071 {2}client's kernel: tcp_send_reset reason=NO_SOCKET/);
    expect(shown).toMatch(/0\.140 {2}server's kernel: tcp_send_reset reason=TCP_FLAGS/);
    expect(shown).toMatch(/0\.059 {2}RST ──✗ dropped by the rule +client's kernel/);
    expect(shown).toMatch(/0\.059 {2}client's kernel: kfree_skb reason=NETFILTER_DROP/);
    expect(shown.replaceAll(/\s+/g, ' ')).toContain('tcp_v4_rcv -> tcp_v4_send_reset, reason NO_SOCKET');
    expect(text([RESET_RUN])).not.toContain('NO_SOCKET');
  });

  test('shorter where the line would not hold it', () => {
    expect(text([reset], 54)).toMatch(/^ +0\.071 {2}client's kernel: tcp_send_reset NO_SOCKET$/m);
    const [first] = reset.kernel;
    if (first === undefined) throw new Error('no event');
    const long = traced(RESET_RUN, [{ ...first, reason: 'TCP_INVALID_ACK_SEQUENCE' }]);
    expect(text([long], 54)).toMatch(/^ +0\.071 {2}client's kernel: RST TCP_INVALID_ACK_SEQUENCE$/m);
  });

  test.each([54, 60, 80, 110, 111, 120, 200])('at %i columns no line is wider, in either language', (columns) => {
    for (const language of ['en', 'zh'] as const) {
      const lines = text([reset, filtered], columns, language).split('\n');
      const drawn = lines.filter((line) => !/^(The rule|规则|rawshake compare)/.test(line));
      expect(drawn.filter((line) => width(line) > columns)).toEqual([]);
    }
  });

  test('as JSON: seconds, the event, no identities of its own', () => {
    const [run] = compareJson([reset], CONTEXT).runs;
    expect(run?.kernel[0]).toEqual({
      at: 0.001071,
      host: 'client',
      event: 'tcp_send_reset',
      reason: 'NO_SOCKET',
      function: 'tcp_v4_rcv',
      stack: ['tcp_v4_send_reset', 'tcp_v4_rcv', 'ip_protocol_deliver_rcu'],
      src: '192.0.2.1',
      srcPort: 41000,
      dst: '192.0.2.2',
      dstPort: 8888,
    });
    expect(run).toMatchObject({ kernelMissing: [], sockets: [], counters: { client: {}, server: {} } });
  });
});

describe('the numbers', () => {
  test('where they are asked for, relative to where each side began', () => {
    const view = { language: 'en', columns: 80, unicode: true, numbers: true } as const;
    const shown = stripVTControlCharacters(
      compareText([FILTERED_RUN], ({ remedy }) => REMEDIES[remedy as 'none'], CONTEXT, view),
    );
    for (const line of [/SYN 0:0\(0\) ─+▶/, /◀─+ SYN\/ACK 0:0\(0\) ack 1 /, /"hello" 1:6\(5\) ack 1 ─+▶/])
      expect(shown).toMatch(line);
  });

  test.each([
    ['S', 'SYN'],
    ['SEW', 'SYN/ECE/CWR'],
    ['S.E', 'SYN/ACK/ECE'],
    ['.E', 'ACK/ECE'],
    ['F.', 'FIN/ACK'],
  ])('flags in full: %s is %s', (flags, name) => {
    expect(typesOf({ ...RESET_RUN, packets: [observed(1, 'client', 'kernel', flags)], lookups: [] })).toEqual([name]);
  });
});

describe('long transfers', () => {
  const data = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      observed(
        21 + i / 100,
        i % 2 === 0 ? 'client' : 'server',
        i % 2 === 0 ? 'rawshake' : 'kernel',
        i % 2 === 0 ? 'P.' : '.',
        {
          payload: Buffer.alloc(i % 2 === 0 ? 1448 : 0),
        },
      ),
    );
  const [syn, synAck] = FILTERED_RUN.packets;
  const arrows = (count: number) =>
    text(
      [
        {
          ...FILTERED_RUN,
          packets: [syn, synAck, ...data(count)].filter((packet) => packet !== undefined),
          lookups: [],
        },
      ],
      80,
    )
      .split('\n')
      .filter((line) => /[▶◀]|…/.test(line));

  test('are summed up between their beginning and their end', () => {
    const lines = arrows(2008);
    expect(lines).toHaveLength(2 + 4 + 1 + 4);
    expect(lines[6]).toMatch(/ … 2,000 segments, 1,448,000 bytes …$/);
  });

  test('a few segments are shown one by one', () => {
    expect(arrows(19)).toHaveLength(2 + 19);
  });
});

describe('in sentences', () => {
  const shown = (language: Language) =>
    stripVTControlCharacters(
      compareText([traced(FILTERED_RUN, TRACED_DROPS)], ({ remedy }) => REMEDIES[remedy as 'none'], CONTEXT, {
        ...{ language, columns: 80, unicode: true, plain: true },
      }),
    );

  test.each([
    ['en', '0.000 ms: client (rawshake) sends SYN to server'],
    ['en', "0.059 ms: client's kernel: RST dropped by the rule"],
    ['en', "server's kernel: LISTEN on :8888"],
    ['zh', '0.000 毫秒：客户端（rawshake）发给服务器 SYN'],
  ] as const)('%s: %s', (language, sentence) => {
    expect(shown(language).split('\n')).toContain(sentence);
  });

  test('nothing is drawn', () => {
    expect(shown('en')).not.toMatch(/[─▶◀✗]/);
  });
});

describe('the text', () => {
  test('side by side where it fits', () => {
    const lines = text([RESET_RUN, FILTERED_RUN]).split('\n');
    expect(lines.find((line) => line.includes('1  no filter'))).toContain("2  iptables drops the kernel's RST");
  });

  test('one below the other where it does not', () => {
    const lines = text([RESET_RUN, FILTERED_RUN], 80).split('\n');
    expect(lines.find((line) => line.includes('1  no filter'))).toBe('1  no filter');
  });

  test('says who sent what, the look-up, the verdicts, why, and the last word', () => {
    const shown = text([RESET_RUN, FILTERED_RUN], 60);
    for (const line of [
      /0\.000 {2}SYN ─+▶ {2}rawshake/,
      /0\.062 {2}◀─+ SYN\/ACK {2}server's kernel/,
      /0\.089 {2}RST ─+▶ {2}client's kernel/,
      /client's kernel: no socket owns :41000/,
      /server's kernel: LISTEN, half-open entry gone/,
      /RST ──✗ dropped by the rule +client's kernel/,
      /RESET by the client's own kernel \(as expected\)/,
      /ESTABLISHED \(as expected\)/,
      /server's program: accepted, read "hello"/,
      /rule: dropped 2 RSTs/,
      /Why: a kernel answers every TCP segment/,
      /Both runs went as expected\./,
    ]) {
      expect(shown).toMatch(line);
    }
  });

  test('a run that differs says what was expected, and the summary counts it', () => {
    const shown = text([{ ...RESET_RUN, observed: 'no-answer' }, FILTERED_RUN]);
    expect(shown).toContain('NOT as expected: it should have been reset-by-own-kernel');
    expect(shown).toContain('1 of 2 runs did not go as expected.');
  });

  test.each([54, 60, 80, 110, 111, 120, 200])('at %i columns no line is wider, in either language', (columns) => {
    for (const language of ['en', 'zh'] as const) {
      const lines = drawn(text([RESET_RUN, FILTERED_RUN], columns, language));
      expect(lines.filter((line) => width(line) > columns)).toEqual([]);
    }
  });

  test('an ASCII terminal gets ASCII', () => {
    // eslint-disable-next-line no-control-regex -- that is what ASCII is
    expect(drawn(text([RESET_RUN, FILTERED_RUN], 120, 'en', false)).join('')).toMatch(/^[\x00-\x7f§]*$/);
  });
});

/** Every remedy once, with the outcome that it promises. */
const ALL_RUNS = REMEDY_IDS.map((remedy): HandshakeRun => ({
  ...(REMEDIES[remedy].expected === 'established' ? FILTERED_RUN : RESET_RUN),
  remedy,
}));

describe('the table of cures', () => {
  test('stands after the ladders from three remedies on, a row for each, in place of single reasons', () => {
    for (const columns of [80, 160]) {
      const shown = text(ALL_RUNS, columns);
      const [, cures = ''] = shown.split('The cures, and what each needs beside CAP_NET_RAW');
      for (const id of REMEDY_IDS) expect(cures).toMatch(new RegExp(`^${id} `, 'm'));
      expect(cures).toContain('bind() reserves the port');
      expect(shown.split('bind() reserves the port')).toHaveLength(2);
      expect(shown.indexOf('The cures')).toBeGreaterThan(shown.indexOf('The rule (iptables):'));
      expect(shown.match(/^The rule( |:).*$/gm)?.every((line) => /^The rule \([\w-]+\): /.test(line))).toBe(true);
    }
    expect(text([RESET_RUN, FILTERED_RUN])).not.toContain('The cures');
  });

  test('two remedies: no table, the reason by itself', () => {
    const shown = text(ALL_RUNS.filter(({ remedy }) => remedy === 'none' || remedy === 'dummy-bind'));
    expect(shown).not.toContain('The cures');
    expect(shown.replaceAll(/\s+/g, ' ')).toContain('dummy-bind: bind() reserves the port, and that is all');
  });

  test('a wide terminal gets columns with outcome and set-up time, a narrow one a block for each', () => {
    expect(text(ALL_RUNS, 160)).toMatch(
      /^iptables +ESTABLISHED +12\.3 +CAP_NET_ADMIN; iptables +hits these RSTs alone/m,
    );
    expect(text(ALL_RUNS, 80)).toMatch(
      /^iptables {2}ESTABLISHED {2}set-up, ms 12\.3\n {2}needs +CAP_NET_ADMIN; iptables\n/m,
    );
  });

  test('both IP versions: one row, both times, and both outcomes where they differ', () => {
    const [none = RESET_RUN, first = FILTERED_RUN, ...rest] = ALL_RUNS;
    const second: HandshakeRun = { ...first, family: 6, setupMs: 3, observed: 'aborted' };
    const shown = text([none, first, second, ...rest], 100);
    expect(shown).toContain('iptables  IPv4: ESTABLISHED; IPv6: ABORTED before the end  set-up, ms 12.3 / 3.0');
  });

  test.each([54, 80, 120, 129, 130, 160, 200])('at %i columns no line is wider, in either language', (columns) => {
    for (const language of ['en', 'zh'] as const) {
      const lines = drawn(text(ALL_RUNS, columns, language));
      expect(lines.filter((line) => width(line) > columns)).toEqual([]);
    }
  });
});

describe('the verdict on a rule', () => {
  const FLAWED = judgeFilter({
    flow: FILTERED_RUN.flow,
    rules: judgedIptables(
      [{ table: 'filter', chain: 'OUTPUT', match: ['-p', 'tcp', '--tcp-flags', 'RST', 'RST', '-j', 'DROP'] }],
      4,
    ).map((rule) => ({ rule, packets: 2 })),
    ...{ answerable: 2, kernelResetsLeft: 0, ownResetsSent: 1, ownResetsLeft: 0, refusedSends: 1 },
    ...{ peerResets: 0, wrongAcks: 0 },
  });
  const RULE_RUN: HandshakeRun = { ...FILTERED_RUN, remedy: 'rule', verdict: FLAWED, ownResetLeft: false };

  test("of a user's own rule: what it misses, what would do, and that it was as expected all the same", () => {
    const shown = text([RESET_RUN, RULE_RUN]);
    for (const line of [
      'own RST, sent last to try it: did NOT get out',
      'rule: matched 2 packets',
      'Your rule: no RST of the kernel left, and yet:',
      "  - It drops the program's own RSTs too; its send fails with EPERM.",
      'A rule that does it: iptables -w -t raw -I OUTPUT 1 -s 192.0.2.1/32',
      'Both runs went as expected, with remarks on your rule.',
    ]) {
      expect(shown).toContain(line);
    }
    expect(text([RESET_RUN, RULE_RUN], 120, 'zh')).toContain('你的规则: 内核的 RST 都没有发出');
  });

  test('of several: each with its counter, and which one it is about', () => {
    const verdict = {
      ok: true,
      silent: true,
      findings: [
        { code: 'exact', text: { en: 'Exact.', zh: '恰好。' }, rule: 1 },
        { code: 'idle', text: { en: 'Idle.', zh: '空闲。' }, rule: 0 },
      ],
    } as const;
    const each = [
      { text: 'iptables -A INPUT -j ACCEPT', packets: 1, bytes: 60 },
      { text: 'iptables -A OUTPUT -j DROP', packets: 2, bytes: 80 },
    ];
    const rule = FILTERED_RUN.rule === null ? null : { ...FILTERED_RUN.rule, each };
    const shown = text([RESET_RUN, { ...RULE_RUN, verdict, rule }]);
    expect(shown).toContain(
      [
        'Your rules: they do what they should, and nothing else.',
        '  rule 1: 1 packet  iptables -A INPUT -j ACCEPT',
        '  rule 2: 2 packets  iptables -A OUTPUT -j DROP',
        '  - rule 2: Exact.',
        '  - rule 1: Idle.',
      ].join('\n'),
    );
    expect(
      text(
        [RULE_RUN].map((run) => ({ ...run, verdict, rule })),
        120,
        'zh',
      ),
    ).toContain('  - 规则 2: 恰好。');
  });

  test('of a good one: that it is', () => {
    const verdict = {
      ok: true,
      silent: true,
      findings: [{ code: 'exact', text: { en: 'Exact.', zh: '恰好。' } }],
    } as const;
    const shown = text([RESET_RUN, { ...RULE_RUN, verdict, ownResetLeft: true }]);
    expect(shown).toContain('Your rule: it does what it should, and nothing else.');
    expect(shown).toContain('own RST, sent last to try it: got out');
    expect(shown).not.toContain('A rule that does it');
    expect(shown).toContain('Both runs went as expected.');
  });

  test('of our own rule only where the run was not as expected', () => {
    const verdict = {
      ok: false,
      silent: false,
      findings: [{ code: 'no-match', text: { en: 'No.', zh: '否。' } }],
    } as const;
    const failed: HandshakeRun = { ...FILTERED_RUN, observed: 'reset-by-own-kernel', verdict };
    expect(text([RESET_RUN, failed])).toContain('iptables: it lets RSTs of the kernel out.\n  - No.');
    expect(text([RESET_RUN, { ...failed, observed: 'established' }])).not.toContain('  - No.');
  });

  test('of two IP versions each has its own', () => {
    const shown = text([RULE_RUN, { ...RULE_RUN, family: 6 }]);
    for (const family of [4, 6]) expect(shown).toContain(`Your rule (IPv${family}): `);
  });

  test('no drop is drawn beside a RST that left', () => {
    const rule = { backend: 'iptables', drops: 'resets', commands: [], packets: 1, bytes: 40 } as const;
    expect(typesOf({ ...RESET_RUN, rule })).not.toContain('dropped');
  });

  test('in the JSON it is plain text of the language that was asked for', () => {
    const [run] = compareJson([RULE_RUN], CONTEXT, 'zh').runs;
    expect(run).toMatchObject({
      remedy: 'rule',
      ownResetLeft: false,
      setupMs: 12.34,
      verdict: { ok: false, silent: true },
    });
    expect(run?.verdict?.findings[0]).toMatchObject({
      code: 'own-resets-dropped',
      text: expect.stringContaining('程序') as string,
    });
    expect(compareJson([RESET_RUN], CONTEXT).runs[0]).toMatchObject({ verdict: null, ownResetLeft: null });
  });
});

describe('the JSON', () => {
  const json = compareJson([RESET_RUN, FILTERED_RUN], CONTEXT);

  test('has the shape that scripts rely on', () => {
    expect(json).toMatchObject({ command: 'compare', version: 1, kernel: '6.18.44', rootless: false, ok: true });
    expect(json.runs[0]).toMatchObject({
      remedy: 'none',
      role: 'client',
      family: 4,
      transport: 'libc',
      expected: 'reset-by-own-kernel',
      observed: 'reset-by-own-kernel',
      ok: true,
      rule: null,
      kernel: [],
      durationMs: 41.2,
    });
  });

  test('times are seconds since the first event, to the microsecond', () => {
    expect(json.runs[0]?.lookups[0]?.at).toBe(0);
    expect(json.runs[0]?.packets.map(({ at }) => at)).toEqual([0.001, 0.001062, 0.001089, 0.00113, 0.001148]);
  });

  test('a packet: absolute numbers, relative text, flags in packetdrill letters', () => {
    expect(json.runs[0]?.packets[1]).toMatchObject({
      from: 'server',
      to: 'client',
      sender: 'kernel',
      flags: 'S.',
      seq: 9000,
      ack: 1001,
      text: 'S. 0:0(0) ack 1 win 65160',
      checksumOk: true,
    });
    expect(json.runs[1]?.packets[3]).toMatchObject({ flags: 'P.', length: 5, text: 'P. 1:6(5) ack 1 win 65535' });
  });

  test('bytes are the whole IP packet in hexadecimal', () => {
    expect(json.runs[0]?.packets[0]?.bytes).toMatch(/^4500002c[0-9a-f]{80}$/);
  });

  test('ok is false where one run differs', () => {
    expect(compareJson([{ ...RESET_RUN, observed: 'established' }], CONTEXT).ok).toBe(false);
  });
});

test('in Chinese the punctuation is Chinese, too', () => {
  const shown = text([RESET_RUN, FILTERED_RUN], 120, 'zh');
  expect(shown).toMatch(/为什么：/);
  expect(shown).toMatch(/（如预期）/);
  expect(shown).not.toMatch(/[\u3400-\u9fff][:(]|[\u3400-\u9fff] \(/);
});
