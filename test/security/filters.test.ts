/** What is not exactly ours is never listed, removed or signalled, whatever it calls itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Owner, ownerName, ownOwner, startTicksIn } from '../../src/filter/owner.js';
import { planFilter } from '../../src/filter/plan.js';
import { findFilters } from '../../src/filter/found.js';
import { systemHost } from '../../src/linux/filter/filter-host.js';
import { runCommand } from '../../src/linux/process/command.js';
import { createNamespace, type NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { type CliResult, finish, json, rawshake, start } from '../support/cli.js';
import { allRules, guardsOf, journalEntries } from '../support/host-rules.js';
import { firstOutput, startIn } from '../support/programs.js';

let netns: NetworkNamespace;
const children: ChildProcess[] = [];
beforeEach(() => {
  netns = createNamespace();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  netns.close();
});

const filter = (...args: readonly string[]): Promise<CliResult> =>
  rawshake(['filter', ...args], { prefix: ['nsenter', `--net=${netns.path}`] });
const run = (...argv: readonly [string, ...string[]]): string => runCommand(argv, { netns });

interface Listed {
  readonly comment: string;
  readonly state: string;
  readonly owner: number | null;
  readonly family: number;
  readonly flow: Readonly<Record<string, unknown>>;
}
const listed = async (): Promise<readonly Listed[]> =>
  (json(await filter('list', '--json')) as { readonly filters: readonly Listed[] }).filters;

const GONE = `rawshake:${ownerName({ ...ownOwner(), startTicks: 1 })}`;
const FLOW = { src: '192.0.2.1', srcPort: 41_000, dst: '192.0.2.2', dstPort: 8888 };

/** The words of our iptables rule, with something changed. */
function ruleWith(...changes: readonly (readonly [string, string])[]): readonly string[] {
  const { rule } = planFilter({ flow: FLOW, backend: 'iptables', comment: GONE });
  const text = changes.reduce((words, [from, to]) => words.replace(from, to), rule.match.join(' '));
  return text.split(' ').filter((word) => word !== '');
}

const NEAR_IPTABLES: Readonly<Record<string, readonly string[]>> = {
  'another target': ['raw', 'OUTPUT', ...ruleWith(['-j DROP', '-j ACCEPT'])],
  'another chain': ['raw', 'PREROUTING', ...ruleWith()],
  'another table': ['filter', 'OUTPUT', ...ruleWith()],
  'a network': ['raw', 'OUTPUT', ...ruleWith(['192.0.2.1/32', '192.0.2.0/24'])],
  'not from there': ['raw', 'OUTPUT', ...ruleWith(['-s 192.0.2.1/32', '! -s 192.0.2.1/32'])],
  'a range of ports': ['raw', 'OUTPUT', ...ruleWith(['--sport 41000', '--sport 41000:41001'])],
  'no mark': ['raw', 'OUTPUT', ...ruleWith(['-m mark ! --mark 0x36', ''])],
  'only the mark': ['raw', 'OUTPUT', ...ruleWith(['! --mark', '--mark'])],
  'a mark and a mask': ['raw', 'OUTPUT', ...ruleWith(['0x36', '0x36/0xffff'])],
  'other flags': ['raw', 'OUTPUT', ...ruleWith(['RST RST', 'RST,ACK RST'])],
  'one match more': ['raw', 'OUTPUT', ...ruleWith(['-m mark', '-m limit --limit 5/sec -m mark'])],
  'an interface': ['raw', 'OUTPUT', '-o', 'eth0', ...ruleWith()],
  'a name that begins like ours': ['raw', 'OUTPUT', ...ruleWith([GONE, 'rawshakes:1'])],
  'nothing but the name': ['raw', 'OUTPUT', '-m', 'comment', '--comment', GONE, '-j', 'DROP'],
  'no address': ['raw', 'OUTPUT', ...ruleWith(['-s 192.0.2.1/32 -d 192.0.2.2/32', ''])],
  'two comments': ['raw', 'OUTPUT', '-m', 'comment', '--comment', 'mine', ...ruleWith()],
};

