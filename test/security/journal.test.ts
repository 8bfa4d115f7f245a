/** The journal of rules: what others put there, or make of it, is neither run nor believed, and is named. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ownOwner, ownerName } from '../../src/filter/owner.js';
import { planFilter } from '../../src/filter/plan.js';
import { isInitial } from '../../src/linux/process/pid-namespaces.js';
import { runCommand } from '../../src/linux/process/command.js';
import { outOfReach } from '../../src/linux/namespace/namespaces-in-reach.js';
import { createNamespace, type NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { type CliResult, finish, rawshake, start } from '../support/cli.js';
import { allRules, guardsOf, journalEntries, namespaceNumber } from '../support/host-rules.js';
import { type LegacyPath, legacyPath } from '../support/legacy.js';
import { firstOutput } from '../support/programs.js';
import { TRACING } from '../support/root.js';

const NOBODY = 65_534;
const FLOW = { src: '192.0.2.1', srcPort: 41_000 };
/** A process that had this one's id before. */
const GONE = `rawshake:${ownerName({ ...ownOwner(), startTicks: 1 })}`;

let netns: NetworkNamespace;
let folder: string;
let journal: string;
beforeEach(() => {
  netns = createNamespace();
  folder = mkdtempSync(join(tmpdir(), 'rawshake-journal-'));
  chmodSync(folder, 0o755);
  journal = join(folder, 'run', 'rawshake');
  mkdirSync(join(folder, 'run'));
});
afterEach(() => {
  netns.close();
  rmSync(folder, { recursive: true });
});

/** On the test's host, with the test's folder for /run. */
const filter = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> =>
  rawshake(['filter', ...args], {
    env,
    prefix: [
      ...['nsenter', `--net=${netns.path}`, 'unshare', '--mount', 'sh', '-c'],
      ...['mount --bind "$0" /run; exec "$@"', join(folder, 'run')],
    ],
  });

const makeJournal = (): void => mkdirSync(journal, { mode: 0o700 });

const entry = (comment: string, more: object = {}): string =>
  JSON.stringify({
    networkNamespace: `net:[${namespaceNumber(netns)}]`,
    backend: 'iptables',
    flow: FLOW,
    mark: 0x36,
    comment,
    ...more,
  });

/** Has the rule that such an entry is about in force. */
function leaveRule(comment: string): void {
  const [add] = planFilter({ flow: FLOW, backend: 'iptables', comment }).commands;
  if (add !== undefined) runCommand(add, { netns });
}

const ADD = ['add', '--from', '192.0.2.9:9', '--backend', 'iptables', '--detach'];

