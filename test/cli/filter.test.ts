/** `rawshake filter` as a person uses it, on a host of the test's own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemHost } from '../../src/linux/filter/filter-host.js';
import { runCommand } from '../../src/linux/process/command.js';
import { createNamespace, type NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { finish, json, rawshake, start, WITHOUT_CAPABILITIES, type CliResult } from '../support/cli.js';
import { allRules, guardsOf, journalEntries } from '../support/host-rules.js';
import { killRounds } from '../support/kills.js';
import { firstOutput, startIn } from '../support/programs.js';

let netns: NetworkNamespace;
beforeEach(() => {
  netns = createNamespace();
});
afterEach(() => {
  netns.close();
});

const FLOW = ['--from', '192.0.2.1:41000', '--to', '192.0.2.2:8888'];

/** Runs a command on the test's host. */
const filter = (...args: readonly string[]): Promise<CliResult> =>
  rawshake(['filter', ...args], { prefix: ['nsenter', `--net=${netns.path}`] });

interface Shown {
  readonly backend: string;
  readonly variant: string | null;
  readonly flow: Readonly<Record<string, unknown>>;
  readonly comment: string;
  readonly owner: number | null;
  readonly state: string;
  readonly packets: number;
}

const listed = async (): Promise<readonly Shown[]> => {
  const result = await filter('list', '--json');
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return (json(result) as { readonly filters: readonly Shown[] }).filters;
};

/** A `filter add` whose filter is in force. */
async function added(...args: readonly string[]) {
  const child = startIn(netns, ['filter', 'add', ...args]);
  const ended = finish(child);
  await Promise.race([firstOutput(child), ended]);
  return { child, ended };
}

describe('plan', () => {
  test('prints what can be pasted, and what undoes it', async () => {
    const { code, stdout } = await filter('plan', ...FLOW, '--backend', 'iptables');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'iptables -w -t raw -I OUTPUT 1 -s 192.0.2.1/32 -d 192.0.2.2/32 -p tcp -m tcp --sport 41000 --dport 8888 --tcp-flags RST RST -m mark ! --mark 0x36 -m comment --comment rawshake:by-hand -j DROP',
      expect.stringMatching(/^# to undo it: iptables -w -t raw -D OUTPUT /),
      '',
    ]);
    expect(allRules(netns)).not.toContain('192.0.2.1');
  });

  test('what it prints is what puts it in force, typed into a shell', async () => {
    for (const backend of ['nft', 'iptables']) {
      const { stdout } = await filter('plan', ...FLOW, '--backend', backend);
      runCommand(['sh', '-e', '-c', stdout], { netns });
    }
    expect(await listed()).toMatchObject([
      { backend: 'nft', comment: 'rawshake:by-hand', owner: null, state: 'none' },
      { backend: 'iptables', comment: 'rawshake:by-hand', owner: null, state: 'none' },
    ]);
  });

  test('needs no privilege', async () => {
    const plan = await rawshake(['filter', 'plan', '--from', '2001:db8::1', '--json'], {
      prefix: WITHOUT_CAPABILITIES,
    });
    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(json(plan)).toMatchObject({
      command: 'filter plan',
      version: 1,
      backend: 'nft',
      family: 6,
      flow: { src: '2001:db8::1', srcPort: null, dst: null, dstPort: null },
      commands: [expect.arrayContaining(['nft', 'create']), expect.anything(), expect.anything()],
    });
  });
});

