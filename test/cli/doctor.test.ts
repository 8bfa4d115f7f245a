/** `rawshake doctor` on this machine, and on the same with something missing. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import stringWidth from 'fast-string-width';
import { describe, expect, test } from 'vitest';
import { BARE, behind, READ_ONLY_SETTINGS } from '../support/bare.js';
import {
  type CliOptions,
  finish,
  json,
  rawshake,
  start,
  WITHOUT_CAPABILITIES,
  WITHOUT_USER_NAMESPACES,
} from '../support/cli.js';
import { legacyPath } from '../support/legacy.js';
import { TRACING } from '../support/root.js';
import { doctorText } from '../../src/cli/doctor-text.js';
import { without } from '../support/without.js';

interface Doctor {
  readonly ok: boolean;
  readonly rootless: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

test('on a machine that has all: every need ok, by trying', async () => {
  const result = await rawshake(['doctor', '--json']);
  expect(result.code).toBe(0);
  const { ok, checks } = json(result) as Doctor;
  expect(ok).toBe(true);
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['kernel', 'namespaces', 'raw socket', 'iptables', 'ip6tables', 'npm raw-socket']),
  );
  expect(checks.find(({ name }) => name === 'iptables')?.detail).toMatch(/^iptables v[\d.]+ \((nf_tables|legacy)\)$/);
});

test('the filters: tried, and what would weaken them', async () => {
  const { checks } = json(await rawshake(['doctor', '--json'])) as Doctor;
  const found = new Map(checks.map(({ name, ok }) => [name, ok]));
  for (const name of ['nft', 'journal', 'fwmark_reflect', 'user namespaces', 'forwarding'])
    expect({ name, ok: found.get(name) }).toEqual({ name, ok: true });
});

test('adopt: a socket made by TCP_REPAIR is what the kernel says', async () => {
  for (const prefix of [[], WITHOUT_CAPABILITIES]) {
    const { checks } = json(await rawshake(['doctor', '--json'], { prefix })) as Doctor;
    const detail = 'TCP_REPAIR makes a socket that is ESTABLISHED, without a handshake';
    expect(checks.find(({ name }) => name === 'adopt')).toMatchObject({ ok: true, detail });
  }
});

test('fwmark_reflect on: not ok, and what to type', async () => {
  const prefix = ['unshare', '--net', 'sh', '-c', 'echo 1 >/proc/sys/net/ipv4/fwmark_reflect; exec "$@"', 'sh'];
  const result = await rawshake(['doctor', '--json'], { prefix });
  expect(result.code).toBe(0); // the main job sets it in its lab
  const { checks } = json(result) as Doctor;
  expect(checks.find(({ name }) => name === 'fwmark_reflect')).toMatchObject({
    ok: false,
    hint: 'sysctl -w net.ipv4.fwmark_reflect=0',
  });
});

interface Line {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly costs: string | null;
  readonly hint: string | null;
}

/** What it says of one need, and its exit code. */
async function said(name: string, options: Parameters<typeof rawshake>[1], ...args: string[]) {
  const result = await rawshake(['doctor', '--json', ...args], options);
  const { checks } = json(result) as { readonly checks: readonly Line[] };
  return { code: result.code, ...checks.find((check) => check.name === name) };
}