describe.runIf(TRACING)('as root', () => {
  test('an entry that says how a rule is removed is not obeyed, wherever it stands', async () => {
    const witness = join(folder, 'witness');
    const command = ['sh', '-c', `touch ${witness}`];
    const own = join(folder, 'user');
    const text = JSON.stringify({
      owner: { pid: 2 ** 22 - 1, startTicks: 1, pidNamespace: `pid:[${ownOwner().pidNamespace}]` },
      networkNamespace: `net:[${namespaceNumber(netns)}]`,
      rule: { family: 4, comment: 'rawshake:9', add: command, remove: command },
    });
    makeJournal();
    mkdirSync(join(own, 'rawshake'), { recursive: true });
    for (const place of [journal, join(own, 'rawshake')]) writeFileSync(join(place, 'entry'), text);
    for (const path of [own, join(own, 'rawshake'), join(own, 'rawshake', 'entry')]) chownSync(path, NOBODY, NOBODY);
    const env = { XDG_RUNTIME_DIR: own };
    const results = [];
    for (const args of [['plan', '--from', '192.0.2.1'], ['list'], ['clear'], ['clear', '--all'], ADD])
      results.push(await filter(args, env));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(existsSync(witness)).toBe(false);
    expect(readdirSync(join(own, 'rawshake'))).toEqual(['entry']);
    // root's own folder is looked into, by what changes something, and what does not fit there is named.
    const said = 'rawshake: /run/rawshake/entry was left alone: it is no entry of the journal\n';
    expect(results.map(({ stderr }) => stderr)).toEqual(['', '', said, said, said]);
  });

  test.each([
    { what: 'a link', make: () => symlinkSync(strangers(), journal), why: 'it is a link, or of another kind' },
    { what: "somebody else's", make: () => chownSync(made(), NOBODY, NOBODY), why: 'it belongs to somebody else' },
    { what: 'writable by others', make: () => chmodSync(made(), 0o777), why: 'others may write it' },
  ])('a folder that is $what is not looked into', async ({ make, why }) => {
    make();
    leaveRule(GONE);
    const { code, stderr } = await filter(ADD);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `rawshake: /run/rawshake was left alone: ${why}\n` });
    expect(allRules(netns)).toContain('--sport 41000');
    expect(readdirSync(journal)).toEqual(['entry']);
  });

  /** The folder, with an entry that would be swept. */
  function made(): string {
    makeJournal();
    writeFileSync(join(journal, 'entry'), entry(GONE));
    return journal;
  }

  function strangers(): string {
    const place = join(folder, 'strangers');
    mkdirSync(place);
    writeFileSync(join(place, 'entry'), entry(GONE));
    return place;
  }

  const STRANGE: Readonly<Record<string, (path: string) => void>> = {
    link: (path) => symlinkSync(strangers(), path),
    'second-name': (path) => {
      writeFileSync(join(folder, 'first-name'), entry(GONE));
      linkSync(join(folder, 'first-name'), path);
    },
    fifo: (path) => void runCommand(['mkfifo', path]),
    folder: (path) => mkdirSync(path),
    foreign: (path) => {
      writeFileSync(path, entry(GONE));
      chownSync(path, NOBODY, NOBODY);
    },
    writable: (path) => {
      writeFileSync(path, entry(GONE));
      chmodSync(path, 0o666);
    },
    large: (path) => writeFileSync(path, entry(GONE, { padding: ' '.repeat(5000) })),
    'no-json': (path) => writeFileSync(path, '{'),
    'more-fields': (path) => writeFileSync(path, entry(GONE, { remove: ['true'] })),
    'no-address': (path) => writeFileSync(path, entry(GONE, { flow: { src: '-j ACCEPT' } })),
    'no-port': (path) => writeFileSync(path, entry(GONE, { flow: { ...FLOW, srcPort: 0 } })),
    'no-comment': (path) => writeFileSync(path, entry('rawshake:1 -j ACCEPT')),
    'no-mark': (path) => writeFileSync(path, entry(GONE, { mark: -1 })),
    'no-backend': (path) => writeFileSync(path, entry(GONE, { backend: 'sh' })),
    deep: (path) => writeFileSync(path, '['.repeat(4000)),
  };

  test('of many entries each that does not fit is named and left, and the one that does is swept', async () => {
    makeJournal();
    for (const [name, make] of Object.entries(STRANGE)) make(join(journal, name));
    leaveRule(GONE);
    writeFileSync(join(journal, 'right'), entry(GONE));
    const { code, stderr } = await filter(ADD);
    expect(code).toBe(0);
    const named = [...stderr.matchAll(/^rawshake: \/run\/rawshake\/(\S+) was left alone: .+$/gm)].map(
      ([, name]) => name,
    );
    expect(named.sort()).toEqual(Object.keys(STRANGE).sort());
    expect(readdirSync(journal).sort()).toEqual(Object.keys(STRANGE).sort());
    expect(allRules(netns)).not.toContain('--sport 41000');
  });

  test('the rule of a process that lives stays', async () => {
    makeJournal();
    const owner = ownerName(ownOwner());
    leaveRule(`rawshake:${owner}`);
    writeFileSync(join(journal, 'entry'), entry(`rawshake:${owner}`));
    expect(await filter(['clear'])).toMatchObject({ code: 0, stderr: '' });
    expect(allRules(netns)).toContain('--sport 41000');
    expect(readdirSync(journal)).toEqual(['entry']);
  });

  test('the rule of another process that had the same id is swept', async () => {
    makeJournal();
    const comment = `rawshake:${ownerName({ ...ownOwner(), startTicks: 1 })}`;
    leaveRule(comment);
    writeFileSync(join(journal, 'entry'), entry(comment));
    await filter(ADD);
    expect(allRules(netns)).not.toContain('--sport 41000');
    expect(readdirSync(journal)).toEqual([]);
  });

  test("an entry that is still empty is its process's to write; of one that is gone it is removed", async () => {
    makeJournal();
    const names = [ownOwner(), { ...ownOwner(), startTicks: 1 }].map((owner) => `rawshake-${ownerName(owner)}-v4-1`);
    for (const name of names) writeFileSync(join(journal, name), '');
    expect(await filter(ADD)).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(journal)).toEqual(names.slice(0, 1));
  });

  test('an entry is for its user alone to read and write, whatever the umask', async () => {
    const prefix = ['nsenter', `--net=${netns.path}`, 'sh', '-c', 'umask 0; exec "$@"', 'sh'];
    const child = start(['filter', 'add', '--from', '192.0.2.1:41000', '--backend', 'iptables'], { prefix });
    const ended = finish(child);
    await firstOutput(child);
    const [name = ''] = journalEntries(netns);
    expect(statSync(`/run/rawshake/${name}`).mode & 0o777).toBe(0o600);
    expect(statSync('/run/rawshake').mode & 0o777).toBe(0o700);
    child.kill('SIGINT');
    await ended;
  });
});

