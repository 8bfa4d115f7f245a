/** A user's own rule on the real kernel: what `judgeFilter` says of it, and what became of the handshake. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RawshakeError } from '../../src/error.js';
import type { HandshakeRun } from '../../src/evidence/run.js';
import { parseRuleset, parseUserRule, type UserRule } from '../../src/filter/user-rule.js';
import { compare } from '../../src/lab/compare.js';
import { type HandshakeOptions, runHandshake } from '../../src/lab/handshake.js';
import { iptables } from '../../src/lab/remedies/iptables.js';
import { REMEDIES, REMEDY_IDS } from '../../src/lab/remedies/index.js';
import { loadRules } from '../../src/lab/remedies/loaded-rules.js';
import { userRules } from '../../src/lab/remedies/user-rules.js';
import { runCommand } from '../../src/linux/process/command.js';
import { createNamespace } from '../../src/linux/namespace/netns.js';
import { TcpFlag } from '../../src/wire/index.js';

const tryRules = (
  rules: readonly UserRule[],
  options: Partial<Pick<HandshakeOptions, 'family' | 'role' | 'transport'>> = {},
): Promise<HandshakeRun> =>
  runHandshake({ family: 4, transport: 'auto', ...options, remedy: userRules(rules), data: 'hello' });

const tryRule = (text: string, family: 4 | 6 = 4, role: 'client' | 'server' = 'client'): Promise<HandshakeRun> =>
  tryRules([parseUserRule(text)], { family, role });

const codes = ({ verdict }: HandshakeRun): string[] => verdict?.findings.map(({ code }) => code) ?? [];

const matchedOfKernel = ({ rule }: HandshakeRun): number => (rule?.packets ?? 0) - (rule?.ownResets ?? 0);

const ADDRESSES = {
  4: '-s 192.0.2.1 -d 192.0.2.2',
  6: '-s 2001:db8::1 -d 2001:db8::2',
} as const;
const RESETS = '--tcp-flags RST RST';
const SPARING = '-m mark ! --mark 0x36';
const exact = (family: 4 | 6): string =>
  `${ADDRESSES[family]} -p tcp --sport 41000 --dport 8888 ${RESETS} ${SPARING} -j DROP`;

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('the exact rule: nothing to find fault with', async () => {
    const run = await tryRule(`-t raw -I OUTPUT 1 ${exact(family)}`, family);
    expect(run).toMatchObject({ remedy: 'rule', observed: 'established', ownResetLeft: true });
    expect(run.verdict).toMatchObject({ ok: true, silent: true });
    expect(codes(run)).toEqual(['exact']);
    expect(run.rule).toMatchObject({ backend: 'iptables', drops: 'resets', packets: 3 });
    const last = run.packets.at(-1);
    expect([last?.sender, (last?.segment.flags ?? 0) & TcpFlag.RST]).toEqual(['rawshake', TcpFlag.RST]);
  });

  test('the exact rule in filter OUTPUT: too late for connection tracking', async () => {
    const run = await tryRule(`-A OUTPUT ${exact(family)}`, family);
    expect(run.observed).toBe('established');
    expect(codes(run)).toEqual(['after-conntrack']);
  });

  test('the recipe of the web works, and eats the own RST', async () => {
    const run = await tryRule(`-A OUTPUT -p tcp ${RESETS} -j DROP`, family);
    expect(run).toMatchObject({ observed: 'established', ownResetLeft: false, verdict: { silent: true, ok: false } });
    expect(codes(run)).toEqual(['own-resets-dropped', 'too-wide', 'after-conntrack']);
    expect(run.verdict?.findings[0]?.text.en).toContain('EPERM');
  });

  test('INPUT: the wrong chain', async () => {
    const run = await tryRule(`-A INPUT -p tcp ${RESETS} -j DROP`, family);
    expect(run).toMatchObject({ observed: 'reset-by-own-kernel', verdict: { silent: false, ok: false } });
    expect(codes(run)[0]).toBe('wrong-chain');
    const received = run.packets.filter(({ from, segment }) => from === 'server' && segment.flags & TcpFlag.RST);
    expect(run.rule?.packets).toBe(received.length);
  });

  test.each(['raw-socket', 'libc', 'packet'] as const)(
    'nothing is sent into a dead connection but the own RST, %s',
    async (transport) => {
      const run = await tryRules([parseUserRule('-A OUTPUT -p udp -j DROP')], { family, transport });
      const byHand = run.packets.filter(({ sender }) => sender === 'rawshake').map(({ segment }) => segment.flags);
      expect(byHand).toEqual([TcpFlag.SYN, TcpFlag.ACK, TcpFlag.RST]);
    },
  );

  test('of two rules, the own RST is laid to the one that dropped it', async () => {
    const rules = ['-A OUTPUT -m conntrack --ctstate INVALID -j DROP', `-A OUTPUT -p tcp ${RESETS} -j DROP`];
    const { verdict, rule } = await tryRules(
      rules.map((text) => parseUserRule(text)),
      { family },
    );
    expect(verdict?.findings.filter(({ code }) => code === 'own-resets-dropped').map((one) => one.rule)).toEqual([1]);
    expect(rule).toMatchObject({ ownResets: 1, each: [{ packets: 0 }, {}] });
  });

  test('the direction the wrong way round: no match', async () => {
    const [, src, , dst] = ADDRESSES[family].split(' ');
    const run = await tryRule(`-t raw -A OUTPUT -s ${dst ?? ''} -d ${src ?? ''} -p tcp ${RESETS} -j DROP`, family);
    expect(run).toMatchObject({ observed: 'reset-by-own-kernel', rule: { packets: 0 } });
    expect(codes(run)[0]).toBe('no-match');
  });

  test('another port: no match, whoever loads it', async () => {
    const run = await runHandshake({
      remedy: { ...iptables, apply: (host, flow, leases) => iptables.apply(host, { ...flow, srcPort: 41001 }, leases) },
      family,
      transport: 'auto',
      data: 'x',
    });
    expect(run).toMatchObject({ remedy: 'iptables', observed: 'reset-by-own-kernel', ownResetLeft: null });
    expect(codes(run)).toEqual(['no-match']);
  });

  test('the program of the other IP version', async () => {
    const run = await tryRule(`${family === 4 ? 'ip6tables' : 'iptables'} -A OUTPUT -p tcp ${RESETS} -j DROP`, family);
    expect(run.observed).toBe('reset-by-own-kernel');
    expect(codes(run)[0]).toBe('wrong-family');
  });

  test('nat: the wrong table', async () => {
    const run = await tryRule(`-t nat -A OUTPUT -p tcp ${RESETS} -j RETURN`, family);
    expect(codes(run)).toEqual(['wrong-table']);
  });

  test('a rule that matches and lets pass', async () => {
    const run = await tryRule(`-t raw -A OUTPUT -p tcp ${RESETS} -j ACCEPT`, family);
    expect(run).toMatchObject({ observed: 'reset-by-own-kernel', rule: { packets: 2, ownResets: 1 } });
    expect(codes(run)).toEqual(['not-a-drop']);
  });

  test.each([
    ...['-t filter -A OUTPUT -j ACCEPT', '-t filter -A OUTPUT -j RETURN', '-t filter -A OUTPUT -j LOG'],
    ...['-t mangle -A OUTPUT -j MARK --set-mark 1', '-t raw -A OUTPUT -j CT --notrack', '-t filter -A OUTPUT'],
    '-t filter -A OUTPUT -j NFQUEUE --queue-bypass',
  ])('%s: no drop, and nothing else is said of what it does not do', async (words) => {
    const run = await tryRule(`${words} -p tcp ${RESETS}`, family);
    expect(run).toMatchObject({ observed: 'reset-by-own-kernel', rule: { drops: 'nothing', packets: 2 } });
    expect(codes(run)).toEqual(['not-a-drop']);
  });

  test('a rule that lets in what comes is in the wrong chain, and blinds nobody', async () => {
    const run = await tryRule('-A INPUT -p tcp -j ACCEPT', family);
    expect(run).toMatchObject({ observed: 'reset-by-own-kernel', rule: { drops: 'nothing' } });
    expect(codes(run)).toEqual(['wrong-chain']);
  });

  test('REJECT drops, too late; of some RSTs only it is too narrow', async () => {
    const rejecting = exact(family).replace(/DROP$/, 'REJECT');
    expect(codes(await tryRule(`-A OUTPUT ${rejecting}`, family))).toEqual(['rejects', 'after-conntrack']);
    const narrow = `-A OUTPUT ${rejecting.replace('-j', '-m statistic --mode nth --every 2 --packet 0 -j')}`;
    expect(codes(await tryRule(narrow, family))[0]).toBe('too-narrow');
  });

  test('a queue at which nobody listens drops', async () => {
    const run = await tryRule(`-t raw -A OUTPUT ${exact(family).replace(/DROP$/, 'NFQUEUE')}`, family);
    expect(run).toMatchObject({ observed: 'established', rule: { drops: 'resets' } });
    expect(codes(run)).toEqual(['exact']);
  });

  test('a drop of what comes in leaves the kernel silent and the raw socket blind', async () => {
    const run = await tryRule('-A INPUT -p tcp --sport 8888 -j DROP', family);
    expect(run).toMatchObject({
      observed: 'aborted',
      verdict: { silent: true, ok: false },
      rule: { drops: 'segments' },
    });
    expect(codes(run)).toEqual(['blinds', 'too-wide']);
  });

  test('not one packet out: nothing was put to the test, and no rule is praised for it', async () => {
    const run = await tryRule('-t raw -A OUTPUT -p tcp -j DROP', family);
    expect(run).toMatchObject({ observed: 'no-answer', ownResetLeft: false, verdict: { ok: false } });
    expect(codes(run)).toEqual(['own-segments-dropped', 'own-resets-dropped', 'too-wide']);
  });

  test('some of the RSTs only', async () => {
    const run = await tryRule(
      `-t raw -A OUTPUT -p tcp ${RESETS} ${SPARING} -m statistic --mode nth --every 2 --packet 0 -j DROP`,
      family,
    );
    expect(codes(run)[0]).toBe('too-narrow');
  });

  test('a hand-made server: the same words for its rule, R. included', async () => {
    const [, client, , server] = ADDRESSES[family].split(' ');
    const flow = `-s ${server ?? ''} -d ${client ?? ''} -p tcp --sport 8888 --dport 41000`;
    const good = await tryRule(`-t raw -A OUTPUT ${flow} ${RESETS} ${SPARING} -j DROP`, family, 'server');
    expect(good).toMatchObject({ observed: 'established', ownResetLeft: true });
    expect(codes(good)).toEqual(['exact']);
    const narrow = await tryRule(
      `-t raw -A OUTPUT ${flow} --tcp-flags RST,ACK RST ${SPARING} -j DROP`,
      family,
      'server',
    );
    expect(narrow.observed).toBe('reset-by-own-kernel');
    expect(codes(narrow)).toEqual(['no-match']);
  });
});

test('the same rule in another network namespace', async () => {
  const elsewhere = createNamespace();
  const remedy = userRules([parseUserRule(`-t raw -A OUTPUT ${exact(4)}`)], () => ({
    run: (argv, input) => runCommand(argv, { netns: elsewhere, input: input ?? '' }),
  }));
  const run = await runHandshake({ remedy, family: 4, transport: 'auto', data: 'x' });
  elsewhere.close();
  expect(run.observed).toBe('reset-by-own-kernel');
  expect(codes(run)).toEqual(['other-namespace']);
});

describe('many rules', () => {
  const nftFile = (rules: readonly string[]): string =>
    ['table ip mine {', 'chain out { type filter hook output priority raw;', ...rules, '}', '}'].join('\n');
  /** Loads them, and tells what was run for it and what came of it. */
  const load = (...texts: readonly string[]) => {
    const netns = createNamespace();
    const run: string[] = [];
    try {
      const host = {
        run: (argv: readonly [string, ...string[]], input = '', limits = {}): string => {
          run.push(argv.join(' '));
          return runCommand(argv, { ...limits, netns, input });
        },
      };
      const rules = texts.map((text) => (text.includes('\n') ? parseRuleset(text, 'x') : parseUserRule(text)));
      const loaded = loadRules(rules, host, 4);
      return { run: [...run], rules: loaded.read() };
    } finally {
      netns.close();
    }
  };
  const COUNTS = 'nft --json --file -';

  test('of nft get their counters in one go', () => {
    const { rules, run } = load(nftFile(Array.from({ length: 100 }, (_, i) => `tcp dport ${String(i + 1)} drop`)));
    expect(rules).toHaveLength(100);
    expect(run.filter((line) => line === COUNTS)).toHaveLength(1);
  });

  test('are listed again only once something was loaded', () => {
    const { rules, run } = load(
      'nft add table ip mine',
      "nft add chain ip mine out '{ type filter hook output priority raw; }'",
      'nft add rule ip mine out tcp dport 1 drop',
      '-A OUTPUT -p tcp -j DROP',
      '-A OUTPUT -p udp -j DROP',
    );
    expect(rules.map(({ rule: { text } }) => text)).toHaveLength(3);
    const isListing = (line: string): boolean => line.includes('list ruleset') || line.includes('-save');
    const again = run.filter((line, i) => {
      const since = run.lastIndexOf(line, i - 1);
      return isListing(line) && i > 0 && since >= 0 && run.slice(since, i).every(isListing);
    });
    expect(again).toEqual([]);
  });

  test.each([
    ['of nft', nftFile(Array.from({ length: 301 }, (_, i) => `tcp dport ${String(i + 1)} drop`))],
    [
      'by one command of iptables',
      `*filter\n-A OUTPUT -d ${Array.from({ length: 301 }, (_, i) => `10.0.${String(i >> 8)}.${String(i & 255)}`).join(',')} -j DROP\nCOMMIT\n`,
    ],
  ])('%s: more than 300 are refused', (_, text) => {
    expect(() => load(text)).toThrow(/^rule: (lists: )?more than 300 rules (came of it|in all)/);
  });

  test('a program that takes more memory than it may is said to', () => {
    const greedy = ['python3', '-c', 'bytearray(1 << 30)'] as const;
    expect(() => runCommand(greedy, { mostMemoryMiB: 512 })).toThrow(
      /^python3: what it was given takes more than 512 MiB of memory$/,
    );
  });

  const ADDRESSES_3000 = Array.from({ length: 3000 }, (_, i) => `10.0.${String(i >> 8)}.${String(i & 255)}`).join(',');

  test.each<['nft' | 'iptables', string]>([
    [
      'nft',
      [
        'define a0 = { 192.0.2.1, 192.0.2.2 }',
        ...Array.from({ length: 15 }, (_, i) => {
          const before = `$a${String(i)}`;
          return `define a${String(i + 1)} = { ${[before, before, before, before].join(', ')} }`;
        }),
        nftFile(['ip daddr $a15 drop']),
      ].join('\n'),
    ],
    ['iptables', `*filter\n-A OUTPUT -s ${ADDRESSES_3000} -d ${ADDRESSES_3000} -j DROP\nCOMMIT\n`],
  ])(
    '%s: a line that stands for millions is refused before it is loaded, and not shown in full',
    (program, text) => {
      const error = (() => {
        try {
          return load(text);
        } catch (thrown) {
          return thrown;
        }
      })();
      const what = { nft: 'variables: more than 262144 values', iptables: 'lists: more than 300 rules' }[program];
      expect(error).toMatchObject({ code: 'RS_USAGE', message: expect.stringContaining(what) as string });
      expect((error as RawshakeError).message.length).toBeLessThan(700);
      expect((error as RawshakeError).hint.length).toBeLessThan(700);
    },
    40_000,
  );

  test('a program that is not there is missing, with a limit and without', () => {
    const absent = () => runCommand(['rawshake-none'], { mostMemoryMiB: 512 });
    expect(absent).toThrow(/^rawshake-none: the program is not installed$/);
  });
});

