import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isRootless } from '../../src/linux/namespace/user-namespace.js';
import { runCommand } from '../../src/linux/process/command.js';
import { json, rawshake, WITHOUT_CAPABILITIES } from '../support/cli.js';
import { TRACING } from '../support/root.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Packet {
  readonly from: string;
  readonly sender: string;
  readonly flags: string;
  readonly checksumOk: boolean;
}
interface Compare {
  readonly ok: boolean;
  readonly rootless: boolean;
  readonly kernel: string;
  readonly runs: readonly {
    readonly remedy: string;
    readonly family: number;
    readonly observed: string;
    readonly server: { readonly accepted: boolean; readonly received: string };
    readonly rule: { readonly packets: number } | null;
    readonly packets: readonly Packet[];
    readonly lookups: readonly { readonly at: number; readonly owner: string }[];
  }[];
}

/** Somebody who is nobody, and may make a user namespace. */
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;

const hostRules = (): string =>
  ['iptables-save', 'ip6tables-save']
    .map((save) => runCommand([save]))
    .join('')
    .replace(/^#.*$/gm, '');

describe('compare', () => {
  test('--family both --json --pcap: four runs as expected, a sound capture, the host untouched', async () => {
    const file = join(folder, 'both.pcapng');
    const rules = hostRules();
    const result = await rawshake(['compare', '--family', 'both', '--json', '--pcap', file, '--data', 'hello, you']);
    expect(result).toMatchObject({ code: 0 });
    const { runs, ok, kernel } = json(result) as Compare;
    expect(ok).toBe(true);
    expect(kernel).toMatch(/^\d+\.\d+/);
    expect(runs.map(({ remedy, family, observed }) => [remedy, family, observed])).toEqual([
      ['none', 4, 'reset-by-own-kernel'],
      ['iptables', 4, 'established'],
      ['none', 6, 'reset-by-own-kernel'],
      ['iptables', 6, 'established'],
    ]);
    expect(runs.map(({ server }) => server.received)).toEqual(['', 'hello, you', '', 'hello, you']);
    expect(runs.map(({ rule }) => (rule?.packets ?? 0) > 0)).toEqual([false, true, false, true]);
    expect(runs.flatMap(({ packets }) => packets).filter(({ checksumOk }) => !checksumOk)).toEqual([]);
    expect(runs.flatMap(({ lookups }) => lookups).filter(({ at }) => at < 0)).toEqual([]);

    const tshark = (filter: string) =>
      runCommand([
        'tshark',
        '-r',
        file,
        '-o',
        'tcp.check_checksum:TRUE',
        '-Y',
        filter,
        '-T',
        'fields',
        '-e',
        'frame.interface_name',
      ]);
    expect(tshark('tcp').split('\n').length).toBeGreaterThan(20);
    expect(tshark('_ws.malformed || tcp.checksum.status == "Bad" || ip.checksum.status == "Bad"')).toBe('');
    const resets = tshark('tcp.flags.reset == 1 && (ip.src == 192.0.2.1 || ipv6.src == 2001:db8::1)')
      .trim()
      .split('\n');
    expect(resets).toEqual(['none IPv4', 'none IPv6']);
    expect(hostRules()).toBe(rules);
  });

  test('the capture says in comments who sent what', async () => {
    const file = join(folder, 'comments.pcapng');
    await rawshake(['compare', '--pcap', file]);
    const comments = runCommand(['tshark', '-r', file, '-Y', 'tcp', '-T', 'fields', '-e', 'frame.comment']);
    const senders = comments.split('\n').map((comment) => comment.replace(/;.*/, '')); // behind it, what the kernels said
    expect(senders.slice(0, 5)).toEqual([
      'sent by rawshake',
      "sent by the server's kernel",
      "sent by the client's kernel",
      'sent by rawshake',
      "sent by the server's kernel",
    ]);
  });

  test('for a person: both ladders, both verdicts, nothing on stderr', async () => {
    const { code, stdout, stderr } = await rawshake(['compare']);
    expect(code).toBe(0);
    expect(stdout).toContain("RESET by the client's own kernel (as expected)");
    expect(stdout).toContain('ESTABLISHED (as expected)');
    expect(stdout).toContain('Both runs went as expected.');
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toMatch(isRootless() ? /^rawshake: not root: .*\n$/ : /^$/);
  });

  test('in Chinese, by option or by LANG', async () => {
    const byOption = await rawshake(['compare', '--lang', 'zh', '--remedy', 'none']);
    const byLang = await rawshake(['compare', '--remedy', 'none'], { env: { LANG: 'zh_CN.UTF-8' } });
    for (const { stdout } of [byOption, byLang]) expect(stdout).toContain('没有套接字拥有 :41000');
  });

  test.each(['libc', 'auto'])('--transport %s', async (transport) => {
    const result = await rawshake(['compare', '--transport', transport, '--json', '--remedy', 'iptables']);
    const findings = [
      { id: 'established', certainty: 'proven', host: 'client', packets: [0, 1, 2], text: 'ESTABLISHED' },
      { id: 'filter-exact', certainty: 'proven', host: 'client', packets: [] },
    ];
    expect(json(result)).toMatchObject({ ok: true, runs: [{ remedy: 'iptables', observed: 'established', findings }] });
  });

  test('--rule: one more run beside none, judged; remarks alone do not make it fail', async () => {
    const rules = hostRules();
    const result = await rawshake(['compare', '--rule', '-A OUTPUT -p tcp --tcp-flags RST RST -j DROP', '--json']);
    expect(result.code).toBe(0);
    expect(json(result)).toMatchObject({
      ok: true,
      runs: [
        { remedy: 'none', observed: 'reset-by-own-kernel', verdict: null },
        {
          remedy: 'rule',
          expected: 'established',
          observed: 'established',
          rule: { backend: 'iptables', packets: 4, ownResets: 1 },
          ownResetLeft: false,
          verdict: {
            ok: false,
            silent: true,
            findings: [{ code: 'own-resets-dropped' }, { code: 'too-wide' }, { code: 'after-conntrack' }],
          },
        },
      ],
    });
    expect(hostRules()).toBe(rules);
  });

  test('--rule that leaks: exit 1, why, and a rule that does it', async () => {
    const rule = 'iptables -A INPUT -p tcp --tcp-flags RST RST -j DROP -m comment --comment "on the wrong side"';
    const { code, stdout } = await rawshake(['compare', '--remedy', 'none,nft', '--rule', rule]);
    expect(code).toBe(1);
    expect(stdout).toContain('3  your rule');
    expect(stdout).toContain('Your rule: it lets RSTs of the kernel out.\n  - Wrong chain (filter INPUT)');
    expect(stdout).toContain("--comment 'on the wrong side'");
    expect(stdout).toContain('A rule that does it: iptables -w -t raw -I OUTPUT 1');
    expect(stdout).toContain('1 of 3 runs did not go as expected.');
  });

  test('--rule several times, and --ruleset before them: all are loaded, and each is counted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rawshake-'));
    const file = join(folder, 'mine.nft');
    writeFileSync(
      file,
      'table inet mine {\n  chain in { type filter hook input priority 0; tcp dport 41000 accept; }\n}\n',
    );
    const rule = '-t raw -A OUTPUT -p tcp --tcp-flags RST RST -m mark ! --mark 0x36 -j DROP';
    const args = ['compare', '--ruleset', file, '--rule', rule, '--rule', '-A OUTPUT -p udp -j DROP'];
    const { code, stdout } = await rawshake(args);
    const result = await rawshake([...args, '--json']);
    rmSync(folder, { recursive: true });
    expect(code).toBe(0);
    expect(stdout).toContain(`The rule: nft -f ${file}\nThe rule: iptables -w -t raw -A OUTPUT`);
    expect(stdout).toMatch(/^Your rules: .*\n {2}rule 1: \d packets? {2}iptables /m);
    const run = (json(result) as Compare).runs.at(-1) as unknown as {
      readonly rule: { readonly each: readonly { readonly text: string; readonly packets: number }[] };
      readonly verdict: { readonly findings: readonly { readonly code: string; readonly rule: number }[] };
    };
    expect(run.rule.each.filter(({ packets }) => packets > 0).map(({ text }) => text.split(' ')[0])).toEqual([
      'iptables',
      'nft',
    ]);
    const [wide] = run.verdict.findings;
    expect(run.rule.each[wide?.rule ?? -1]?.text).toContain('--tcp-flags RST RST');
  });

  test.each([
    { args: ['--ruleset', '/nowhere/at-all'], says: '/nowhere/at-all: cannot be read (ENOENT)' },
    {
      args: ['--rule', '-A OUTPUT –p tcp -j DROP'],
      says: "What was meant: rawshake compare --rule '-A OUTPUT -p tcp -j DROP'",
    },
    { args: ['--rule', 'nft include "/etc/passwd"'], says: 'include does not belong here' },
  ])('$args: a usage error', async ({ args, says }) => {
    const { code, stdout, stderr } = await rawshake(['compare', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
  });

  test('--rule for both IP versions, and without a capability', async () => {
    const rule = '-t raw -I OUTPUT 1 -p tcp --tcp-flags RST RST -m mark ! --mark 0x36 -j DROP';
    const args = ['compare', '--remedy', 'none', '--family', 'both', '--rule', rule, '--json'];
    const result = await rawshake(args, { prefix: WITHOUT_CAPABILITIES });
    expect(result.code).toBe(0);
    const { runs } = json(result) as Compare;
    expect(runs.map(({ remedy, family }) => `${remedy} ${String(family)}`)).toEqual([
      'none 4',
      'rule 4',
      'none 6',
      'rule 6',
    ]);
    expect(runs[3]).toMatchObject({ ownResetLeft: true, verdict: { findings: [{ code: 'too-wide' }] } });
  });

  test('--remedy all: the table of cures', async () => {
    const { code, stdout } = await rawshake(['compare', '--remedy', 'all']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^nft {2}ESTABLISHED {2}set-up, ms \d+\.\d$/m);
    const { runs } = json(await rawshake(['compare', '--remedy', 'all', '--json'])) as {
      readonly runs: readonly { readonly remedy: string; readonly setupMs: number }[];
    };
    for (const { remedy, setupMs } of runs) if (remedy !== 'none') expect(setupMs).toBeGreaterThan(0);
  });

  test('--help names the addresses, ports and mark that a rule can use', async () => {
    const { stdout } = await rawshake(['compare', '--help']);
    for (const word of ['192.0.2.1', '2001:db8::1', '41000', '192.0.2.2', '2001:db8::2', '8888', '0x36']) {
      expect(stdout).toContain(word);
    }
  });

  test.runIf(TRACING)("the kernel's own word is in the JSON and on the time line", async () => {
    const { runs } = json(await rawshake(['compare', '--json', '--remedy', 'none'])) as {
      readonly runs: readonly { readonly kernel: readonly Record<string, unknown>[] }[];
    };
    expect(runs[0]?.kernel.find(({ event }) => event === 'tcp_send_reset')).toEqual({
      at: expect.any(Number) as number,
      ...{ host: 'client', event: 'tcp_send_reset', reason: 'NO_SOCKET', function: 'tcp_v4_rcv' },
      stack: expect.arrayContaining(['tcp_v4_send_reset', 'tcp_v4_rcv']) as string[],
      ...{ src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 },
    });
    const { stdout } = await rawshake(['compare']);
    expect(stdout).toMatch(/client's kernel: tcp_send_reset reason=NO_SOCKET/);
    expect(stdout).toMatch(/client's kernel: kfree_skb reason=NETFILTER_DROP/);
  });

  test.runIf(TRACING)(
    'an ordinary user: no word of the kernel, which is said in one line; the rest as it was',
    async () => {
      const result = await rawshake(['compare', '--json'], { prefix: AS_NOBODY });
      expect(result.code).toBe(0);
      expect(result.stderr).toMatch(/^rawshake: not root: .*user namespace.*; .*tracefs.*\n$/);
      expect(json(result)).toMatchObject({
        rootless: true,
        runs: [
          { observed: 'reset-by-own-kernel', kernel: [], kernelMissing: [expect.stringContaining('tracefs')] },
          { observed: 'established', kernel: [] },
        ],
      });
    },
  );

  test('without a capability: the same, in a user namespace, and said on stderr', async () => {
    const result = await rawshake(['compare', '--family', 'both', '--json'], { prefix: WITHOUT_CAPABILITIES });
    expect(result).toMatchObject({ code: 0, stderr: expect.stringContaining('user namespace') as string });
    const { rootless, runs } = json(result) as Compare;
    expect(rootless).toBe(true);
    expect(runs.map(({ observed }) => observed)).toEqual([
      'reset-by-own-kernel',
      'established',
      'reset-by-own-kernel',
      'established',
    ]);
  });
});