describe.runIf(TRACING)('what does not prove that a rule is gone leaves its entry', () => {
  let legacy: LegacyPath;
  beforeEach(() => {
    legacy = legacyPath();
    makeJournal();
  });
  afterEach(() => {
    legacy.remove();
  });
  const oldRules = (): string => runCommand(['iptables-legacy', '-t', 'raw', '-S'], { netns });
  const leaveOldRule = (): void => {
    const [add] = planFilter({ flow: FLOW, backend: 'iptables', comment: GONE }).commands;
    if (add !== undefined) runCommand(['iptables-legacy', ...add.slice(1)], { netns });
  };
  /** In front of PATH: programs of iptables that fail. */
  const failing = (): NodeJS.ProcessEnv => {
    for (const name of ['iptables', 'iptables-save', 'iptables-nft', 'iptables-nft-save', 'iptables-legacy'])
      writeFileSync(join(folder, name), '#!/bin/sh\necho broken >&2\nexit 4\n', { mode: 0o755 });
    return { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  };

  test.each(['legacy', undefined])(
    'a rule of iptables of the old kind, noted as %s, where the new is in use',
    async (variant) => {
      leaveOldRule();
      writeFileSync(join(journal, 'entry'), entry(GONE, { variant }));
      expect(await filter(['clear'])).toMatchObject({ code: 0 });
      expect(oldRules()).not.toContain('rawshake');
      expect(readdirSync(journal)).toEqual([]);
    },
  );

  test('a rule of the new kind, where the old is in use', async () => {
    leaveRule(GONE);
    writeFileSync(join(journal, 'entry'), entry(GONE, { variant: 'nf_tables' }));
    expect(await filter(['clear'], { PATH: legacy.path })).toMatchObject({ code: 0 });
    expect(allRules(netns)).not.toContain('rawshake');
    expect(readdirSync(journal)).toEqual([]);
    expect(runCommand(['cat', '/proc/net/ip_tables_names'], { netns })).toBe(''); // looking has brought no table about
  });

  test('programs that fail', async () => {
    leaveRule(GONE);
    writeFileSync(join(journal, 'entry'), entry(GONE, { variant: 'nf_tables' }));
    await filter(
      ADD.map((word) => (word === 'iptables' ? 'nft' : word)),
      failing(),
    );
    expect(allRules(netns)).toContain('--sport 41000');
    expect(readdirSync(journal)).toEqual(['entry']);
    expect((await filter(['clear'])).code).toBe(0);
    expect(readdirSync(journal)).toEqual([]);
  });

  test('a listing from which the table is left out, for somebody has put there what iptables does not know', async () => {
    leaveRule(GONE);
    writeFileSync(join(journal, 'entry'), entry(GONE, { variant: 'nf_tables' }));
    runCommand(['nft', 'add rule ip raw OUTPUT fib saddr type local accept'], { netns });
    expect(runCommand(['iptables-save'], { netns })).not.toContain('41000');
    expect((await filter(['clear'])).code).toBe(0);
    expect(runCommand(['nft', 'list', 'ruleset'], { netns })).not.toContain('41000');
    expect(readdirSync(journal)).toEqual([]);
    writeFileSync(join(journal, 'entry'), entry(GONE, { variant: 'nf_tables' }));
    expect((await filter(['clear'])).code).toBe(0);
    expect(readdirSync(journal)).toEqual(['entry']);
  });

  test('a guard whose removal fails', async () => {
    const args = ['filter', 'add', '--from', '192.0.2.1:41000', '--backend', 'iptables'];
    const prefix = ['nsenter', `--net=${netns.path}`];
    const child = start(args, { prefix, env: { PATH: legacy.path } });
    const ended = finish(child);
    await firstOutput(child);
    const comment = /--comment "?(rawshake:[^\s"]+)/.exec(oldRules())?.[1] ?? '';
    expect(guardsOf(comment)).toHaveLength(1);
    const old = legacy.path.split(':')[0] ?? '';
    for (const name of ['iptables', 'iptables-save']) {
      rmSync(join(old, name));
      writeFileSync(join(old, name), '#!/bin/sh\nexit 4\n', { mode: 0o755 });
    }
    child.kill('SIGKILL');
    await ended;
    await vi.waitFor(() => expect(guardsOf(comment)).toEqual([]), { timeout: 10_000 });
    expect(oldRules()).toContain('rawshake:');
    expect(journalEntries(netns)).toHaveLength(1);
    expect(await rawshake(['filter', 'clear'], { prefix })).toMatchObject({ code: 0 });
    expect(oldRules()).not.toContain('rawshake:');
    expect(journalEntries(netns)).toEqual([]);
  });
});