test('a rule that lets a conversation begin and not end: given up quietly, and judged', async () => {
  const run = await tryRule(
    `-t raw -A OUTPUT -p tcp ${SPARING} --tcp-flags RST RST -j DROP -m comment --comment "a b"`,
  );
  expect(run.observed).toBe('established');
  const mute = await tryRule('-t raw -A OUTPUT -p tcp --tcp-flags RST,PSH PSH -j DROP');
  expect(mute.observed).toBe('reset-by-own-kernel');
});

describe('what a rule says is held against the real packets, and where it never fits, it has matched nothing', () => {
  const RST = `-p tcp ${RESETS}`;

  test.each([
    { rule: `-A OUTPUT ${RST} -m owner --uid-owner 0 -j DROP`, says: 'has no owner' },
    { rule: `-A OUTPUT ${RST} -m owner ! --socket-exists -j DROP`, says: 'a socket exists' },
    { rule: `-A OUTPUT -o wlan0 ${RST} -j DROP`, says: "-o wlan0 is another link: the kernel's RST leaves by eth0" },
    { rule: `-A OUTPUT ${RST} -m conntrack --ctstate NEW -j DROP`, says: '(ESTABLISHED), so --ctstate NEW' },
    { rule: `-A OUTPUT ${RST} -m conntrack --ctstate INVALID -j DROP`, says: '(ESTABLISHED), so --ctstate INVALID' },
    { rule: `-t raw -A OUTPUT ${RST} -m conntrack --ctstate ESTABLISHED -j DROP`, says: 'before connection tracking' },
    { rule: `-A OUTPUT ${RST} -m string --string hello --algo bm -j DROP`, says: 'carries no data' },
    { rule: `-A OUTPUT ${RST} -m mark --mark 0x36 -j DROP`, says: 'carries no mark' },
    { rule: `-A OUTPUT ${RST} -m time --datestart 2001-01-01 --datestop 2001-01-02 -j DROP`, says: 'at certain times' },
    { rule: `-A OUTPUT ${RST} -m length --length 1000:2000 -j DROP`, says: '-m length --length 1000:2000 may not' },
    { rule: `-A OUTPUT -p tcp --sport 8888 ${RESETS} -j DROP`, says: '--sport 8888 is the wrong way round' },
    { rule: `-A OUTPUT -p udp -j DROP`, says: '-p udp is not TCP' },
  ])('$rule', async ({ rule, says }) => {
    const run = await tryRule(rule);
    expect(run.observed).toBe('reset-by-own-kernel');
    expect(matchedOfKernel(run)).toBe(0);
    expect(codes(run)[0]).toBe('no-match');
    expect(run.verdict?.findings[0]?.text.en).toContain(says);
  });

  test('a limit lets the first of the RSTs fit only', async () => {
    const run = await tryRule(`-t raw -A OUTPUT ${RST} ${SPARING} -m limit --limit 1/hour --limit-burst 1 -j DROP`);
    expect(run.observed).toBe('reset-by-own-kernel');
    expect(codes(run)[0]).toBe('too-narrow');
    expect(run.verdict?.findings[0]?.text.en).toContain('matches only so many');
  });

  test('REJECT of what comes in resets in the place of the kernel', async () => {
    const run = await tryRule('-A INPUT -p tcp --dport 41000 -j REJECT --reject-with tcp-reset');
    expect(run.observed).not.toBe('established');
    expect(codes(run)[0]).toBe('rejects');
  });

  test('a rule that drops the SYN', async () => {
    const run = await tryRule('-A OUTPUT -p tcp -m conntrack --ctstate NEW -j DROP');
    expect(run.observed).toBe('no-answer');
    expect(codes(run)[0]).toBe('own-segments-dropped');
  });

  test.each([4, 6] as const)('by owner, as the cure has it: nobody asked for a mark (IPv%i)', async (family) => {
    const run = await tryRule(`-t raw -A OUTPUT ${RST} -m owner ! --uid-owner 0-4294967294 -j DROP`, family);
    expect(run).toMatchObject({ observed: 'established', ownResetLeft: true });
    expect(codes(run)).toEqual(['too-wide']);
    expect(run.verdict?.findings[0]?.text.en).toContain('what no program has sent');
  });
});