const OUTPUT_CHAIN = 'type filter hook output priority raw - 10; policy accept;';
const TABLE = GONE.replaceAll(':', '-');
const NFT_RULE =
  'ip saddr 192.0.2.1 ip daddr 192.0.2.2 tcp sport 41000 tcp dport 8888 tcp flags & rst == rst meta mark != 0x36 ' +
  `counter drop comment "${GONE}"`;

/** Tables in the language of nft, each of which is nearly ours. */
const NEAR_NFT: Readonly<Record<string, string>> = {
  "a user's, with our name": `table inet rawshake-mine { chain output { ${OUTPUT_CHAIN} tcp dport 80 accept; }; }`,
  empty: `table inet ${TABLE} { chain output { ${OUTPUT_CHAIN} }; }`,
  'another name': `table inet rawshake-1 { chain output { ${OUTPUT_CHAIN} ${NFT_RULE}; }; }`,
  'another chain': `table inet ${TABLE} { chain mine { ${OUTPUT_CHAIN} ${NFT_RULE}; }; }`,
  'a second chain': `table inet ${TABLE} { chain output { ${OUTPUT_CHAIN} ${NFT_RULE}; }; chain mine { }; }`,
  'a second rule': `table inet ${TABLE} { chain output { ${OUTPUT_CHAIN} ${NFT_RULE}; tcp dport 81 drop; }; }`,
  'another hook': `table inet ${TABLE} { chain output { type filter hook input priority raw - 10; ${NFT_RULE}; }; }`,
  'another policy': `table inet ${TABLE} { chain output { ${OUTPUT_CHAIN.replace('accept', 'drop')} ${NFT_RULE}; }; }`,
  'no hook': `table inet ${TABLE} { chain output { ${NFT_RULE}; }; }`,
  'another family': `table ip ${TABLE} { chain output { ${OUTPUT_CHAIN} ${NFT_RULE}; }; }`,
  'a limit': `table inet ${TABLE} { chain output { ${OUTPUT_CHAIN} ${NFT_RULE.replace('counter', 'limit rate 5/second counter')}; }; }`,
  'other flags': `table inet ${TABLE} { chain output { ${OUTPUT_CHAIN} ${NFT_RULE.replace('& rst == rst', '& (rst | syn) == rst')}; }; }`,
  'all but RST': `table inet ${TABLE} { chain output { ${OUTPUT_CHAIN} ${NFT_RULE.replace('== rst', '!= rst')}; }; }`,
  'a network': `table inet ${TABLE} { chain output { ${OUTPUT_CHAIN} ${NFT_RULE.replace('saddr 192.0.2.1', 'saddr 192.0.2.0/24')}; }; }`,
  'a set of ports': `table inet ${TABLE} { chain output { ${OUTPUT_CHAIN} ${NFT_RULE.replace('dport 8888', 'dport { 80, 81 }')}; }; }`,
  'no comment': `table inet ${TABLE} { chain output { ${OUTPUT_CHAIN} ${NFT_RULE.replace(/ comment.*/, '')}; }; }`,
};

