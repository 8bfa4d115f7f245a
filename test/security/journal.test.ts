/** The journal of rules: what others put there, or make of it, is neither run nor believed, and is named. */
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ownOwner, ownerName } from '../../src/filter/owner.js';
import { planFilter } from '../../src/filter/plan.js';
import { runCommand } from '../../src/linux/command.js';
import { createNamespace, type NetworkNamespace } from '../../src/linux/netns.js';
import { type CliResult, finish, rawshake, start } from '../support/cli.js';
import { allRules, journalEntries, namespaceNumber } from '../support/host-rules.js';
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
    mark: 0x7261,
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

  test.each([
    ['lives', ownerName(ownOwner())],
    ['is counted in another PID namespace', ownerName({ ...ownOwner(), pidNamespace: 1 })],
  ])('the rule of a process that %s stays', async (_, owner) => {
    makeJournal();
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