describe('for a program that uses AF_PACKET', () => {
  test.each([4, 6] as const)('an INPUT drop is right (IPv%i)', async (family) => {
    const rule = parseUserRule('-A INPUT -p tcp --dport 41000 -j DROP');
    const run = await tryRules([rule], { family, transport: 'packet' });
    expect(run).toMatchObject({ observed: 'established', ownResetLeft: true, verdict: { ok: true, silent: true } });
    expect(codes(run)).toEqual(['hides']);
  });

  test('its own RST passes a rule that drops all of them', async () => {
    const run = await tryRules([parseUserRule(`-t raw -A OUTPUT -p tcp ${RESETS} -j DROP`)], { transport: 'packet' });
    expect(run).toMatchObject({ observed: 'established', ownResetLeft: true });
    expect(codes(run)).toEqual(['too-wide']);
  });
});

describe('several rules', () => {
  test('all are loaded, each has its counter, and the one that did it is named', async () => {
    const run = await tryRules([
      parseUserRule(`-t raw -A OUTPUT ${exact(4)}`),
      parseUserRule('-A INPUT -p tcp --dport 41000 -j ACCEPT'),
      parseUserRule('-t raw -A OUTPUT -p tcp --sport 1 -j DROP'),
    ]);
    expect(run).toMatchObject({ observed: 'established', rule: { drops: 'resets' } });
    const counted = (start: string) =>
      run.rule?.each?.filter(({ text }) => text.startsWith(start)).map(({ packets }) => packets > 0);
    expect(run.rule?.each).toHaveLength(3);
    expect(counted('iptables -A INPUT')).toEqual([true]);
    expect(counted('iptables -t raw -A OUTPUT -s')).toEqual([true]);
    expect(counted('iptables -t raw -A OUTPUT -p tcp -m tcp --sport 1')).toEqual([false]);
    const wide = run.verdict?.findings.find(({ code }) => code === 'too-wide');
    expect(run.rule?.each?.[wide?.rule ?? -1]?.text).toContain('--sport 1 ');
    expect(codes(run)).toEqual(['too-wide', 'idle', 'idle']);
  });

  test('in their order: one that accepts before it keeps a rule from being asked, one put first does not', async () => {
    const accepts = parseUserRule('-A OUTPUT -p tcp -j ACCEPT');
    const last = await tryRules([accepts, parseUserRule(`-A OUTPUT -p tcp ${RESETS} -j DROP`)]);
    expect(last.observed).toBe('reset-by-own-kernel');
    expect(codes(last)[0]).toBe('shadowed');
    const first = await tryRules([accepts, parseUserRule(`-I OUTPUT -p tcp ${RESETS} -j DROP`)]);
    expect(first.observed).toBe('established');
  });
});