describe('in the midst of what is nearly ours, clear --all takes ours and nothing else', () => {
  test.each(['iptables', 'nft'] as const)('%s', async (backend) => {
    for (const [table = '', chain = '', ...words] of Object.values(NEAR_IPTABLES))
      run('iptables', '-t', table, '-A', chain, ...words);
    run('nft', 'add table inet rawshake-a; add chain inet rawshake-a b; add table inet rawshake');
    const before = allRules(netns);
    const [add, ...rest] = planFilter({ flow: FLOW, backend, comment: GONE }).commands;
    for (const argv of [add, ...rest]) if (argv !== undefined) run(...argv);
    expect(await listed()).toMatchObject([{ comment: GONE, state: 'gone', owner: ownOwner().pid }]);
    expect((await filter('clear', '--all')).code).toBe(0);
    expect(allRules(netns)).toBe(before);
  });

  test.each(Object.entries(NEAR_NFT))('nft, %s', (_, table) => {
    run('nft', table);
    const host = systemHost(netns);
    expect(findFilters(host)).toEqual([]);
    host.close();
  });

  test('nft, a table of ours that somebody has put something into is theirs', async () => {
    run('nft', NEAR_NFT['a second rule'] ?? '');
    const before = allRules(netns);
    const flow = ['--from', '192.0.2.1:41000', '--to', '192.0.2.2:8888'];
    expect(await filter('remove', ...flow)).toMatchObject({ code: 1, stdout: 'There was nothing to remove.\n' });
    const said = `rawshake: table inet ${TABLE} was left alone: a filter of ours is in it, and something that somebody else has put there\n`;
    expect(await filter('list')).toMatchObject({ code: 0, stdout: '', stderr: said });
    expect(json(await filter('list', '--json'))).toMatchObject({ filters: [], leftAlone: [{ table: TABLE }] });
    expect(await filter('clear', '--all')).toMatchObject({ code: 0, stderr: said });
    expect(allRules(netns)).toBe(before);
  });
});