describe('what is missing is said, with what to do', () => {
  test.runIf(TRACING)('tracefs not mounted: it is mounted, as a run does', async () => {
    const hidden = 'umount -l /sys/kernel/tracing; mount -t tmpfs none /sys/kernel/debug';
    expect(await said('tracefs', behind(hidden))).toMatchObject({ code: 0, ok: true });
  });

  test.runIf(TRACING)('tracefs without the reason: a kernel before 6.10', async () => {
    const format = '/sys/kernel/tracing/events/tcp/tcp_send_reset/format';
    const old = `mount -t tmpfs none /mnt; echo 'field:int state; offset:8;' >/mnt/f; mount --bind /mnt/f ${format}`;
    expect(await said('tracefs', behind(old))).toMatchObject({
      ok: true,
      detail: expect.stringContaining('not why') as string,
    });
  });

  test('tracefs of another user, who is not even in this user namespace', async () => {
    const foreign =
      'mount -t tmpfs none /sys/kernel; mkdir -p -m 700 /sys/kernel/tracing/instances; chown 1:1 /sys/kernel/tracing/instances';
    const prefix = [...behind(foreign).prefix, ...WITHOUT_CAPABILITIES];
    expect(await said('tracefs', { prefix }, '--lang', 'zh')).toMatchObject({
      ok: false,
      hint: expect.stringMatching(/：sudo \/\S+ \S+ doctor --json/) as string,
    });
  });

  test('iptables: nft does the main job', async () => {
    const hidden = 'for f in /usr/sbin/iptables /usr/sbin/iptables-save; do mount --bind /dev/null $f; done';
    expect(await said('iptables', behind(hidden))).toMatchObject({
      code: 0,
      ok: false,
      hint: 'Check the installation of the package iptables.',
    });
  });

  test('the native part of raw-socket', async () => {
    const hidden = `mount -t tmpfs none ${join(dirname(createRequire(import.meta.url).resolve('raw-socket')), 'build')}`;
    expect(await said('npm raw-socket', behind(hidden))).toMatchObject({
      code: 0,
      ok: false,
      detail: 'installed, but not built; libc takes its place',
      hint: expect.stringContaining('rawshake setup') as string,
    });
  });

  test('raw-socket built for another Node.js: said in full', async () => {
    const source =
      'throw Error("The module raw.node\\nwas compiled against a different Node.js version using\\nNODE_MODULE_VERSION 1.")';
    const dir = dirname(createRequire(import.meta.url).resolve('raw-socket'));
    const other = `mount -t tmpfs none ${dir}; printf {} >${dir}/package.json; printf %s '${source}' >${dir}/index.js`;
    expect(await said('npm raw-socket', behind(other))).toMatchObject({
      code: 0,
      ok: false,
      detail: expect.stringMatching(
        /^built for another Node\.js \(ABI 1, this one has \d+\); libc takes its place$/,
      ) as string,
      hint: expect.stringContaining('rawshake setup') as string,
    });
  });

  test('the package raw-socket itself', async () => {
    const hidden = `mount -t tmpfs none ${dirname(createRequire(import.meta.url).resolve('raw-socket'))}`;
    expect(await said('npm raw-socket', behind(hidden))).toMatchObject({
      ok: false,
      detail: 'not installed; libc takes its place',
    });
  });

  test('user namespaces, switched off', async () => {
    const off = 'echo 0 >/proc/sys/user/max_user_namespaces';
    expect(await said('user namespaces', behind(off, '--user', '--map-root-user'))).toMatchObject({
      code: 3, // root there may not come back to a network namespace that is not its own
      ok: false,
      detail: expect.stringContaining('user.max_user_namespaces=0') as string,
      hint: 'sysctl -w user.max_user_namespaces=15000',
    });
  });

  test('forwarding on: what it means, and for whom', async () => {
    const on = 'echo 1 >/proc/sys/net/ipv4/ip_forward';
    expect(await said('forwarding', behind(on, '--net'))).toMatchObject({
      code: 0,
      ok: false,
      detail: expect.stringMatching(/^on \(net\.ipv4\.ip_forward\)/) as string,
      hint: expect.stringContaining('sysctl -w net.ipv4.ip_forward=0') as string,
    });
  });

  test('iptables of the old kind is named, for both IP versions', async () => {
    const legacy = legacyPath();
    for (const name of ['iptables', 'ip6tables']) {
      const { detail, ok } = await said(name, { env: { PATH: legacy.path } });
      expect({ ok, detail }).toEqual({ ok: true, detail: expect.stringMatching(/v[\d.]+ \(legacy\)$/) as string });
    }
    legacy.remove();
  });
});

/** Every row, whatever is missing. */
const ROWS = [
  ...['kernel', 'npm raw-socket', 'programs', 'namespaces', 'raw socket', 'iptables', 'nft', 'ip6tables', 'adopt'],
  ...['journal', 'ipv6', 'user namespaces', 'tracefs', 'fwmark_reflect', 'forwarding'],
];