describe('nft', () => {
  const TABLE = [
    'nft add table inet mine',
    "nft add chain inet mine output '{ type filter hook output priority raw; }'",
  ];
  const behind = (...rules: readonly string[]): readonly UserRule[] => [...TABLE, ...rules].map(parseUserRule);

  test.each([4, 6] as const)('a rule by commands counts, whether or not it says counter (IPv%i)', async (family) => {
    for (const counter of ['', 'counter ']) {
      const rules = behind(`nft add rule inet mine output tcp flags rst meta mark != 0x36 ${counter}drop`);
      const run = await tryRules(rules, { family });
      expect(run).toMatchObject({ observed: 'established', rule: { backend: 'nft', drops: 'resets' } });
      expect(run.rule?.packets).toBeGreaterThanOrEqual(3); // a FIN that is sent again draws one more
      expect(codes(run)).toEqual(['too-wide']);
      expect(run.rule?.each?.[0]?.text).toBe('nft add rule inet mine output tcp flags rst meta mark != 54 drop');
    }
  });

  test.each([
    { rule: 'meta skuid 0 tcp flags rst drop', says: 'Leave out meta skuid 0' },
    { rule: 'meta skuid != 1000 tcp flags rst drop', says: 'Leave out meta skuid != 1000' },
    { rule: 'oifname wlan0 tcp flags rst drop', says: 'wlan0 is another link' },
    { rule: 'iifname eth0 tcp flags rst drop', says: 'by which link it came in' },
    { rule: 'ct state established tcp flags rst drop', says: 'before connection tracking' },
    { rule: 'tcp sport { 8888, 9999 } tcp flags rst drop', says: 'tcp sport { 8888, 9999 } is the wrong way round' },
    { rule: 'ip saddr 192.0.2.64/26 tcp flags rst drop', says: 'ip saddr 192.0.2.64/26 is another address' },
    { rule: 'tcp flags == (rst | ack) drop', says: 'tcp flags rst does' },
    { rule: 'udp dport 8888 drop', says: 'is not TCP' },
  ])('$rule: matches nothing, and why', async ({ rule, says }) => {
    const run = await tryRules(behind(`nft add rule inet mine output ${rule}`));
    expect(run.observed).toBe('reset-by-own-kernel');
    expect(matchedOfKernel(run)).toBe(0);
    if (run.rule?.ownResets === 1) {
      expect(run.verdict?.findings[0]?.text.en).toContain("matched nothing but the program's own RST");
      expect(run.ownResetLeft).toBe(false);
    }
    expect(codes(run)[0]).toBe('no-match');
    expect(run.verdict?.findings[0]?.text.en).toContain(says);
  });

  test('a chain without a hook sees nothing', async () => {
    const rules = ['nft add table ip t', 'nft add chain ip t output', 'nft add rule ip t output tcp flags rst drop'];
    const run = await tryRules(rules.map(parseUserRule));
    expect(codes(run)[0]).toBe('wrong-chain');
    expect(run.verdict?.findings[0]?.text.en).toContain('only with a hook');
  });

  test('reject with tcp reset', async () => {
    const run = await tryRules(
      behind('nft add rule inet mine output tcp flags rst meta mark != 0x36 reject with tcp reset'),
    );
    expect(run.observed).toBe('established');
    expect(codes(run)).toEqual(['rejects', 'too-wide']);
  });

  test('beside iptables, in its table too: none is counted twice', async () => {
    const rules = ['-A OUTPUT -p tcp --sport 1 -j DROP', 'nft add rule ip filter OUTPUT tcp flags rst drop'];
    const run = await tryRules(rules.map(parseUserRule));
    expect(run.observed).toBe('established');
    expect(run.rule?.each?.map(({ text }) => text.split(' ')[0])).toEqual(['iptables', 'nft']);
  });

  test('what nft refuses is shown with its words, and what it was given', async () => {
    await expect(compare({ rules: ['nft add rule inet mine output drop'] })).rejects.toMatchObject({
      code: 'RS_USAGE',
      message: expect.stringMatching(/^rule: nft refuses it: .*No such file or directory/) as string,
      hint: expect.stringContaining('nft add chain inet mine output') as string,
    });
    await expect(compare({ rules: TABLE })).rejects.toMatchObject({
      message: expect.stringContaining('no rule') as string,
    });
  });
});