describe('what strangers have put there is not run, believed, or in the way', () => {
  /** A rule of one that is gone, which `clear` is to take whatever stands beside it. */
  function leaveStale(): void {
    const [add] = planFilter({ flow: FLOW, backend: 'iptables', comment: GONE }).commands;
    if (add !== undefined) run(...add);
  }
  const cleared = async (): Promise<void> => {
    leaveStale();
    expect(await listed()).toMatchObject([{ comment: GONE }]);
    expect((await filter('clear')).code).toBe(0);
    expect(await listed()).toEqual([]);
  };

  test.each(['delete table inet victim; list chains inet', 'include "/etc/hostname"; list chains inet'])(
    'a table that is called: %s',
    async (commands) => {
      const name = `rawshake-x output; ${commands} ; #`;
      const add = [{ table: { family: 'inet', name } }, { chain: { family: 'inet', table: name, name: 'output' } }];
      const victim = { table: { family: 'inet', name: 'victim' } };
      run('nft', '-j', JSON.stringify({ nftables: [victim, ...add].map((one) => ({ add: one })) }));
      expect(await listed()).toEqual([]);
      expect(await filter('list')).toMatchObject({ code: 0, stderr: '' });
      expect(run('nft', 'list', 'tables')).toContain('table inet victim');
      await cleared();
    },
  );

  test('names that are no UTF-8', async () => {
    runCommand(['python3', '-c', NO_UTF8], { netns });
    expect(await listed()).toEqual([]);
    for (const backend of ['nft', 'iptables']) {
      const { child, ended } = await held(backend);
      expect(await listed()).toMatchObject([{ owner: child.pid }]);
      child.kill('SIGINT');
      expect((await ended).code).toBe(130);
    }
    await cleared();
  });

  async function held(backend: string) {
    const child = startIn(netns, ['filter', 'add', '--from', '192.0.2.9:9', '--backend', backend]);
    children.push(child);
    const ended = finish(child);
    await firstOutput(child);
    return { child, ended };
  }

  test.each([
    ['words of ours in a comment', ['-m', 'comment', '--comment', `${GONE} -j DROP`]],
    ['a line of ours in a comment', ['-m', 'comment', '--comment', `x\n[5:6] -A OUTPUT ${ruleWith().join(' ')}\n`]],
  ] as const)('%s is no rule of ours', async (_, words) => {
    run('iptables', '-t', 'raw', '-A', 'OUTPUT', '-s', '192.0.2.1', '-p', 'tcp', ...words);
    expect(await listed()).toEqual([]);
    await cleared();
  });

  /** nft and the kernel know it, iptables does not. */
  const unreadable = (table: string): void => {
    run(
      'nft',
      `add table ip ${table}; add chain ip ${table} mine; add rule ip ${table} mine meta cpu 77 counter accept`,
    );
  };
  const inNft = (): void => {
    for (const argv of planFilter({ flow: FLOW, backend: 'nft', comment: GONE }).commands) run(...argv);
  };

  test('a rule that iptables cannot read keeps it from nothing else: it is said, and exit 1', async () => {
    inNft();
    unreadable('filter');
    const why = 'what iptables has put there could not be looked into: iptables-save: Error: unknown ipv4 meta key';
    const list = await filter('list');
    expect(list).toMatchObject({ code: 1, stderr: `rawshake: ${why}\n` });
    expect(list.stdout).toContain('192.0.2.1:41000 -> 192.0.2.2:8888');
    expect(json(await filter('list', '--json'))).toMatchObject({
      filters: [{ comment: GONE }],
      unseen: [{ program: 'iptables', because: 'iptables-save: Error: unknown ipv4 meta key' }],
    });
    expect(await filter('clear')).toMatchObject({ code: 1, stderr: `rawshake: ${why}\n` });
    expect(json(await filter('list', '--json'))).toMatchObject({ filters: [], unseen: [{}] });
    expect(await filter('list')).toMatchObject({ code: 1, stdout: '' });
    const words = ['--from', '192.0.2.1:41000', '--to', '192.0.2.2:8888'];
    expect(await filter('add', '--detach', '--backend', 'nft', ...words)).toMatchObject({ code: 0, stderr: '' });
    expect(await filter('remove', '--backend', 'nft', ...words)).toMatchObject({ code: 0, stderr: '' });
  });

  test('one in a table that is not raw hides no rule of ours', async () => {
    leaveStale();
    unreadable('filter');
    expect(await listed()).toMatchObject([{ comment: GONE }]);
    expect(await filter('clear')).toMatchObject({ code: 0, stderr: '' });
    expect(await listed()).toEqual([]);
    expect(await filter('add', '--detach', '--backend', 'iptables', '--from', '192.0.2.9:9')).toMatchObject({
      code: 0,
    });
    expect(await listed()).toHaveLength(1);
  });

  test('one that comes while a filter is held: it ends, and says that it cannot count', async () => {
    const { child, ended } = await held('iptables');
    unreadable('raw');
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain('unknown ipv4 meta key');
    expect(stdout).toContain('How many RSTs it had dropped could not be read.');
    expect(run('nft', 'list', 'ruleset')).not.toContain('rawshake');
  });

  test('names with quotation marks in them', async () => {
    for (const words of ['-N a"b', '-N "b', '-A OUTPUT -o e"0 -j "b', '-A PREROUTING -i "e -j a"b'])
      run('iptables', '-t', 'raw', ...words.split(' '));
    await cleared();
  });

  test('a chain whose name has line ends in it: nothing is guessed, and it is said', async () => {
    const name = 'a b\n*filter\nz';
    leaveStale();
    run('nft', '-j', JSON.stringify({ nftables: [{ add: { chain: { family: 'ip', table: 'raw', name } } }] }));
    const { code, stderr } = await filter('list');
    expect(code).toBe(1);
    expect(stderr).toContain('the name of a chain has blanks in it');
  });

  test('a set that somebody has put into a table of ours stays', async () => {
    for (const argv of planFilter({ flow: FLOW, backend: 'nft', comment: GONE }).commands) run(...argv);
    run('nft', 'add', 'set', 'inet', TABLE, 'mine', '{ type ipv4_addr; }');
    expect(await listed()).toEqual([]);
    await filter('clear', '--all');
    expect(run('nft', 'list', 'sets')).toContain('set mine');
  });

  test('more rules than fit into a megabyte: filters are found, and removed', async () => {
    const many = Array.from({ length: 12_000 }, (_, i) => {
      const address = `10.0.${i >> 8}.${i & 255}/32`;
      return `-A INPUT -s ${address} -p tcp -m tcp --dport 22 -m comment --comment "entry number ${i} of many" -j DROP`;
    });
    runCommand(['iptables-restore'], { netns, input: `*filter\n${many.join('\n')}\nCOMMIT\n` });
    const added = await filter('add', '--detach', '--backend', 'iptables', '--from', '192.0.2.9:9');
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(await listed()).toHaveLength(1);
    expect((await filter('remove', '--from', '192.0.2.9:9')).code).toBe(0);
    expect(await listed()).toEqual([]);
  });

  test('seen from another time namespace, or under another boot id, its owner is not gone', async () => {
    const { child, ended } = await held('iptables');
    const look = ['nsenter', `--net=${netns.path}`];
    const prefixes = [
      [...look, 'unshare', '--time', '--boottime', '1000000', '--fork'],
      [
        ...look,
        'unshare',
        '--mount',
        'sh',
        '-c',
        'cp /dev/null /tmp/$$; echo other-boot >/tmp/$$; mount --bind /tmp/$$ /proc/sys/kernel/random/boot_id; rm /tmp/$$; exec "$@"',
        'sh',
      ],
    ];
    for (const prefix of prefixes) {
      expect((await rawshake(['filter', 'clear'], { prefix })).code).toBe(0);
      expect(await listed()).toMatchObject([{ owner: child.pid, state: 'running' }]);
    }
    child.kill('SIGINT');
    await ended;
  });
});

