/** What a user gets for bad input, for what is missing, and for what the system refuses. */
import { describe, expect, test } from 'vitest';
import { finish, json, rawshake, start, WITHOUT_CAPABILITIES, WITHOUT_USER_NAMESPACES } from '../support/cli.js';
import { firstOutput } from '../support/programs.js';

describe('bad input: exit 2, what was wrong, where to look', () => {
  test.each([
    { args: ['compare', '--remedy', 'prayer'], says: /'prayer' is invalid.*none, iptables/ },
    { args: ['compare', '--port', '0'], says: /'0' is invalid.*1 to 65535/ },
    { args: ['compare', '--port', '65536'], says: /'65536' is invalid/ },
    { args: ['compare', '--port', '80x'], says: /'80x' is invalid/ },
    { args: ['compare', '--family', '5'], says: /'5' is invalid/ },
    { args: ['compare', '--transport', 'pigeon'], says: /'pigeon' is invalid/ },
    { args: ['compare', '--lang', 'xx'], says: /'xx' is invalid/ },
    { args: ['compare', '--nonsense'], says: /unknown option '--nonsense'/ },
    { args: ['compare', 'surplus'], says: /too many arguments/ },
    { args: ['nonsense'], says: /unknown (command|option) '(nonsense|--json)'/ },
    { args: ['compare', '--pcap'], says: /argument missing/ },
    { args: ['listen', '70000'], says: /usage: <port> cannot be '70000': A port is a number from 1 to 65535/ },
  ])('$args', async ({ args, says }) => {
    const text = await rawshake(args);
    expect(text).toMatchObject({ code: 2, stdout: '' });
    expect(text.stderr).toMatch(/^rawshake: usage: .+\nhint: See: rawshake( compare| listen)? --help\n$/);
    expect(text.stderr).toMatch(says);
    const [command = '', ...rest] = args;
    const asJson = await rawshake([command, '--json', ...rest]);
    expect(asJson).toMatchObject({ code: 2, stderr: '' });
    expect(json(asJson)).toMatchObject({ error: { code: 'RS_USAGE', message: expect.stringMatching(says) as string } });
  });

  test.each([
    { rule: '-F', says: /^rule: -F does not belong here$/, hint: /--rule '-t raw -A OUTPUT/ },
    { rule: '-t raw', says: /^rule: it adds no rule$/, hint: /-A or -I/ },
    { rule: "-A 'OUTPUT", says: /^rule: what ' begins has no end$/, hint: /Close each quote/ },
    { rule: '-A OUTPUT -j NOWHERE', says: /^rule: -j NOWHERE is not taken here: -A/, hint: /nor a chain/ },
    {
      rule: '-A OUTPUT --nothing -j DROP',
      says: /^rule: iptables refuses it: .*nothing/,
      hint: /iptables -w -A OUTPUT.*192\.0\.2\.1/,
    },
    { rule: '-t nat -A OUTPUT -j DROP', says: /not intended for filtering/, hint: /-t nat -A OUTPUT -j DROP/ },
  ])('--rule $rule', async ({ rule, says, hint }) => {
    const result = await rawshake(['compare', '--rule', rule, '--json']);
    expect(result).toMatchObject({ code: 2, stderr: '' });
    expect(json(result)).toMatchObject({
      error: {
        code: 'RS_USAGE',
        message: expect.stringMatching(says) as string,
        hint: expect.stringMatching(hint) as string,
      },
    });
  });

  test.each([['A'], ['PA'], ['-'], ['R.']])('connect --flags %s: a connection begins with SYN', async (flags) => {
    const result = await rawshake(['connect', '127.0.0.1', '9', '--flags', flags, '--json']);
    expect(result.code).toBe(2);
    const [message, hint] = [/begins with SYN/, /rawshake probe/].map((text) => expect.stringMatching(text) as string);
    expect(json(result)).toMatchObject({ error: { code: 'RS_USAGE', message, hint } });
  });

  test.each([
    ['0.0.0.0', /127\.0\.0\.1/],
    ['::', /::1/],
    ['224.0.0.1', /ENETUNREACH/],
    ['255.255.255.255', /ENETUNREACH/],
    ['ff02::1%lo', /ENETUNREACH/],
  ])('connect and probe to %s: no address that one can connect to', async (address, hint) => {
    for (const command of ['connect', 'probe']) {
      const result = await rawshake([command, address, '9', '--json']);
      expect(result.code).toBe(2);
      const message = expect.stringContaining('no address that one can connect to') as string;
      expect(json(result)).toMatchObject({
        error: { code: 'RS_USAGE', message, hint: expect.stringMatching(hint) as string },
      });
    }
  });

  test('a capture file that cannot be written: after the result, which is there all the same', async () => {
    const result = await rawshake(['compare', '--remedy', 'none', '--pcap', '/no/such/folder/c.pcapng', '--json']);
    expect(result.code).toBe(2);
    expect(json(result)).toMatchObject({ command: 'compare', runs: [{ remedy: 'none' }] });
    expect(result.stderr).toMatch(/^rawshake: \/no\/such\/folder\/c\.pcapng: .+\nhint: .+\n$/m);
  });

  test('no command at all: the help, and exit 2', async () => {
    const { code, stderr } = await rawshake([]);
    expect(code).toBe(2);
    expect(stderr).toContain('rawshake compare');
  });
});

describe('help', () => {
  test.each([['--help'], ['compare', '--help'], ['doctor', '--help']])('%s %s shows an example', async (...args) => {
    const { code, stdout } = await rawshake(args.filter((arg) => typeof arg === 'string'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/Example:\n {2}rawshake /);
  });

  test('--version is that of the package', async () => {
    expect((await rawshake(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('what is missing: exit 3, the cause, what to do', () => {
  /** The system's folders hidden behind empty ones, in a mount namespace of its own. */
  const hiding = (program: string) => [
    'unshare',
    '--mount',
    'sh',
    '-c',
    `for f in /usr/sbin/${program} /sbin/${program} /usr/bin/${program} /bin/${program}; do [ ! -e "$f" ] || mount --bind /dev/null "$f"; done; exec "$@"`,
    'sh',
  ];

  test('a user namespace refused, as in a container: the cause, and what the container is to be started with', async () => {
    const result = await rawshake(['compare', '--json'], { prefix: WITHOUT_USER_NAMESPACES });
    expect(result.code).toBe(3);
    expect(json(result)).toMatchObject({
      error: { code: 'RS_NO_PRIVILEGE', message: expect.stringContaining('user.max_user_namespaces=0') as string },
    });
    const { hint } = (json(result) as { error: { hint: string } }).error;
    expect(hint).toMatch(/--cap-add SYS_ADMIN --cap-add NET_ADMIN/); // capabilities are bounded, no sudo could give them
  });

  test.each([
    ['root of a user namespace', [], 'RS_LIMIT', 'sysctl -w user.max_net_namespaces='],
    ['a container that allows nothing', WITHOUT_CAPABILITIES, 'RS_NO_PRIVILEGE', '--cap-add '],
  ])('network namespaces used up, %s: the limit is named', async (_, capabilities, code, hint) => {
    const off = ['sh', '-c', 'echo 0 >/proc/sys/user/max_net_namespaces; exec "$@"', 'sh'];
    const prefix = ['unshare', '--user', '--map-root-user', '--net', ...off, ...capabilities];
    expect(json(await rawshake(['compare', '--json'], { prefix }))).toMatchObject({
      error: {
        code,
        message: expect.stringContaining('user.max_net_namespaces') as string,
        hint: expect.stringContaining(hint) as string,
      },
    });
  });

  test('a /proc of processes alone: filter add works all the same', async () => {
    const prefix = [
      'unshare',
      '--net',
      '--mount',
      'sh',
      '-c',
      'mount -t proc -o subset=pid proc /proc && exec "$@"',
      'sh',
    ];
    const child = start(['filter', 'add', '--from', '192.0.2.1:9'], { prefix });
    const ended = finish(child);
    await firstOutput(child);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stderr: '' });
  });

  test('iptables that cannot be run is named', async () => {
    const result = await rawshake(['compare', '--remedy', 'iptables', '--json'], { prefix: hiding('iptables') });
    expect(result.code).not.toBe(0);
    expect(json(result)).toMatchObject({ error: { message: expect.stringContaining('iptables') as string } });
  });
});

describe('no /proc', () => {
  const prefix = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc; exec "$@"', 'sh'];
  const FLOW = ['--from', '192.0.2.1:41000', '--to', '192.0.2.2:8888'];

  test.each([['compare'], ['lab', 'run', 'raw-alone'], ['filter', 'list'], ['filter', 'add', ...FLOW], ['doctor']])(
    '%s: exit 3, and how to mount it',
    async (...args) => {
      const result = await rawshake(args, { prefix });
      expect(result).toMatchObject({ code: 3, stdout: '' });
      expect(result.stderr).toBe(
        'rawshake: system: /proc is not mounted, or does not show this process\n' +
          'hint: Mount it: mount -t proc proc /proc. `build`, `dissect` and `filter plan` work without.\n',
      );
    },
  );

  test.each([['compare'], ['filter', 'list']])('%s: that of another PID namespace is none', async (...args) => {
    const result = await rawshake(args, { prefix: ['unshare', '--pid', '--fork'] });
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toContain('rawshake: system: /proc is not mounted, or does not show this process\n');
  });

  test('filter plan needs none', async () => {
    const result = await rawshake(['filter', 'plan', ...FLOW], { prefix });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain('192.0.2.1');
  });
});

test('what marks a second run in a user namespace counts in that run alone', async () => {
  const result = await rawshake(['compare', '--remedy', 'none'], {
    prefix: ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups'],
    env: { RAWSHAKE_USER_NAMESPACE: '1' },
  });
  expect(result.stderr).toContain('this ran in a user namespace of its own');
  expect(result.code).toBe(0);
});

test('a read-only /proc/sys, as in a container: exit 3, and the flags that help', async () => {
  const readOnly = [
    'unshare',
    '--mount',
    'sh',
    '-c',
    'mount -o remount,ro,bind /proc/sys 2>/dev/null || { mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys; }; exec "$@"',
    'sh',
  ];
  const result = await rawshake(['compare', '--json'], { prefix: readOnly });
  expect(result.code).toBe(3);
  expect(json(result)).toMatchObject({
    error: { code: 'RS_READ_ONLY', message: expect.stringContaining('EROFS') as string },
  });
});

test('a full disk: exit 2, and what cannot be written', async () => {
  const prefix = ['bash', '-c', 'exec >/dev/full; exec "$@"', 'bash'];
  const { code, stderr } = await rawshake(['compare', '--json'], { prefix });
  expect(stderr).toContain('rawshake: standard output: cannot be written (ENOSPC)');
  expect(code).toBe(2);
});

test.each([['--help'], ['lab --help'], ['compare --family both --json'], ['lab show reset-rules']])(
  'rawshake %s: a reader that goes is no error',
  async (args) => {
    // The reader has gone before the program begins to write.
    const prefix = ['bash', '-c', 'exec > >(exec true); wait $!; exec "$@"', 'bash'];
    const { code, stderr } = await rawshake(args.split(' '), { prefix });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  },
);