describe('a file of rules', () => {
  test.each(['rst.nft', 'owner.nft', 'rst-v4.rules', 'owner-v4.rules'])('iptables/%s does it', async (name) => {
    const text = readFileSync(`iptables/${name}`, 'utf8');
    const run = await tryRules([parseRuleset(text, name)]);
    expect(run).toMatchObject({ observed: 'established', ownResetLeft: true, verdict: { silent: true } });
    expect(codes(run)).toEqual(expect.arrayContaining([name.startsWith('rst') ? 'exact' : 'too-wide']));
  });

  test.each(['input.nft', 'input-v6.rules'])('iptables/%s does it for AF_PACKET', async (name) => {
    const family = name === 'input.nft' ? 4 : 6;
    const run = await tryRules([parseRuleset(readFileSync(`iptables/${name}`, 'utf8'), name)], {
      family,
      transport: 'packet',
    });
    expect(run).toMatchObject({ observed: 'established', verdict: { ok: true } });
    expect(codes(run)[0]).toBe('hides');
  });

  test('chains of its own, and what leads to them', async () => {
    const text = `*raw\n:mine - [0:0]\n-A OUTPUT -p tcp -j mine\n-A mine ${exact(4)}\nCOMMIT\n`;
    const run = await tryRules([parseRuleset(text, 'x.rules')]);
    expect(run).toMatchObject({ observed: 'established', rule: { drops: 'resets' } });
    expect(codes(run)).toEqual(['exact', 'idle']);
  });
});