describe.each(['nft', 'iptables'])('add, by %s', (backend) => {
  test('is in force until Ctrl-C, and then gone without a trace', async () => {
    const before = allRules(netns);
    const { child, ended } = await added(...FLOW, '--backend', backend, '--json');
    expect(await listed()).toMatchObject([
      {
        backend,
        flow: { src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 },
        owner: child.pid,
        state: 'running',
        packets: 0,
      },
    ]);
    child.kill('SIGINT');
    const result = await ended;
    expect(result).toMatchObject({ code: 130, stderr: '' });
    expect(json(result)).toMatchObject({ command: 'filter add', backend, owner: child.pid, detached: false });
    expect(allRules(netns)).toBe(before);
    expect(journalEntries(netns)).toEqual([]);
  });

  test('remove ends it', async () => {
    const { child, ended } = await added(...FLOW, '--backend', backend);
    const other = await filter('remove', '--from', '192.0.2.1:41001', '--to', '192.0.2.2:8888');
    expect(other).toMatchObject({ code: 1, stdout: 'There was nothing to remove.\n' });
    const removed = await filter('remove', ...FLOW);
    expect(removed).toMatchObject({ code: 0, stderr: '' });
    expect(removed.stdout).toMatch(
      new RegExp(`^${backend}.* 0 RST  removed, and process ${String(child.pid)} ended\n$`),
    );
    expect((await ended).code).toBe(130);
    expect(await listed()).toEqual([]);
  });

  test('with --detach it stays; clear leaves it alone, clear --all takes it', async () => {
    const before = allRules(netns);
    const result = await filter('add', ...FLOW, '--backend', backend, '--detach', '--json');
    expect(result.code).toBe(0);
    expect(json(result)).toMatchObject({ command: 'filter add', detached: true, owner: null });
    expect((await filter('clear')).code).toBe(0);
    expect(await listed()).toMatchObject([{ backend, state: 'none' }]);
    const cleared = await filter('clear', '--all', '--json');
    expect(json(cleared)).toMatchObject({ ok: true, removed: [{ backend }], kept: [] });
    expect(allRules(netns)).toBe(before);
    await filter('add', ...FLOW, '--backend', backend, '--detach');
    expect((await filter('clear', '--all', '--lang', 'zh')).stdout).toMatch(/ 已移除\n$/);
  });
});

test.each(['nft', 'iptables'])(
  'detached from containers that share the network, where ids are alike: each its own, by %s',
  async (backend) => {
    const container = ['nsenter', `--net=${netns.path}`, 'unshare', '--pid', '--fork', '--mount-proc'];
    const ports = [41000, 41001];
    for (const srcPort of ports) {
      const add = [
        'filter',
        'add',
        '--from',
        `192.0.2.1:${String(srcPort)}`,
        '--backend',
        backend,
        '--detach',
        '--json',
      ];
      const result = await rawshake(add, { prefix: container });
      expect(json(result)).toMatchObject({ detached: true, flow: { srcPort } });
    }
    expect((await listed()).map(({ flow }) => flow['srcPort']).sort()).toEqual(ports);
  },
);

test('a second one of the same connection: it stands too, and a line names the first', async () => {
  expect(await filter('add', ...FLOW, '--backend', 'nft', '--detach')).toMatchObject({ code: 0, stderr: '' });
  const second = await filter('add', ...FLOW, '--backend', 'iptables', '--detach');
  expect(second).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(
      /^rawshake: another filter of this connection stands: nft rawshake:detached-\w+; no process holds it, and it stays\. .+\n$/,
    ) as string,
  });
  expect(await listed()).toHaveLength(2);
  const other = await filter('add', '--from', '192.0.2.1:41001', '--backend', 'nft', '--detach');
  expect(other).toMatchObject({ code: 0, stderr: '' });
});

test('an address that iptables writes otherwise', async () => {
  const add = await filter('add', '--from', '::192.0.2.1', '--backend', 'iptables', '--detach');
  expect(add.code).toBe(0);
  expect(await listed()).toMatchObject([{ flow: { src: '::c000:201' } }]);
  expect((await filter('remove', '--from', '::192.0.2.1')).code).toBe(0);
  expect(await listed()).toEqual([]);
});

test('auto takes nft where it works, and says which it took', async () => {
  const { child, ended } = await added(...FLOW, '--lang', 'zh');
  child.kill('SIGTERM');
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  expect(stdout).toBe(
    'nft 丢弃本机内核的 RST：192.0.2.1:41000 -> 192.0.2.2:8888\n按 Ctrl-C 移除规则。\n已移除。共丢弃了 0 个 RST。\n',
  );
});

test('a reload by somebody else is said', async () => {
  const host = systemHost(netns);
  const { child, ended } = await added(...FLOW, '--backend', 'iptables');
  const said = child.stderr === null ? undefined : once(child.stderr, 'data');
  host.run(['iptables', '-t', 'raw', '-F']);
  await said;
  expect(await listed()).toMatchObject([{ owner: child.pid }]);
  child.kill('SIGINT');
  expect((await ended).stderr).toBe('rawshake: somebody has removed the rule (a reload?); it was put back\n');
  host.close();
});

