/** A user's own rule on the real kernel: what `judgeFilter` says of it, and what became of the handshake. */
import { describe, expect, test } from 'vitest';
import type { HandshakeRun } from '../../src/evidence/run.js';
import { parseUserRule } from '../../src/filter/user-rule.js';
import { compare } from '../../src/lab/compare.js';
import { runHandshake } from '../../src/lab/handshake.js';
import { iptables } from '../../src/lab/remedies/iptables.js';
import { REMEDIES } from '../../src/lab/remedies/index.js';
import { userRule } from '../../src/lab/remedies/user-rule.js';
import { runCommand } from '../../src/linux/command.js';
import { createNamespace } from '../../src/linux/netns.js';
import { TcpFlag } from '../../src/wire/index.js';

const tryRule = (text: string, family: 4 | 6 = 4, role: 'client' | 'server' = 'client'): Promise<HandshakeRun> =>
  runHandshake({ remedy: userRule(parseUserRule(text)), family, role, transport: 'auto', data: 'hello' });

const codes = ({ verdict }: HandshakeRun): string[] => verdict?.findings.map(({ code }) => code) ?? [];

const ADDRESSES = {
  4: '-s 192.0.2.1 -d 192.0.2.2',
  6: '-s 2001:db8::1 -d 2001:db8::2',
} as const;
const RESETS = '--tcp-flags RST RST';
const SPARING = '-m mark ! --mark 0x7261';
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
    expect(run).toMatchObject({ observed: 'reset-by-own-kernel', rule: { packets: 1 } });
    expect(codes(run)).toEqual(['not-a-drop']);
  });

  test.each([
    ...['-t filter -A OUTPUT -j ACCEPT', '-t filter -A OUTPUT -j RETURN', '-t filter -A OUTPUT -j LOG'],
    ...['-t mangle -A OUTPUT -j MARK --set-mark 1', '-t raw -A OUTPUT -j CT --notrack', '-t filter -A OUTPUT'],
    '-t filter -A OUTPUT -j NFQUEUE --queue-bypass',
  ])('%s: no drop, and nothing else is said of what it does not do', async (words) => {
    const run = await tryRule(`${words} -p tcp ${RESETS}`, family);
    expect(run).toMatchObject({ observed: 'reset-by-own-kernel', rule: { drops: 'nothing', packets: 1 } });
    expect(codes(run)).toEqual(['not-a-drop']);
  });

  test('a rule that lets in what comes is in the wrong chain, and blinds nobody', async () => {
    const run = await tryRule('-A INPUT -p tcp -j ACCEPT', family);
    expect(run).toMatchObject({ observed: 'reset-by-own-kernel', rule: { drops: 'nothing' } });
    expect(codes(run)).toEqual(['wrong-chain']);
  });

  test('REJECT drops, too late; of some RSTs only it is too narrow', async () => {
    const rejecting = exact(family).replace(/DROP$/, 'REJECT');
    expect(codes(await tryRule(`-A OUTPUT ${rejecting}`, family))).toEqual(['after-conntrack']);
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
    expect(codes(run)).toEqual(['own-resets-dropped', 'too-wide']);
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
  const remedy = userRule(parseUserRule(`-t raw -A OUTPUT ${exact(4)}`), () => ({
    run: (argv) => runCommand(argv, { netns: elsewhere }),
  }));
  const run = await runHandshake({ remedy, family: 4, transport: 'auto', data: 'x' });
  elsewhere.close();
  expect(run.observed).toBe('reset-by-own-kernel');
  expect(codes(run)).toEqual(['other-namespace']);
});

test('a rule that lets a conversation begin and not end: given up quietly, and judged', async () => {
  const run = await tryRule(
    `-t raw -A OUTPUT -p tcp ${SPARING} --tcp-flags RST RST -j DROP -m comment --comment "a b"`,
  );
  expect(run.observed).toBe('established');
  const mute = await tryRule('-t raw -A OUTPUT -p tcp --tcp-flags RST,PSH PSH -j DROP');
  expect(mute.observed).toBe('reset-by-own-kernel');
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
    const alone = await compare({ rule });
    expect(alone.map(({ remedy }) => remedy)).toEqual(['none', 'rule']);
    const among = await compare({ rule, remedies: ['nft'], families: [4, 6] });
    expect(among.map(({ remedy, family }) => `${remedy} ${family}`)).toEqual(['nft 4', 'rule 4', 'nft 6', 'rule 6']);
    expect(among.map(({ rule: seen }) => seen?.commands[0]?.[0])).toEqual(['nft', 'iptables', 'nft', 'ip6tables']);
  });

  test.each(['-A OUTPUT -s 2001:db8::1 -j DROP', '-t nat -A OUTPUT -p tcp -j DROP', '-A NOPE -j DROP', '-A OUTPUT ;'])(
    '%s: what iptables refuses is shown with its words',
    async (rule) => {
      await expect(compare({ rule })).rejects.toMatchObject({
        code: 'RS_USAGE',
        message: expect.stringMatching(/^rule: iptables refuses it: .*\w/) as string,
        stderr: expect.stringMatching(/\w/) as string,
        command: expect.arrayContaining(['iptables']) as string[],
      });
    },
  );
});

test('every remedy says how long it took to set up', async () => {
  const runs = await compare({ remedies: ['none', 'iptables', 'nft', 'ingress', 'spare-address', 'dummy-bind'] });
  const [none, ...others] = runs.map(({ setupMs }) => setupMs);
  expect(none).toBeGreaterThanOrEqual(0);
  for (const setupMs of others) expect(setupMs).toBeGreaterThan(none ?? Infinity);
});