describe('on a system that has less than most: every row, what each missing thing costs, and the exit status of compare', () => {
  const cases: readonly (readonly [string, CliOptions, { readonly less: readonly string[]; readonly code: number }])[] =
    [
      ['an empty /run', BARE['an empty /run'], { less: [], code: 0 }],
      ['no /run', BARE['no /run'], { less: ['journal'], code: 0 }],
      ['read-only file systems', BARE['read-only file systems'], { less: ['journal', 'tracefs'], code: 0 }],
      ['no /sys', BARE['no /sys'], { less: ['tracefs'], code: 0 }],
      ['no HOME', BARE['no HOME'], { less: [], code: 0 }],
      ['no environment at all', BARE['no environment at all'], { less: [], code: 0 }],
      ['/proc/sys read-only', READ_ONLY_SETTINGS, { less: ['namespaces'], code: 3 }],
      [
        'no right to a namespace',
        { prefix: WITHOUT_USER_NAMESPACES },
        { less: ['namespaces', 'user namespaces'], code: 3 },
      ],
    ];
  test.each(cases)('%s', async (_, options, { less, code }) => {
    const result = await rawshake(['doctor', '--json'], options);
    expect({ code: result.code, stderr: result.stderr }).toEqual({ code, stderr: '' });
    const { checks } = json(result) as { readonly checks: readonly Line[] };
    expect(checks.map(({ name }) => name)).toEqual(ROWS);
    const found = new Map(checks.map((check) => [check.name, check]));
    for (const name of less)
      expect(found.get(name)).toMatchObject({
        ok: false,
        costs: expect.any(String) as string,
        hint: expect.any(String) as string,
      });
    expect((await rawshake(['compare', '--json'], options)).code).toBe(code);
  });

  test('no lab: what needs none is looked at', async () => {
    const result = await rawshake(['doctor'], READ_ONLY_SETTINGS);
    expect(result.code).toBe(3);
    expect(result.stdout.match(/^(ok|FAIL|warn|\?) {2,5}\w/gm)).toHaveLength(ROWS.length);
    expect(result.stdout).toMatch(/^FAIL {2}namespaces +\/proc\/sys\S+: /m);
    expect(result.stdout).toMatch(/^\? {5}raw socket +not tried: it takes a lab \(see namespaces\)$/m);
    expect(result.stdout).toMatch(
      /^\? {5}iptables +iptables v\S+ \(\w+\); not tried: it takes a lab \(see namespaces\)$/m,
    );
    expect(result.stdout).toMatch(/^ok {4}user namespaces /m);
    expect(result.stdout).toMatch(/^compare cannot run here/m);
  });

  test('no iproute2: labs all the same, and one line installs it', async () => {
    const less = without(['ip', 'ss']);
    const result = await rawshake(['doctor'], less);
    less.remove();
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/^warn {2}programs +not installed: ss, ip$/m);
    expect(result.stdout).toMatch(/^ +hint: Install them: apt-get install iproute2$/m);
    expect(result.stdout).toMatch(/^ok {4}namespaces /m);
  });

  test('programs that only some commands run: what each costs, and one line for all', async () => {
    const less = without(['nc', 'curl', 'conntrack']);
    const found = await said('programs', less);
    const zh = await said('programs', less, '--lang', 'zh');
    less.remove();
    expect(found).toMatchObject({
      code: 0,
      ok: false,
      detail: 'not installed: nc, curl, conntrack',
      costs: expect.stringMatching(/^nc: lab run self-connect-nc.*\ncurl: .*\nconntrack: .*$/) as string,
      hint: 'Install them: apt-get install netcat-openbsd curl conntrack',
    });
    expect(zh.costs).toMatch(/^nc: .*（需要 OpenBSD 的 nc）\n/);
  });

  test('an ip of BusyBox alone: as good as none, and said to be there', async () => {
    const less = without(['ip']);
    const folder = mkdtempSync(join(tmpdir(), 'rawshake-busybox-'));
    copyFileSync('/bin/false', join(folder, 'busybox'));
    symlinkSync('busybox', join(folder, 'ip'));
    const options = { ...less, env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` } };
    const found = await said('programs', options);
    less.remove();
    rmSync(folder, { recursive: true });
    const hint = expect.stringContaining('apt-get install iproute2') as string;
    expect(found).toMatchObject({ code: 0, ok: false, detail: 'not installed: ip (BusyBox)', hint });
  });

  test('no sh: an iptables rule, which takes a guard, is refused for what it is', async () => {
    const less = without(['sh']);
    const flow = ['--from', '127.0.0.1:4100', '--to', '127.0.0.1:8800', '--backend', 'iptables'];
    const prefix = [...less.prefix, 'unshare', '--net'];
    const child = start(['filter', 'add', ...flow, '--json'], { prefix });
    const result = await finish(child);
    const found = await said('programs', less);
    less.remove();
    expect(result.code).toBe(3);
    expect(json(result)).toMatchObject({
      error: { code: 'RS_MISSING_TOOL', message: 'sh: the program is not installed' },
    });
    // There is no rule, so nothing notes one.
    const noted = existsSync('/run/rawshake') ? readdirSync('/run/rawshake') : [];
    expect(noted.filter((name) => name.startsWith(`rawshake-${String(child.pid)}-`))).toEqual([]);
    expect(found).toMatchObject({ code: 0, detail: 'not installed: sh', hint: 'Install them: apt-get install dash' });
  });

  test('unshare, for one who is not root: said as what it is', async () => {
    const less = without(['unshare']);
    const prefix = [...less.prefix, ...WITHOUT_CAPABILITIES];
    const found = await said('namespaces', { prefix });
    const users = await said('user namespaces', less);
    less.remove();
    expect(users).toMatchObject({ code: 0, ok: false, hint: 'Install it: apt-get install util-linux' });
    expect(found).toMatchObject({
      code: 3,
      detail: 'unshare: the program is not installed',
      hint: 'Install it: apt-get install util-linux',
    });
  });
});

/** On a terminal of 60 columns, of which what is printed says nothing else. */
const NARROW = ['sh', '-c', 'exec script --quiet --return --command "stty cols 60; $*" /dev/null', 'sh'];

test.each(['en', 'zh'])(
  '60 columns, %s: nothing is wider but a command to be pasted, which stays whole',
  async (lang) => {
    const prefix = [...READ_ONLY_SETTINGS.prefix, ...NARROW];
    const { stdout } = await rawshake(['doctor', '--lang', lang], { prefix });
    const lines = stdout.split('\r\n');
    const wide = lines.filter((line) => stringWidth(line) > 60);
    expect(wide.map((line) => line.trim())).toEqual([
      '--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt systempaths=unconfined',
    ]);
    // What is carried over stands under what was found.
    const detail = lines[0]?.indexOf(release()) ?? 0;
    for (const line of lines.slice(0, lines.indexOf('')))
      expect(line.slice(BEFORE_NAME, detail)).toMatch(/^(\w[\w -]*|) +$/);
  },
);

const BEFORE_NAME = 6;

test('LANG=C: ASCII alone, whatever is missing', async () => {
  const less = without(['iptables', 'nc']);
  for (const options of [less, READ_ONLY_SETTINGS, BARE['read-only file systems']]) {
    const { stdout } = await rawshake(['doctor'], { ...options, env: { LANG: 'C', LC_ALL: 'C' } });
    expect(stdout).toMatch(/^[ -~\n]+$/);
  }
  less.remove();
});

test('for a person: a line each', async () => {
  const { stdout } = await rawshake(['doctor']);
  expect(stdout).toMatch(/^ok {4}namespaces +two hosts and a link/m);
});

test('without a capability it looks in a user namespace, as compare would run there', async () => {
  const result = await rawshake(['doctor', '--json'], { prefix: WITHOUT_CAPABILITIES });
  expect(result.code).toBe(0);
  expect(json(result)).toMatchObject({ ok: true, rootless: true });
});

test('root of a user namespace in a network namespace that is not its own: in one more', async () => {
  const result = await rawshake(['doctor', '--json'], { prefix: ['unshare', '--user', '--map-root-user'] });
  expect(result.code).toBe(0);
  expect(json(result)).toMatchObject({ ok: true, rootless: true });
});

test('where the main job cannot run: exit 3, and the line that says why has a hint', async () => {
  const result = await rawshake(['doctor', '--json'], { prefix: WITHOUT_USER_NAMESPACES });
  expect(result.code).toBe(3);
  const { ok, checks } = json(result) as Doctor;
  expect(ok).toBe(false);
  expect(checks.find(({ name }) => name === 'namespaces')).toMatchObject({
    ok: false,
    detail: expect.stringContaining('user.max_user_namespaces=0') as string,
    hint: expect.stringMatching(/--cap-add SYS_ADMIN/) as string, // which no sudo could give
  });
});

test('a hint of several lines keeps its place', () => {
  const hint = { en: 'It was run as: nft create table\nadd chain', zh: '' };
  const nft = { name: 'nft', needed: false, ok: false, detail: { en: 'refused', zh: '' }, hint };
  expect(doctorText([nft], { language: 'en', columns: 80 }).split('\n').slice(0, 3)).toEqual([
    expect.stringMatching(/warn.*nft {2}refused$/),
    '           hint: It was run as: nft create table',
    '             add chain',
  ]);
});