describe('a wrong acknowledgment number', () => {
  test.each(['iptables', 'nft'] as const)('behind %s: reset by the peer, and no rule to blame', async (id) => {
    let altered = 0;
    const run = await runHandshake({
      remedy: REMEDIES[id],
      family: 4,
      transport: 'auto',
      data: 'hello',
      alter(packet) {
        const { flags, ack = 0 } = packet.tcp ?? {};
        if (flags !== TcpFlag.ACK || altered > 0) return packet;
        altered += 1;
        return { ...packet, tcp: { ...packet.tcp, ack: ack + 1 } };
      },
    });
    expect(altered).toBe(1);
    expect(run.observed).toBe('reset-by-peer');
    expect(run.verdict).toMatchObject({ silent: true, ok: false });
    expect(codes(run)).toEqual(['reset-by-peer']);
    expect(run.verdict?.findings[0]?.text.en).toContain('1 segment acknowledged what it never sent');
  });
});

describe('compare', () => {
  test('a rule alone is held against none; with remedies it comes last', async () => {
    const rule = `-t raw -A OUTPUT -p tcp ${RESETS} ${SPARING} -j DROP`;
    const alone = await compare({ rules: [rule] });
    expect(alone.map(({ remedy }) => remedy)).toEqual(['none', 'rule']);
    const among = await compare({ rules: [rule], remedies: ['nft'], families: [4, 6] });
    expect(among.map(({ remedy, family }) => `${remedy} ${family}`)).toEqual(['nft 4', 'rule 4', 'nft 6', 'rule 6']);
    expect(among.map(({ rule: seen }) => seen?.commands[0]?.[0])).toEqual(['nft', 'iptables', 'nft', 'ip6tables']);
  });

  test.each(['-A OUTPUT -s 2001:db8::1 -j DROP', '-t nat -A OUTPUT -p tcp -j DROP', '-A NOPE -j DROP', '-A OUTPUT ;'])(
    '%s: what iptables refuses is shown with its words',
    async (rule) => {
      await expect(compare({ rules: [rule] })).rejects.toMatchObject({
        code: 'RS_USAGE',
        message: expect.stringMatching(/^rule: iptables refuses it: .*\w/) as string,
        stderr: expect.stringMatching(/\w/) as string,
        command: expect.arrayContaining(['iptables']) as string[],
      });
    },
  );
});

test('every remedy says how long it took to set up', async () => {
  const runs = await compare({ remedies: REMEDY_IDS.filter((id) => id !== 'adopt') });
  const [none, ...others] = runs.map(({ setupMs }) => setupMs);
  expect(none).toBeGreaterThanOrEqual(0);
  for (const setupMs of others) expect(setupMs).toBeGreaterThan(none ?? Infinity);
});