test('another network namespace, by the id of a process in it', async () => {
  const inside = netns.run(() => spawn('sleep', ['60']));
  try {
    const child = start(['filter', 'add', ...FLOW, '--netns', String(inside.pid)]);
    const ended = finish(child);
    await firstOutput(child);
    expect(await listed()).toMatchObject([{ owner: child.pid, state: 'running' }]);
    child.kill('SIGINT');
    await ended;
    expect(await listed()).toEqual([]);
  } finally {
    inside.kill();
  }
});

test.each(['nft', 'iptables'])(
  'in another namespace, what is printed by %s takes effect where one stands',
  async (backend) => {
    const inside = netns.run(() => spawn('sleep', ['60']));
    const there = ['--netns', String(inside.pid), '--backend', backend];
    try {
      const plan = await rawshake(['filter', 'plan', ...FLOW, ...there]);
      runCommand(['sh', '-e', '-c', plan.stdout]);
      expect(await listed()).toHaveLength(1);
      const [, planned = ''] = /^# to undo it: (.*)$/m.exec(plan.stdout) ?? [];
      runCommand(['sh', '-e', '-c', planned]);
      expect(await listed()).toEqual([]);
      const before = allRules(netns);
      const { stdout } = await rawshake(['filter', 'add', ...FLOW, ...there, '--detach']);
      expect(await listed()).toHaveLength(1);
      const [, removal = ''] = /until it is removed: rawshake (.*)$/m.exec(stdout) ?? [];
      const removed = await rawshake(removal.split(' '));
      expect(removed.code).toBe(0);
      expect(allRules(netns)).toBe(before);
      const [, other] = /^or: (.*)$/m.exec(stdout) ?? [];
      expect(other !== undefined).toBe(backend === 'nft');
    } finally {
      inside.kill();
    }
  },
);

test("the rule deleted by iptables' own command: clear removes the table that it had brought, and says so", async () => {
  const before = allRules(netns);
  await filter('add', ...FLOW, '--backend', 'iptables', '--detach');
  runCommand(['nsenter', `--net=${netns.path}`, 'iptables', '-w', '-t', 'raw', '-F', 'OUTPUT']);
  expect(allRules(netns)).not.toBe(before);
  const cleared = await filter('clear');
  expect(cleared).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('table ip raw') as string });
  expect(allRules(netns)).toBe(before);
  expect((await filter('clear')).stdout).toBe('There was nothing to remove.\n');
});

test('a namespace that has a name is entered by it', async () => {
  const named = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /run; ip netns add blue; exec "$@"', 'sh'];
  const add = ['filter', 'add', ...FLOW, '--netns', 'blue', '--detach'];
  const { stdout } = await rawshake(add, { prefix: named });
  expect(stdout).toMatch(
    /until it is removed: rawshake filter remove .+ --netns blue\nor: ip netns exec blue nft delete table inet rawshake-detached-[\da-f]{8}\n$/,
  );
});

test('both a program and its guard killed: list only looks, clear or the next filter removes what is left', async () => {
  const before = allRules(netns);
  const flows = [FLOW, ['--from', '192.0.2.1:41001']];
  for (const [i, flow] of flows.entries()) {
    const { child, ended } = await added(...flow, '--backend', 'iptables');
    const [{ comment } = { comment: '' }] = await listed();
    for (const pid of guardsOf(comment)) process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await ended;
    await vi.waitFor(() => {
      expect(guardsOf(comment)).toEqual([]);
    });
    expect(journalEntries(netns)).toHaveLength(1);
    await filter('plan', ...flow);
    expect(await listed()).toMatchObject([{ comment, owner: child.pid, state: 'gone' }]);
    expect(journalEntries(netns)).toHaveLength(1);
    if (i === 0) {
      const cleared = await filter('clear');
      expect(cleared.code).toBe(0);
      expect(cleared.stdout).toContain(`removed; process ${String(child.pid)} was gone`);
    }
    if (i !== 0) {
      const next = await added(...FLOW, '--backend', 'iptables');
      next.child.kill('SIGINT');
      await next.ended;
    }
    expect(allRules(netns)).toBe(before);
    expect(journalEntries(netns)).toEqual([]);
  }
});

