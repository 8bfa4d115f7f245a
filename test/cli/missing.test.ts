/** One thing that is missing never takes the rest: each program hidden in turn, and what a kernel may be without. */
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { constants as osConstants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/linux/process/command.js';
import { AF_INET6, AF_NETLINK, NETLINK_NETFILTER } from '../../src/linux/libc/constants.js';
import { json, rawshake, WITHOUT_CAPABILITIES, WITHOUT_USER_NAMESPACES } from '../support/cli.js';
import { without } from '../support/without.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-missing-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Why {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

interface LabRun {
  readonly ok: boolean;
  readonly experiments: readonly {
    readonly id: string;
    readonly family: number;
    readonly ok: boolean;
    readonly failure?: string;
    readonly notRun?: Why;
    readonly missing: readonly string[];
  }[];
}

interface Compared {
  readonly ok: boolean;
  readonly runs: readonly { readonly remedy: string; readonly family: number; readonly observed: string }[];
  readonly notRun: readonly ({ readonly remedy: string; readonly family: number } & Why)[];
}

const IPTABLES = ['iptables', 'iptables-save'];

/** `id`: `as expected`, or why it was not run. */
const rows = ({ experiments }: LabRun): Readonly<Record<string, string>> =>
  Object.fromEntries(experiments.map(({ id, ok, notRun }) => [id, ok ? 'as expected' : (notRun?.code ?? 'failed')]));

describe('lab run: a row for what cannot be run, and all other rows', () => {
  const here = { 'no-listen': 'as expected', 'raw-filtered': 'as expected' };
  // Beside the experiments that need it, two that do not.
  test.each<{
    readonly programs: readonly string[];
    readonly rows: Readonly<Record<string, string>>;
    readonly lacks?: RegExp;
    readonly code: number;
  }>([
    { programs: ['nft'], rows: { ...here, nft: 'as expected', ingress: 'as expected' }, code: 0 },
    {
      programs: IPTABLES,
      rows: { 'no-listen': 'as expected', 'raw-filtered': 'RS_MISSING_TOOL', 'late-rst': 'as expected' },
      code: 3,
    },
    { programs: ['nc'], rows: { ...here, 'self-connect-nc': 'as expected' }, lacks: /nc .*not installed/, code: 0 },
    { programs: ['strace'], rows: { ...here, 'self-connect-nc': 'as expected' }, code: 0 },
    { programs: ['conntrack', 'unshare', 'nsenter'], rows: { ...here, conntrack: 'as expected' }, code: 0 },
    { programs: ['sh', 'dash'], rows: { ...here, 'late-rst': 'as expected' }, lacks: /sh: .*not installed/, code: 0 },
    { programs: ['ss'], rows: { ...here, 'raw-listen': 'as expected' }, lacks: /^ss is not installed$/, code: 0 },
    {
      programs: ['ip'],
      rows: { ...here, 'spare-address': 'as expected', 'simultaneous-open': 'as expected', backlog: 'as expected' },
      code: 0,
    },
    { programs: ['curl', 'ping', 'bash', 'less'], rows: here, lacks: /^curl is not installed$/, code: 0 },
  ])('without $programs', async ({ programs, rows: expected, lacks, code }) => {
    const less = without(programs);
    const result = await rawshake(['lab', 'run', ...Object.keys(expected), '--json'], less);
    less.remove();
    const run = json(result) as LabRun;
    expect(rows(run)).toEqual(expected);
    expect({ code: result.code, ok: run.ok }).toEqual({ code, ok: code === 0 });
    if (lacks !== undefined)
      expect(run.experiments.flatMap(({ missing }) => missing)).toContainEqual(expect.stringMatching(lacks));
  });

  test('ip6tables: IPv4 goes on', async () => {
    const less = without(['ip6tables', 'ip6tables-save']);
    const result = await rawshake(['lab', 'run', 'raw-filtered', '--family', 'both', '--json'], less);
    less.remove();
    expect(result.code).toBe(3);
    expect((json(result) as LabRun).experiments).toMatchObject([
      { family: 4, ok: true },
      {
        family: 6,
        ok: false,
        notRun: { code: 'RS_MISSING_TOOL', hint: expect.stringContaining('iptables') as string },
      },
    ]);
  });

  test('for a person, and in JUnit: skipped, with the reason and what to do', async () => {
    const [less, file] = [without(IPTABLES), join(folder, 'r.xml')];
    const result = await rawshake(['lab', 'run', 'raw-filtered', 'no-listen', '--junit', file], less);
    less.remove();
    expect(result.code).toBe(3);
    expect(result.stdout).toMatch(
      /^- raw-filtered +IPv4 .*could not be run here: iptables: the program is not installed$/m,
    );
    expect(result.stdout).toMatch(
      /^could not be run here: raw-filtered \(iptables: the program is not installed\)\n {2}.*iptables/m,
    );
    expect(result.stdout).toMatch(/^1 of 2 runs went as expected; 1 could not be run\./m);
    const xml = readFileSync(file, 'utf8');
    expect(xml).toContain('<skipped message="iptables: the program is not installed"');
    expect(xml).toMatch(/<testsuite name="raw-filtered IPv4" tests="1" failures="0" errors="0" skipped="1"/);
  });

  test('one alone that cannot be run: its own error', async () => {
    const less = without(IPTABLES);
    const result = await rawshake(['lab', 'run', 'raw-filtered', '--json'], less);
    less.remove();
    expect(result.code).toBe(3);
    expect(json(result)).toMatchObject({ error: { code: 'RS_MISSING_TOOL' } });
  });

  test('what is missing for a lab itself is missing for all: one error, at once', async () => {
    const result = await rawshake(['lab', 'run', 'all', '--json'], { prefix: WITHOUT_USER_NAMESPACES });
    expect(result.code).toBe(3);
    expect(json(result)).toMatchObject({ error: { code: 'RS_NO_PRIVILEGE' } });
  });
});

describe('compare: the remedies that can be tried are', () => {
  test('--remedy all without iptables: the rows of all others', async () => {
    const less = without(IPTABLES);
    const result = await rawshake(['compare', '--remedy', 'all', '--json'], less);
    const text = await rawshake(['compare', '--remedy', 'all'], less);
    less.remove();
    const { ok, runs, notRun } = json(result) as Compared;
    expect({ code: result.code, ok }).toEqual({ code: 3, ok: false });
    expect(runs.map(({ remedy }) => remedy)).toEqual([
      'none',
      'nft',
      'owner',
      'input',
      'ingress',
      'spare-address',
      'adopt',
      'dummy-bind',
    ]);
    expect(notRun.map(({ remedy, code }) => `${remedy} ${code}`)).toEqual(['iptables RS_MISSING_TOOL']);
    expect(text.stdout).toMatch(/^could not be run here: iptables IPv4 .*the program is not installed/m);
  });

  test('without the program iptables: nft by itself, and it says so', async () => {
    const less = without(['iptables', 'iptables-save', 'ip6tables', 'ip6tables-save']);
    const result = await rawshake(['compare', '--family', 'both', '--json'], less);
    const asked = await rawshake(['compare', '--remedy', 'iptables', '--json'], less);
    less.remove();
    expect(result.code).toBe(0);
    const { ok, runs } = json(result) as Compared;
    expect({ ok, runs: runs.map(({ remedy, observed }) => [remedy, observed]) }).toEqual({
      ok: true,
      runs: [
        ...[
          ['none', 'reset-by-own-kernel'],
          ['nft', 'established'],
        ],
        ...[
          ['none', 'reset-by-own-kernel'],
          ['nft', 'established'],
        ],
      ],
    });
    expect(result.stderr).toMatch(/^rawshake: iptables: the program is not installed; nft takes its place$/m);
    expect(asked.code).toBe(3); // by name it was iptables that was asked for
    expect(json(asked)).toMatchObject({ error: { code: 'RS_MISSING_TOOL' } });
  });
});

/** Compiles a program of test/support/c. */
function compiled(name: string, ...options: string[]): string {
  const file = join(folder, name);
  runCommand(['cc', '-O', ...options, '-o', file, join(import.meta.dirname, '../support/c', `${name}.c`)]);
  return file;
}

/** In front of a command: no such sockets can be made. */
const withoutSockets = (domain: number, protocol: number, errno: number): readonly string[] => [
  compiled('no-sockets'),
  ...[domain, protocol, errno].map(String),
];

test('a kernel without nf_tables: the rows of all others', async () => {
  const prefix = withoutSockets(AF_NETLINK, NETLINK_NETFILTER, osConstants.errno.EPROTONOSUPPORT);
  const result = await rawshake(['lab', 'run', 'nft', 'no-listen', '--json'], { prefix });
  expect(rows(json(result) as LabRun)).toEqual({ nft: 'RS_NOT_IN_KERNEL', 'no-listen': 'as expected' });
  expect(result.code).toBe(3);
});

describe('a kernel without IPv6', () => {
  test('labs speak IPv4; --family 6 says so; both: a row', async () => {
    const prefix = withoutSockets(AF_INET6, -1, osConstants.errno.EAFNOSUPPORT);
    const four = await rawshake(['lab', 'run', 'no-listen', 'raw-filtered', '--json'], { prefix });
    expect(rows(json(four) as LabRun)).toEqual({ 'no-listen': 'as expected', 'raw-filtered': 'as expected' });
    expect(four.code).toBe(0);
    for (const command of [['compare'], ['lab', 'run', 'no-listen', 'raw-filtered']]) {
      const six = await rawshake([...command, '--family', '6', '--json'], { prefix });
      expect(six.code).toBe(3);
      expect(json(six)).toMatchObject({
        error: { code: 'RS_NOT_IN_KERNEL', message: expect.stringContaining('ipv6.disable=1') as string },
      });
    }
    const both = json(await rawshake(['lab', 'run', 'no-listen', '--family', 'both', '--json'], { prefix })) as LabRun;
    expect(both.experiments).toMatchObject([{ ok: true }, { family: 6, notRun: { code: 'RS_NOT_IN_KERNEL' } }]);
    const result = await rawshake(['compare', '--family', 'both', '--json'], { prefix });
    expect(result.stderr).not.toContain('takes its place'); // nothing can
    const compared = json(result) as Compared;
    expect(compared.runs.map(({ family }) => family)).toEqual([4, 4]);
    expect(compared.notRun.map(({ family, code }) => [family, code])).toContainEqual([6, 'RS_NOT_IN_KERNEL']);
    const { checks, ok } = json(await rawshake(['doctor', '--json'], { prefix })) as {
      readonly ok: boolean;
      readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
    };
    expect({ ok, ipv6: checks.find(({ name }) => name === 'ipv6')?.ok }).toEqual({ ok: true, ipv6: false });
  });
});

describe('a part of the system that is not there: its name, and status 3', () => {
  const WITHOUT_RAW = ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw'];
  // `unshare` as the last of them makes what follows see a /proc of its own.
  const WITHOUT_SETTINGS = [
    ...['unshare', '--mount', '--net', '--pid', '--fork'],
    ...['sh', '-e', '-c', 'mount -t proc -o subset=pid proc /proc; exec "$@"', 'sh'],
  ];

  test.each([
    { what: 'CAP_NET_RAW, which a user namespace has', prefix: WITHOUT_RAW, args: ['compare'], code: 0 },
    {
      what: 'CAP_NET_RAW, which a user namespace has',
      prefix: WITHOUT_RAW,
      args: ['lab', 'run', 'raw-alone'],
      code: 0,
    },
    {
      what: 'CAP_NET_RAW',
      prefix: WITHOUT_RAW,
      args: ['connect', '127.0.0.1', '9'],
      code: 3,
      said: /needs CAP_NET_RAW/,
    },
    { what: 'CAP_NET_RAW', prefix: WITHOUT_RAW, args: ['listen', '9'], code: 3, said: /socket: EPERM/ },
    { what: '/proc/sys', prefix: WITHOUT_SETTINGS, args: ['compare'], code: 3, said: /\/proc\/sys: is not there/ },
    {
      what: '/proc/sys',
      prefix: WITHOUT_SETTINGS,
      args: ['lab', 'run', 'raw-alone'],
      code: 3,
      said: /\/proc\/sys: is not there/,
    },
  ])('$what: $args', async ({ prefix, args, code, said = /user namespace/ }) => {
    const result = await rawshake(args, { prefix });
    expect({ code: result.code, said: result.stderr }).toEqual({ code, said: expect.stringMatching(said) as string });
  });
});

test('a program that is not installed, where a folder of PATH may not be looked into: not installed all the same', async () => {
  const less = without(['ss']);
  const result = await rawshake(['lab', 'run', 'no-listen', '--json'], {
    prefix: [...less.prefix, 'setpriv', '--reuid=54321', '--regid=54321', '--clear-groups'],
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` }, // of mode 0700, and not theirs
  });
  less.remove();
  const { ok, experiments } = json(result) as LabRun;
  expect({ ok, missing: experiments[0]?.missing }).toEqual({
    ok: true,
    missing: expect.arrayContaining(['ss is not installed']) as string[],
  });
});

test('settings that root of a user namespace is not shown (up to Linux 6.1): the facts that need them are left out', async () => {
  const env = { LD_PRELOAD: compiled('hide-settings', '-shared', '-fPIC'), HIDDEN: '/proc/sys/net/core/somaxconn' };
  const result = await rawshake(['lab', 'run', 'backlog', 'lookup-order', '--json'], {
    env,
    prefix: WITHOUT_CAPABILITIES,
  });
  expect(result.code).toBe(0);
  const { experiments } = json(result) as LabRun;
  expect(experiments.flatMap(({ missing }) => missing)).toContainEqual(expect.stringContaining('net.core.somaxconn'));
}, 120_000);

describe('koffi, through which the C library is called', () => {
  const parts = realpathSync('node_modules/@koromix');
  const files = readdirSync(parts, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('/koffi.node'))
    .map((name) => join(parts, name));

  /** In front of a command: a mount namespace of its own, in which `script` has been run. */
  const mounted = (script: string): readonly string[] => [
    'unshare',
    '--mount',
    'sh',
    '-c',
    `${script} && exec "$@"`,
    'sh',
  ];

  /** `bytes` in the place of each native part. */
  function instead(bytes: Buffer): readonly string[] {
    const file = join(folder, 'koffi.node');
    writeFileSync(file, bytes);
    return mounted(files.map((part) => `mount --bind ${file} ${part}`).join(' && '));
  }

  const another = (): Buffer => {
    const bytes = Buffer.from(readFileSync(files[0] ?? ''));
    bytes.writeUInt16LE(0xf3f3, 18); // e_machine of elf(5)
    return bytes;
  };

  const NOEXEC = `mount --bind ${parts} ${parts} && mount -o remount,bind,noexec ${parts}`;

  test.each([
    ['on a file system without programs', () => mounted(NOEXEC), 'findmnt -T'],
    ['of another architecture', () => instead(another()), 'another architecture or C library'],
    ['damaged', () => instead(Buffer.from('no ELF file'.repeat(1000))), 'It is damaged or left out'],
    ['left out', () => mounted(`mount -t tmpfs none ${parts}`), 'without --omit=optional'],
  ])('%s: an error that says so', async (_, prefix, hint) => {
    const result = await rawshake(['compare', '--json'], { prefix: prefix() });
    expect(result).toMatchObject({ code: 3, stderr: '' });
    expect(json(result)).toMatchObject({
      error: {
        code: 'RS_MISSING_TOOL',
        message: expect.stringMatching(/^koffi: its native part does not load \(/) as string,
        hint: expect.stringContaining(hint) as string,
      },
    });
  });
});