/** Makes table t with a chain of the name FF in the families ip and inet: nft itself writes no such name. */
const NO_UTF8 = String.raw`
import socket, struct
A = lambda t, d: struct.pack('<HH', 4 + len(d), t) + d + b'\0' * (-len(d) % 4)
def M(t, fl, fam, res, a):
    b = struct.pack('>BBH', fam, 0, res) + a
    return struct.pack('<IHHII', 16 + len(b), t, fl, 0, 0) + b
k = socket.socket(16, 3, 12)
k.bind((0, 0))
for fam in (1, 2):
    k.send(M(16, 1, 0, 10, b'') + M(0xa00, 0x405, fam, 0, A(1, b't\0') + A(2, b'\0' * 4)) + M(0xa03, 0x405, fam, 0, A(1, b't\0') + A(3, b'\xff\0')) + M(17, 1, 0, 10, b''))
`;

test('two of ours in one table, as iptables/rst.nft makes them: remove takes the one that is named', async () => {
  run('nft', '-f', 'iptables/rst.nft');
  expect(await listed()).toHaveLength(2);
  const [v4, v6] = [
    ['--from', '192.0.2.1:41000', '--to', '192.0.2.2:8888'],
    ['--from', '[2001:db8::1]:41000', '--to', '[2001:db8::2]:8888'],
  ];
  expect((await filter('remove', ...v4)).code).toBe(0);
  expect(await listed()).toMatchObject([{ family: 6 }]);
  expect((await filter('remove', ...v6)).code).toBe(0);
  expect(allRules(netns)).not.toContain('rawshake');
});