test('without the privilege: exit 3, and a line to paste', async () => {
  for (const backend of ['auto', 'nft', 'iptables']) {
    const args = ['filter', 'add', ...FLOW, '--backend', backend, '--json'];
    const result = await rawshake(args, { prefix: ['nsenter', `--net=${netns.path}`, ...WITHOUT_CAPABILITIES] });
    expect(result).toMatchObject({ code: 3, stderr: '' });
    expect(json(result)).toMatchObject({
      error: { code: 'RS_NO_PRIVILEGE', hint: expect.stringContaining('--cap-add NET_ADMIN') as string },
    });
  }
  expect(journalEntries(netns)).toEqual([]);
});

/** In front of a command: neither the program nft nor its library is there. */
const withoutNft = (): readonly string[] => {
  const paths = ['nft', 'libnftables.so.1'].flatMap((name) => {
    const found = runCommand(['sh', '-c', `command -v ${name} || ldconfig -p | sed -n 's/.*${name} .*=> //p'`]);
    return found.trim().split('\n').slice(0, 1);
  });
  const hide = 'for f in $0; do mount --bind /dev/null "$f"; done; exec "$@"';
  return [
    'nsenter',
    `--net=${netns.path}`,
    'unshare',
    '--mount',
    'sh',
    '-c',
    hide,
    paths.map((path) => realpathSync(path)).join(' '),
  ];
};

test('filters of nftables need neither its program nor its library', async () => {
  const options = { prefix: withoutNft() };
  const run = (...args: readonly string[]) => rawshake(['filter', ...args], options);
  const before = allRules(netns);
  const child = start(['filter', 'add', ...FLOW, '--backend', 'nft'], options);
  const ended = finish(child);
  await Promise.race([firstOutput(child), ended]);
  expect(await listed()).toMatchObject([{ backend: 'nft', owner: child.pid, state: 'running' }]);
  expect((await run('list')).stdout).toMatch(/^nft .* 192\.0\.2\.1:41000 -> 192\.0\.2\.2:8888 /);
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 130, stderr: '' });
  expect(await run('add', '--detach', '--backend', 'nft', ...FLOW)).toMatchObject({ code: 0, stderr: '' });
  expect(await run('clear', '--all')).toMatchObject({ code: 0, stderr: '' });
  expect(allRules(netns)).toBe(before);
});

const MISUSES = [
  { args: ['plan'], says: /required option '--from/ },
  { args: ['add', '--from', 'localhost'], says: /'localhost' is invalid/ },
  { args: ['add', '--from', '192.0.2.1', '--to', '2001:db8::1'], says: /do not go together/ },
  { args: ['plan', '--from', '192.0.2.1', '--mark', '0'], says: /A mark is/ },
  { args: ['plan', '--from', '192.0.2.1', '--backend', 'ipfw'], says: /'ipfw' is invalid/ },
  { args: ['nonsense'], says: /unknown command/ },
  { args: ['list', '--netns', 'no-such-namespace'], says: /no-such-namespace/ },
] as const;

test('misuse: exit 2, what was wrong, what to do', async () => {
  const results = await Promise.all(MISUSES.map(async ({ args, says }) => ({ says, result: await filter(...args) })));
  for (const { says, result } of results) {
    expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(says) as string });
    expect(result.stderr).toMatch(/\nhint: \S/);
  }
});

test('every help shows an example', async () => {
  const commands = [[], ['plan'], ['add'], ['list'], ['remove'], ['clear']];
  const results = await Promise.all(commands.map((command) => rawshake(['filter', ...command, '--help'])));
  for (const { code, stdout } of results) {
    expect(code).toBe(0);
    expect(stdout).toMatch(/Example:\n {2}rawshake filter /);
  }
});

// 200 by `npm run stress`, with figures.
describe.each([
  { signal: 'SIGKILL', rounds: 8 },
  { signal: 'SIGINT', rounds: 4 },
] as const)('$signal at random moments, four programs at once, the processors busy', ({ signal, rounds }) => {
  test('nothing is left: rule, table, chain, guard, namespace, journal; the rules of the host are untouched', async () => {
    const results = await killRounds(rounds, signal);
    expect(results).toHaveLength(rounds);
    // The moments were in the middle.
    expect(results.some(({ inForce }) => inForce > 0)).toBe(true);
    expect(results.some(({ namespaces }) => namespaces > 0)).toBe(true);
  }, 300_000);
});