test.runIf(isInitial(ownOwner().pidNamespace))(
  "a container's entry: its rule goes once no process of it is left",
  async () => {
    makeJournal();
    const ofContainer = (pidNamespace: number) => `rawshake:${ownerName({ ...ownOwner(), pid: 1, pidNamespace })}`;
    const inner = spawn('unshare', ['--pid', '--fork', '--kill-child', 'sh', '-c', 'echo; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await firstOutput(inner);
      const link = readlinkSync(`/proc/${inner.pid}/ns/pid_for_children`);
      const runs = ofContainer(Number(link.replace(/\D/g, '')));
      const ended = ofContainer(1); // no namespace has that number
      for (const comment of [runs, ended]) leaveRule(comment);
      for (const [name, comment] of Object.entries({ runs, ended })) writeFileSync(join(journal, name), entry(comment));
      expect(await filter(['clear'])).toMatchObject({ code: 0 });
      expect(readdirSync(journal)).toEqual(['runs']);
      expect(allRules(netns)).toContain(runs);
      expect(allRules(netns)).not.toContain(ended);
    } finally {
      inner.kill('SIGKILL');
    }
  },
);

describe.runIf(TRACING)('an entry of another network namespace', () => {
  let other: NetworkNamespace;
  beforeEach(() => {
    other = createNamespace();
    makeJournal();
    const places = { alive: `net:[${namespaceNumber(other)}]`, gone: 'net:[1]' };
    for (const [name, networkNamespace] of Object.entries(places))
      writeFileSync(join(journal, name), entry(GONE, { networkNamespace }));
    writeFileSync(join(journal, 'held'), entry(`rawshake:${ownerName(ownOwner())}`, { networkNamespace: 'net:[1]' }));
  });

  let child: ChildProcess | undefined;
  afterEach(() => {
    child?.kill('SIGKILL');
  });

  /** All of them where not every process of this machine is to be seen: then nothing is known to be gone. */
  const unlessKnown = (...left: readonly string[]): readonly string[] =>
    outOfReach(['net:[1]']).size === 1 ? left : ['alive', 'gone', 'held'];

  /** A process that has done its part when it writes a line. */
  const keeper = async (script: string): Promise<ChildProcess> => {
    const args = ['--mount', 'sh', '-c', `${script}; echo; exec sleep 600`, other.path, join(folder, 'place')];
    const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await firstOutput(child);
    return child;
  };

  test.each([
    ['a process in it', 'exec nsenter --net="$0" sh -c "echo; exec sleep 600"'],
    ['a descriptor of it', 'exec 3<"$0"'],
    ['a descriptor of what it was mounted on', 'touch "$1"; mount --bind "$0" "$1"; exec 3<"$1"; umount --lazy "$1"'],
    ['a mount of it, in another mount namespace', 'touch "$1"; mount --bind "$0" "$1"'],
  ] as const)('stays while there is %s, and goes with it', async (_, script) => {
    child = await keeper(script);
    other.close();
    for (const args of [['list'], ['plan', '--from', '192.0.2.1']]) await filter(args);
    expect(readdirSync(journal).sort()).toEqual(['alive', 'gone', 'held']);
    expect(await filter(['clear'])).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(journal).sort()).toEqual(unlessKnown('alive', 'held'));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await filter(['clear']);
    expect(readdirSync(journal)).toEqual(unlessKnown('held'));
  });

  test.each([
    ['processes cannot be looked into', ['setpriv', '--bounding-set=-sys_ptrace', '--inh-caps=-sys_ptrace']],
    ['only those of a container are to be seen', ['unshare', '--pid', '--fork', '--mount-proc']],
  ])('stays where %s', async (_, narrowed) => {
    other.close();
    writeFileSync(join(folder, 'script'), 'mount --bind "$1" /run; shift; exec "$@"');
    const prefix = ['nsenter', `--net=${netns.path}`, 'unshare', '--mount', 'sh', join(folder, 'script')];
    await rawshake(['filter', ...ADD], { prefix: [...prefix, join(folder, 'run'), ...narrowed] });
    expect(readdirSync(journal).sort()).toEqual(['alive', 'gone', 'held']);
  });

  test('a journal that is full takes no more; the guard sees to the rule alone', async () => {
    other.close();
    const held = entry(`rawshake:${ownerName(ownOwner())}`);
    const more = Array.from({ length: 997 }, (_, i) => `held-${i}`);
    for (const name of [...readdirSync(journal), ...more]) writeFileSync(join(journal, name), held);
    const prefix = [
      ...['nsenter', `--net=${netns.path}`, 'unshare', '--mount', 'sh', '-c'],
      ...['mount --bind "$0" /run; exec "$@"', join(folder, 'run')],
    ];
    const child = start(['filter', 'add', '--from', '192.0.2.1:41000', '--backend', 'iptables'], { prefix });
    const ended = finish(child);
    await firstOutput(child);
    expect(readdirSync(journal)).toHaveLength(1000);
    child.kill('SIGKILL');
    await ended;
    await vi.waitFor(() => expect(allRules(netns)).not.toContain('41000'), { timeout: 10_000 });
  });
});