test('all that are gone are looked for once and once again, however many there are; and go with their tables', async () => {
  run('nft', '-f', 'iptables/rst.nft');
  const many = Array.from({ length: 8 }, (_, i) => `rawshake:${ownerName({ ...ownOwner(), startTicks: i + 1 })}`);
  for (const [i, comment] of many.entries()) {
    const backend = i % 2 === 0 ? 'nft' : 'iptables';
    for (const argv of planFilter({ flow: FLOW, backend, comment }).commands) run(...argv);
  }
  const log = `/tmp/rawshake-looks-${process.pid}`;
  const counting = 'exec strace -f -qq -e trace=execve -o "$0" "$@"';
  const prefix = ['nsenter', `--net=${netns.path}`, 'sh', '-c', counting, log];
  try {
    expect((await rawshake(['filter', 'clear', '--all'], { prefix })).code).toBe(0);
    expect(readFileSync(log, 'utf8').match(/execve\("\S*\/ip6tables-save", .* = 0$/gm)).toHaveLength(2);
  } finally {
    rmSync(log, { force: true });
  }
  expect(allRules(netns)).not.toContain('rawshake');
});

test('a process that many rules name is looked into once, and no further than a program of ours could need', async () => {
  const program = `for (let i = 0; i < 5000; i++) require('fs').openSync('/dev/null'); console.log('open'); setInterval(() => undefined, 1e6);`;
  const stranger = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(stranger);
  await firstOutput(stranger);
  const pid = stranger.pid ?? 0;
  const startTicks = startTicksIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const comment = `rawshake:${ownerName({ ...ownOwner(), pid, startTicks })}`;
  for (let i = 0; i < 10; i++)
    for (const argv of planFilter({ flow: { ...FLOW, srcPort: 41_000 + i }, backend: 'iptables', comment }).commands)
      run(...argv);
  const log = `/tmp/rawshake-looks-${process.pid}`;
  const looking = 'exec strace -f -qq -e trace=file -o "$0" "$@"';
  const prefix = ['nsenter', `--net=${netns.path}`, 'sh', '-c', looking, log];
  try {
    const result = await rawshake(['filter', 'list', '--json'], { prefix });
    const { filters } = json(result) as { readonly filters: readonly Listed[] };
    expect(filters.map(({ state }) => state)).toEqual(Array(10).fill('unknown'));
    const looks = readFileSync(log, 'utf8').split(`/proc/${pid}/fd/`).length - 1;
    expect(looks).toBeGreaterThan(1000);
    expect(looks).toBeLessThan(5000);
  } finally {
    rmSync(log, { force: true });
  }
});

test('a namespace that has a name: its holder is known, and ended', async () => {
  const name = `rawshake-test-${process.pid}`;
  runCommand(['ip', 'netns', 'attach', name, String(sleeper().pid)]);
  try {
    for (const backend of ['nft', 'iptables']) {
      const at = ['--netns', name];
      const child = start(['filter', 'add', ...at, '--from', '192.0.2.1:41000', '--backend', backend]);
      children.push(child);
      const ended = finish(child);
      await firstOutput(child);
      expect(await listed()).toMatchObject([{ owner: child.pid, state: 'running' }]);
      const removed = await rawshake(['filter', 'remove', ...at, '--from', '192.0.2.1:41000']);
      expect(removed).toMatchObject({ code: 0, stderr: '' });
      expect((await ended).code).toBe(130);
      expect(await listed()).toEqual([]);
    }
  } finally {
    runCommand(['ip', 'netns', 'delete', name]);
  }
});

/** A process in the test's namespace, for it to be found by. */
function sleeper(): ChildProcess {
  const child = netns.run(() => spawn('sleep', ['60']));
  children.push(child);
  return child;
}

/** Who a process is, as its filter would say it. */
const ownerOfProcess = (pid: number): Owner => ({
  ...ownOwner(),
  pid,
  startTicks: startTicksIn(readFileSync(`/proc/${pid}/stat`, 'utf8')),
});

/** A rule that says it is held by this process. */
function claim(pid: number): string {
  const comment = `rawshake:${ownerName(ownerOfProcess(pid))}`;
  const [add] = planFilter({ flow: FLOW, backend: 'iptables', comment }).commands;
  if (add !== undefined) run(...add);
  return comment;
}

/** Looks like a `filter add`, and writes a line when it is there. */
const impostor = (prefix: readonly string[]): ChildProcess => {
  const [program, ...args] = [
    ...prefix,
    process.execPath,
    '-e',
    'console.log(); setInterval(() => {}, 1e6)',
    'rawshake',
    'filter',
    'add',
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  return child;
};

type Strange = readonly [put: readonly [string, ...string[]], left: RegExp];

describe('what somebody puts into a table that was made for our rule stays there', () => {
  const ruleset = (): string =>
    run('nft', 'list', 'ruleset')
      .replace(/^#.*\n/gm, '')
      .replace(/\s+/g, ' ')
      .trim();

  const SET: Strange = [
    ['nft', 'add set ip raw mine { type inet_service; }'],
    /^table ip raw \{ set mine \{[^}]*\} \}$/,
  ];
  const POLICY: Strange = [
    ['iptables', '-t', 'raw', '-P', 'OUTPUT', 'DROP'],
    /^table ip raw \{ chain OUTPUT \{[^}]*policy drop; \} \}$/,
  ];
  test.each([
    ['SIGINT', ...SET],
    ['SIGKILL', ...SET],
    ['SIGINT', ...POLICY],
    ['SIGKILL', ...POLICY],
  ] as const)('%s, %j', async (signal, argv, left) => {
    const child = startIn(netns, ['filter', 'add', '--from', '192.0.2.1:41000', '--backend', 'iptables']);
    children.push(child);
    await firstOutput(child);
    run(...argv);
    child.kill(signal);
    await once(child, 'exit');
    await vi.waitFor(() => {
      expect(ruleset()).toMatch(left);
    }, 10_000);
  });

  test('a guard that was killed after it made the table, before the rule was in it: clear removes what it made', async () => {
    const child = startIn(netns, ['filter', 'add', '--from', '192.0.2.1:41000', '--backend', 'iptables']);
    children.push(child);
    await firstOutput(child);
    const [{ comment } = { comment: '' }] = await listed();
    for (const pid of guardsOf(comment)) process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    run('iptables', '-t', 'raw', '-F', 'OUTPUT');
    expect(ruleset()).toContain('rawshake-made-table');
    expect((await filter('clear')).code).toBe(0);
    expect(ruleset()).toBe('');
    expect(journalEntries(netns)).toEqual([]);
  });
});

describe('nothing is signalled that is not proven to be ours', () => {
  test('a process that is named in a comment, and does not have the namespace open: the rule goes, the process stays', async () => {
    const child = impostor([]);
    await firstOutput(child);
    const comment = claim(child.pid ?? 0);
    expect(await listed()).toMatchObject([{ comment, state: 'unknown' }]);
    await filter('clear');
    expect(await listed()).toHaveLength(1);
    expect((await filter('clear', '--all')).code).toBe(0);
    expect(await listed()).toEqual([]);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  });

  test('one in the namespace that is no `filter add`: both stay, and it is said', async () => {
    const child = spawn('nsenter', [`--net=${netns.path}`, 'sh', '-c', 'echo; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(child);
    await firstOutput(child);
    claim(child.pid ?? 0);
    const result = await filter('clear', '--all');
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(`it belongs to process ${child.pid}, which lives`);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  });

  test.runIf(process.getuid?.() === 0)("another user's that looks like one: both stay", async () => {
    const child = impostor(['nsenter', `--net=${netns.path}`, 'setpriv', '--reuid=65534', '--clear-groups']);
    await firstOutput(child);
    claim(child.pid ?? 0);
    expect((await filter('clear', '--all')).code).toBe(1);
    expect(await listed()).toHaveLength(1);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  });

  test.each(['nft', 'iptables'])(
    'one that holds another filter, by %s: the copied rule goes, process and filter stay',
    async (backend) => {
      const child = startIn(netns, ['filter', 'add', '--from=192.0.2.1:41001', `--backend=${backend}`]);
      children.push(child);
      await firstOutput(child);
      claim(child.pid ?? 0);
      expect(await listed()).toHaveLength(2);
      expect((await filter('remove', '--from', '192.0.2.1:41000', '--to', '192.0.2.2:8888')).code).toBe(0);
      expect(await listed()).toMatchObject([{ owner: child.pid, flow: { srcPort: 41001 }, state: 'running' }]);
      expect((await filter('remove', '--from', '192.0.2.1:41001')).code).toBe(0);
      expect(await listed()).toEqual([]);
    },
  );

  test('an id that another process has by now: the rule is of one that is gone', async () => {
    const child = spawn('sleep', ['60']);
    children.push(child);
    const owner = ownerOfProcess(child.pid ?? 0);
    const comment = `rawshake:${ownerName({ ...owner, startTicks: owner.startTicks - 2 })}`;
    const [add] = planFilter({ flow: FLOW, backend: 'iptables', comment }).commands;
    if (add !== undefined) run(...add);
    expect(await listed()).toMatchObject([{ state: 'gone' }]);
    expect((await filter('clear')).code).toBe(0);
    expect(await listed()).toEqual([]);
  });
});

describe.each(['nft', 'iptables'])('%s', (backend) => {
  const ADD = ['add', '--from', '192.0.2.1:41000', '--backend', backend];

  test('its owner was stopped by Ctrl-Z: remove and clear do not wait for it for ever', async () => {
    for (const words of [
      ['remove', '--from', '192.0.2.1:41000'],
      ['clear', '--all'],
    ]) {
      const child = startIn(netns, ['filter', ...ADD]);
      children.push(child);
      const ended = finish(child);
      await firstOutput(child);
      child.kill('SIGSTOP');
      await vi.waitFor(() => {
        expect(readFileSync(`/proc/${child.pid}/stat`, 'utf8')).toContain(') T ');
      });
      expect((await filter('clear')).code).toBe(0);
      expect(await listed()).toMatchObject([{ owner: child.pid, state: 'running' }]);
      expect((await filter(...words)).code).toBe(0);
      expect(await listed()).toEqual([]);
      expect((await ended).code).toBe(130);
    }
  });

  test('its owner is in another PID namespace, as in a container with the network of the host: unknown, and left', async () => {
    const prefix = ['nsenter', `--net=${netns.path}`, 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const child = start(['filter', ...ADD, '--json'], { prefix });
    children.push(child);
    const ended = finish(child);
    await firstOutput(child);
    const [shown] = await listed();
    expect(shown).toMatchObject({ state: 'unknown' });
    expect((await filter('clear')).code).toBe(0);
    expect(await listed()).toMatchObject([{ comment: shown?.comment }]);
    const entries = journalEntries(netns);
    for (const words of [
      ['remove', '--from', '192.0.2.1:41000'],
      ['clear', '--all'],
    ]) {
      const { code, stdout, stderr } = await filter(...words);
      expect(code).toBe(1);
      expect(stdout).not.toContain('removed');
      expect(stderr).toMatch(/put back by its owner|belongs to a process/);
      expect(await listed()).toMatchObject([{ comment: shown?.comment }]);
    }
    expect(journalEntries(netns)).toEqual(entries);
    const [inside = ''] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
    process.kill(Number(inside), 'SIGINT');
    await ended;
    expect(await listed()).toEqual([]);
  });

  test('somebody holds the locks that rawshake takes: it does not wait for ever', async () => {
    const script = 'exec 3</proc/self/ns/net; flock 3; echo; exec sleep 60';
    const holder = spawn('nsenter', [`--net=${netns.path}`, 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(holder);
    await firstOutput(holder);
    const child = startIn(netns, ['filter', ...ADD]);
    const ended = finish(child);
    await firstOutput(child);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(await listed()).toEqual([]);
  });
});

const NEVER = [
  '0.0.0.0:1',
  '0.1.2.3:1',
  '[::]:1',
  '224.0.0.1:1',
  '239.255.255.255:1',
  '[ff02::1]:1',
  '255.255.255.255:1',
  '192.0.2.1:0',
];
test.each(NEVER)('%s can be no end of a connection: refused, exit 2', async (address) => {
  const results = await Promise.all([
    filter('plan', '--from', address),
    filter('plan', '--from', address.startsWith('[') ? '[2001:db8::9]:1' : '192.0.2.9:1', '--to', address),
  ]);
  for (const { code, stderr } of results) {
    expect(code).toBe(2);
    expect(stderr).toMatch(/^rawshake: .+\nhint: \S.*\n$/);
  }
});

test('an address alone: it is said that all of its RSTs are dropped', async () => {
  const { stdout } = await filter('plan', '--from', '192.0.2.1');
  expect(stdout).toMatch(/^# only an address was given: every RST of this host's kernel from it is dropped/);
  expect(json(await filter('plan', '--from', '192.0.2.1', '--json'))).toMatchObject({ wholeAddress: true });
  const child = startIn(netns, ['filter', 'add', '--from', '192.0.2.1', '--lang', 'zh']);
  const ended = finish(child);
  await firstOutput(child);
  child.kill('SIGINT');
  expect((await ended).stderr).toContain('只给出了地址');
});