describe.runIf(TRACING)('no process can be started when the program is killed', () => {
  const OWN_LIMIT = 54_322; // of no other program, for the limit counts all of a user
  const asUser = ['setpriv', `--reuid=${OWN_LIMIT}`, `--regid=${OWN_LIMIT}`, '--clear-groups'];
  const limit = (pid: number, most: number): string =>
    runCommand(['setpriv', ...asUser.slice(1), 'prlimit', '--pid', String(pid), `--nproc=${most}:`]);
  /** Once the shell has come upon it: nothing but a pause keeps it, and it has nothing running. */
  const pausing = (pid: number): Promise<void> =>
    vi.waitFor(() => expect(readFileSync(`/proc/${pid}/wchan`, 'utf8')).toMatch(/unix_dgram|skb/), {
      timeout: 10_000,
      interval: 10,
    });

  test.each(['the limit is raised', 'it stays so'])('%s: the rule goes, by its guard', async (what) => {
    const own = join(folder, 'user');
    mkdirSync(own, { mode: 0o700 });
    chownSync(own, OWN_LIMIT, OWN_LIMIT);
    const child = start(['filter', 'add', '--from', '192.0.2.1:41000', '--backend', 'iptables', '--json'], {
      prefix: [...asUser, 'unshare', '--user', '--map-root-user', '--net'],
      env: { XDG_RUNTIME_DIR: own },
    });
    const ended = finish(child);
    await firstOutput(child);
    const inside = ['nsenter', `--user=/proc/${child.pid}/ns/user`, `--net=/proc/${child.pid}/ns/net`] as const;
    const held = spawn(inside[0], [...inside.slice(1), 'sh', '-c', 'echo; read -r x; nft list ruleset'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(held.stdout, 'data');
    const [name = ''] = readdirSync(join(own, 'rawshake'));
    const [guard = 0] = guardsOf(name.replace(/^rawshake-/, 'rawshake:').replace(/-v4-\d+$/, ''));
    limit(guard, 0);
    child.kill('SIGKILL');
    await ended;
    await pausing(guard);
    if (what === 'the limit is raised') limit(guard, 500);
    await vi.waitFor(() => expect(existsSync(`/proc/${guard}`)).toBe(false), { timeout: 20_000 });
    let rules = '';
    held.stdout.setEncoding('utf8').on('data', (text: string) => (rules += text));
    held.stdin.end('\n');
    await once(held, 'close');
    expect(rules).not.toContain('41000');
    // What is left is for the next to tidy up, and the entry says that there is something.
    expect(readdirSync(join(own, 'rawshake'))).toEqual(what === 'it stays so' ? [name] : []);
    expect(rules.trim() === '').toBe(what !== 'it stays so');
  });

  test('nor when it adds its rule: it says so, and leaves no entry', { timeout: 120_000 }, async () => {
    const own = join(folder, 'user');
    mkdirSync(own, { mode: 0o700 });
    chownSync(own, OWN_LIMIT, OWN_LIMIT);
    const said = new Set<string>();
    // From where Node.js has its threads to where all can be started.
    for (let most = 10; most <= 18; most++) {
      const child = start(['filter', 'add', '--from', '192.0.2.1:41000', '--backend', 'iptables'], {
        prefix: [...asUser, 'unshare', '--user', '--map-root-user', '--net', 'prlimit', `--nproc=${most}`],
        env: { XDG_RUNTIME_DIR: own },
      });
      child.stdout?.once('data', () => child.kill('SIGINT'));
      const { code, stderr } = await finish(child);
      if (code !== null) said.add(`${code} ${stderr}`); // else Node.js itself had not enough
      await vi.waitFor(
        () => expect(readdirSync(own).flatMap((name) => readdirSync(join(own, name)))).toEqual([]),
        10_000,
      );
    }
    expect([...said].filter((each) => !/^130 $|^3 .*ulimit -u/s.test(each))).toEqual([]);
    expect(said.size).toBeGreaterThan(1);
  });
});

test('an ordinary user has a journal of their own, in a folder that is theirs', async () => {
  const own = join(folder, 'user');
  mkdirSync(join(own, 'rawshake'), { recursive: true, mode: 0o700 });
  writeFileSync(join(own, 'rawshake', 'entry'), '{');
  const asUser = TRACING ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];
  if (TRACING)
    for (const path of [own, join(own, 'rawshake'), join(own, 'rawshake', 'entry')]) chownSync(path, NOBODY, NOBODY);
  const prefix = [...asUser, 'unshare', '--user', '--map-root-user', '--net', '--mount'];
  const env = { XDG_RUNTIME_DIR: own };
  const result = await rawshake(['filter', ...ADD], { prefix, env });
  expect(result).toMatchObject({
    code: 0,
    stderr: `rawshake: ${own}/rawshake/entry was left alone: it is no entry of the journal\n`,
  });
});

test.runIf(TRACING)("root's own journal is nothing to warn an ordinary user of", async () => {
  makeJournal();
  const prefix = [
    ...['nsenter', `--net=${netns.path}`, 'unshare', '--mount', 'sh', '-c'],
    ...['mount --bind "$0" /run; exec "$@"', join(folder, 'run')],
    ...['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
  ];
  const add = ['filter', 'add', '--from', '192.0.2.1:41000', '--backend', 'nft'];
  const alone = await rawshake(add, { prefix });
  expect(alone.stderr).toMatch(/^rawshake: nft: rules may be read and changed with CAP_NET_ADMIN only\nhint: .*\n$/);
  chmodSync(journal, 0o777);
  expect((await rawshake(add, { prefix })).stderr).toMatch(/^rawshake: \/run\/rawshake was left alone: /);
});
