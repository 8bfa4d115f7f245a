import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { randomStream } from '../../src/driver/random.js';
import { libc } from '../../src/linux/libc/libc.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { type Enclosure, type EnclosureOptions, openEnclosure } from '../../src/linux/namespace/enclosure.js';
import { hostsFile } from '../../src/linux/namespace/hosts-file.js';
import { WITHOUT_CAPABILITIES } from '../support/cli.js';
import { inPidNamespace, runIn, runOwn, startOwn, wordsOf } from '../support/enclosed.js';
import { processesWith } from '../support/traces.js';
import { without } from '../support/without.js';
import { zombies } from '../support/zombies.js';

let lab: Lab;
let folder: string;
const opened: Enclosure[] = [];

beforeAll(() => {
  lab = createLab();
  folder = mkdtempSync(join(tmpdir(), 'rawshake-enclosure-'));
});
afterEach(() => {
  for (const enclosure of opened.splice(0)) enclosure.close();
});
afterAll(() => {
  lab.close();
  rmSync(folder, { recursive: true });
});

async function open(options: Partial<EnclosureOptions> = {}): Promise<Enclosure> {
  const enclosure = await openEnclosure({ netns: lab.client.netns, ...options });
  opened.push(enclosure);
  return enclosure;
}

const refused = (code: string, message: string): object => ({
  code,
  message: expect.stringContaining(message) as string,
});

const pidNamespaceOf = ({ init }: Enclosure): string => readlinkSync(`/proc/${init}/ns/pid`);

describe('a program', () => {
  test.each([0, 1, 77, 130, 255])('that ends with status %i', async (status) => {
    const enclosure = await open();
    expect((await runIn(enclosure, ['sh', '-c', `exit ${status}`])).end).toEqual({ status });
  });

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGSEGV', 'SIGHUP', 'SIGUSR1'] as const)(
    'that dies of %s, its own or ours',
    async (signal) => {
      const enclosure = await open();
      const kill = `kill -${constants.signals[signal]} $$`;
      expect((await runIn(enclosure, ['sh', '-c', `ulimit -c 0; ${kill}`])).end).toEqual({ signal });
      const program = await enclosure.start(['sleep', '1000'], { stdio: ['ignore', 'ignore', 'ignore'] });
      program.signal(signal);
      expect(await program.ended).toEqual({ signal });
    },
  );

  test('catches the signal that it is sent', async () => {
    const enclosure = await open();
    const program = await enclosure.start(['sh', '-c', `trap 'exit 5' TERM; echo set; while :; do sleep 0.01; done`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(program.stdout ?? process.stdin, 'data');
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ status: 5 });
    program.signal('SIGTERM'); // nobody's by now
  });

  test('reads and writes bytes as they are, more than a pipe holds', async () => {
    const bytes = Buffer.alloc(1 << 20, Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
    expect((await runIn(await open(), ['cat'], { input: bytes })).stdout.equals(bytes)).toBe(true);
  });

  test('may end before it has read all', async () => {
    expect((await runIn(await open(), ['true'], { input: Buffer.alloc(1 << 20) })).end).toEqual({ status: 0 });
  });

  test('can open its output again, and that of another is its own', async () => {
    const enclosure = await open();
    const said = await runIn(enclosure, ['sh', '-c', 'echo again >/proc/self/fd/1; echo apart >&2']);
    expect([said.stdout.toString(), said.stderr]).toEqual(['again\n', 'apart\n']);
  });

  test('has its arguments as they are', async () => {
    const words = ['', ' ', 'two words', 'a\nb', '"', "'", '$HOME `id` \\ *', '--', '-x', 'ünï→中文🙂', '\u0001'];
    const { stdout } = await runIn(await open(), ['sh', '-c', 'printf "%s\\0" "$@"', 'sh', ...words]);
    expect(stdout.toString().split('\0')).toEqual([...words, '']);
  });

  test('stands where it is told to, and else where this process does', async () => {
    const enclosure = await open();
    expect(await wordsOf(enclosure, 'pwd')).toEqual([process.cwd()]);
    expect(await wordsOf(enclosure, 'pwd', { cwd: folder })).toEqual([folder]);
  });

  test("has the user's environment, less what is rawshake's own, and finds administration programs", async () => {
    vi.stubEnv('RAWSHAKE_USER_NAMESPACE', '1');
    vi.stubEnv('OF_THE_USER', 'a b');
    vi.stubEnv('PATH', '/usr/bin:/bin:');
    const enclosure = await open();
    const { stdout } = await runIn(enclosure, ['env', '-0']);
    vi.unstubAllEnvs();
    const variables = Object.fromEntries(
      stdout
        .toString()
        .split('\0')
        .map((line) => line.split(/=(.*)/s)),
    ) as Record<string, string>;
    expect(variables).toMatchObject({
      OF_THE_USER: 'a b',
      PATH: expect.stringMatching(/^\/usr\/bin:\/bin::.*\/sbin/) as string,
    });
    expect(variables).not.toHaveProperty('RAWSHAKE_USER_NAMESPACE');
    expect((await runIn(enclosure, ['env'], { env: { PATH: '/usr/bin:/bin', ONE: '1' } })).stdout.toString()).toBe(
      'PATH=/usr/bin:/bin\nONE=1\n',
    );
  });

  test('has a lock for iptables that nobody else can hold', async () => {
    expect(await wordsOf(await open(), 'flock -n "$XTABLES_LOCKFILE" echo locked')).toEqual(['locked']);
  });

  test('inherits no descriptor, of those either that are not marked', async () => {
    const fd = libc('open', '/', 0, 0);
    expect(await wordsOf(await open(), 'ls /proc/self/fd')).toEqual(['0', '1', '2', '3']); // 3: that of ls
    libc('close', fd);
  });

  test('is a child of this process, in its session', async () => {
    const enclosure = await open();
    const program = await enclosure.start(['sleep', '1000'], { stdio: ['ignore', 'ignore', 'ignore'] });
    const idsOf = (pid: number): string[] =>
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) \S /s, '')
        .split(' ')
        .slice(0, 3);
    const [, group, session] = idsOf(process.pid);
    expect(idsOf(program.pid)).toEqual([String(process.pid), group, session]);
  });

  test('stands in the host of the lab, as does a socket of its', async () => {
    const enclosure = await open();
    expect(await wordsOf(enclosure, 'ip -o -4 addr show eth0; readlink /proc/self/ns/net')).toEqual(
      expect.arrayContaining([
        `${lab.client.address(4)}/24`,
        lab.client.netns.run(() => readlinkSync('/proc/thread-self/ns/net')),
      ]),
    );
  });

  test('sees the processes of the enclosure alone', async () => {
    const enclosure = await open();
    expect(enclosure.missing).toBeUndefined();
    const pids = await wordsOf(enclosure, 'ps -e -o pid=; echo "$$"');
    expect(pids).toContain('1');
    expect(pids).not.toContain(String(process.pid));
    expect(pids.length).toBeLessThan(7);
    expect(await wordsOf(enclosure, 'readlink /proc/self/ns/pid')).toEqual([pidNamespaceOf(enclosure)]);
  });

  test('runs beside another', async () => {
    const enclosure = await open();
    const ends = await Promise.all([1, 2, 3].map((status) => runIn(enclosure, ['sh', '-c', `exit ${status}`])));
    expect(ends.map(({ end }) => end.status)).toEqual([1, 2, 3]);
  });

  test('that ends what it can reach does not end the enclosure', async () => {
    const enclosure = await open();
    expect((await runIn(enclosure, ['sh', '-c', 'kill -TERM 1; kill -KILL 1; kill -KILL -1; exit 3'])).end).toEqual({
      status: 3,
    });
    expect((await runIn(enclosure, ['true'])).end).toEqual({ status: 0 });
  });
});

describe('names of hosts', () => {
  test('resolve inside; the file outside is as it was', async () => {
    const before = readFileSync('/etc/hosts', 'utf8');
    const enclosure = await open({
      hosts: [
        { name: 'target.example', address: '192.0.2.2' },
        { name: 'localhost', address: '192.0.2.7' },
        { name: 'six.example', address: '2001:db8::2' },
      ],
    });
    expect(
      await wordsOf(enclosure, 'getent hosts target.example six.example; getent ahostsv4 localhost | head -n 1'),
    ).toEqual([...['192.0.2.2', 'target.example', '2001:db8::2', 'six.example', '192.0.2.7', 'STREAM', 'localhost']]);
    expect(readFileSync('/etc/hosts', 'utf8')).toBe(before);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toMatch(/rawshake| \/etc\/hosts /);
  });

  test('are taken from the lines that gave them another address; all else stays', () => {
    const present = '# ours\n127.0.0.1 localhost\n10.0.0.1\tOld old.example # both\n10.0.0.2 old #one\n10.0.0.3  x';
    expect(hostsFile([{ name: 'old', address: '2001:db8::2' }], present)).toBe(
      '2001:db8::2\told\n# ours\n127.0.0.1 localhost\n10.0.0.1 old.example # both\n# #one\n10.0.0.3  x',
    );
  });

  test.each([
    [{ name: 'a b', address: '192.0.2.2' }, 'a b: it is no name'],
    [{ name: 'a\n192.0.2.9', address: '192.0.2.2' }, 'it is no name'],
    [{ name: 'a', address: '192.0.2.2 b' }, '192.0.2.2 b: it is no IP address'],
  ])('%j is refused', async (host, why) => {
    await expect(open({ hosts: [host] })).rejects.toMatchObject(refused('RS_USAGE', why));
  });
});

describe('what cannot be run is told before anything is', () => {
  const make = (name: string, text: string, mode = 0o755): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  };

  test.each([
    ['no-such-program', 'no-such-program: there is no such program in the PATH'],
    ['./no-such-file', './no-such-file: there is no such file'],
    ['/etc', '/etc: it is a folder'],
    ['/dev/null', '/dev/null: it is no regular file'],
    ['/etc/passwd', '/etc/passwd: it may not be executed'],
    ['', 'it is a folder'],
  ])('%s', async (program, message) => {
    const enclosure = await open();
    await expect(enclosure.start([program])).rejects.toMatchObject(refused('RS_USAGE', message));
    expect((await runIn(enclosure, ['true'])).end).toEqual({ status: 0 });
  });

  test('a script whose interpreter is not there, and a file that is no program', async () => {
    const enclosure = await open();
    const script = make('interpreted', '#!/no/such/interpreter\r\n');
    await expect(enclosure.start([script])).rejects.toMatchObject(refused('RS_USAGE', '/no/such/interpreter'));
    expect(make('broken', '\x7fELFbroken')).toBe(join(folder, 'broken'));
    expect((await runIn(enclosure, [join(folder, 'broken')])).end.status).not.toBe(0); // as a shell runs it, execvp(3)
  });

  test('it is looked for from where it will run, as execvp does', async () => {
    const enclosure = await open();
    mkdirSync(join(folder, 'sub'), { recursive: true });
    make('sub/here', 'exit 9\n'); // without #!: sh runs it
    make('sub/not', '', 0o644);
    const there = { cwd: join(folder, 'sub') };
    expect((await runIn(enclosure, ['./here'], there)).end).toEqual({ status: 9 });
    const env = { PATH: ':/usr/bin:/bin' };
    expect((await runIn(enclosure, ['here'], { ...there, env })).end).toEqual({ status: 9 });
    await expect(enclosure.start(['here'], { env })).rejects.toMatchObject(refused('RS_USAGE', 'no such program'));
    await expect(enclosure.start(['not'], { ...there, env })).rejects.toMatchObject(
      refused('RS_USAGE', 'not be executed'),
    );
  });
});

describe('close', () => {
  test.each([
    [
      'a daemon',
      `setsid sh -c '(trap "" HUP TERM INT QUIT; exec <&- >&- 2>&-; while :; do sleep 1000; done) &' & wait`,
    ],
    ['what is stopped, and has stopped all else', `sleep 1000 & kill -STOP -1; kill -STOP $$`],
    [
      'a loop that forks',
      `trap '' TERM HUP; f() { [ "$1" = 0 ] || { f $(($1 - 1)) & f $(($1 - 1)) & wait; }; }; while :; do f 5; done`,
    ],
    ['one that writes without end', 'exec cat /dev/zero'],
  ])('ends %s', async (_, script) => {
    const enclosure = await open();
    const pidNamespace = pidNamespaceOf(enclosure);
    const program = await enclosure.start(['sh', '-c', `echo on; ${script}`], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(program.stdout ?? process.stdin, 'readable');
    enclosure.close();
    enclosure.close();
    expect(inPidNamespace(pidNamespace)).toEqual([]);
    program.stdout?.destroy();
    await program.ended;
    expect(zombies()).toEqual([]);
    await expect(enclosure.start(['true'])).rejects.toMatchObject({ code: 'RS_CLOSED' });
  });

  test('tells of those that ran', async () => {
    const enclosure = await open();
    const program = await enclosure.start(['sleep', '1000'], { stdio: ['ignore', 'ignore', 'ignore'] });
    enclosure.close();
    expect(await program.ended).toEqual({ signal: 'SIGKILL' });
  });
});

test('orphans that have ended are reaped', async () => {
  const enclosure = await open();
  const orphan = '(setsid sh -c "exit 0" & setsid sleep 0.001 &)';
  const { stdout } = await runIn(enclosure, ['sh', '-c', `${orphan}\n${orphan}\necho made`]);
  expect(stdout.toString()).toBe('made\n');
  await vi.waitFor(() => {
    expect(inPidNamespace(pidNamespaceOf(enclosure)).map((line) => line.replace(/^\d+ /, ''))).toEqual(['S', 'S']);
  });
});

test('where its first process was killed from outside, it is closed', async () => {
  const enclosure = await open();
  const program = await enclosure.start(['sleep', '1000'], { stdio: ['ignore', 'ignore', 'ignore'] });
  process.kill(enclosure.init, 'SIGKILL');
  expect(await program.ended).toEqual({ signal: 'SIGKILL' });
  await expect(enclosure.start(['true'])).rejects.toMatchObject({ code: 'RS_CLOSED' });
});

test('in a network namespace that was closed there is none', async () => {
  const gone = createLab();
  gone.close();
  await expect(open({ netns: gone.client.netns })).rejects.toMatchObject({ code: 'RS_CLOSED' });
});

describe('where there is less than here', () => {
  const ONE = `
    try {
      const enclosure = await openEnclosure({ netns, hosts: [{ name: 'target.example', address: '192.0.2.2' }] });
      const program = await enclosure.start(['sh', '-c', 'getent hosts target.example; (setsid sleep 1000 &); exit 7']);
      console.log(JSON.stringify({ ...(await program.ended), missing: enclosure.missing?.en }));
      enclosure.close();
    } catch ({ code, message, hint }) { console.log(code, message, hint); }
    lab.close();
  `;
  const ROOTLESS = [...WITHOUT_CAPABILITIES, 'unshare', '--user', '--map-root-user', '--net', '--mount', '--'];
  const inMounts = (script: string): string[] => ['unshare', '--mount', 'sh', '-e', '-c', `${script}\nexec "$@"`, 'sh'];

  test('rootless', async () => {
    const { stdout, stderr } = await runOwn(ONE, ...ROOTLESS);
    expect([stdout, stderr]).toEqual(['192.0.2.2       target.example\n{"status":7}\n', '']);
  });

  test('rootless with a /proc that is masked, as in a container: told by a value', async () => {
    const { stdout } = await runOwn(ONE, ...inMounts('mount --bind /dev/null /proc/interrupts'), ...ROOTLESS);
    expect(stdout).toContain('{"status":7,"missing":"/proc inside shows the processes outside');
  });

  test('with nscd, which knows nothing of the names', async () => {
    const nscd = `mount -t tmpfs none /run; mkdir -p /run/nscd; touch /run/nscd/socket`;
    const script = ONE.replace('getent hosts target.example', 'ls -A /run/nscd; echo seen');
    const { stdout } = await runOwn(script, ...inMounts(nscd));
    expect(stdout).toBe('seen\n{"status":7}\n');
  });

  test('without setpriv, and with a limit of PID namespaces', async () => {
    const less = without(['setpriv']);
    const unable = await runOwn(ONE, ...less.prefix);
    less.remove();
    expect(unable.stdout).toMatch(/^RS_MISSING_TOOL setpriv: the program is not installed .*util-linux/);
    const limited = await runOwn(
      ONE,
      ...ROOTLESS,
      'sh',
      '-c',
      'echo 0 >/proc/sys/user/max_pid_namespaces; exec "$@"',
      'sh',
    );
    expect(limited.stdout).toMatch(/^RS_LIMIT PID namespaces: the limit user\.max_pid_namespaces/);
  });

  test('without /etc/hosts', async () => {
    const noHosts = 'mount -t tmpfs none /etc';
    expect((await runOwn(ONE, ...inMounts(noHosts))).stdout).toMatch(/^RS_FILE \/etc\/hosts: there is none/);
  });
});

describe('killed at random moments, the program that has it leaves nothing', () => {
  const MOMENTS = 20;
  const AT_ONCE = 4;
  /** Longer than it takes until the programs run. */
  const SPAN_MS = 700;

  const HOLD = `
    console.log('lab');
    const enclosure = await openEnclosure({ netns });
    const stdio = ['ignore', 'ignore', 'ignore'];
    await enclosure.start(['sh', '-c', 'trap "" TERM HUP; (setsid sh -c "sleep 1000 & exec sleep 1000" &); exec sleep 1000'], { stdio });
    await enclosure.start(['sh', '-c', 'while :; do (sleep 0.01 &); sleep 0.01; done'], { stdio });
    await enclosure.start(['sh', '-c', 'sleep 0.05; kill -STOP -1; exec sleep 1000'], { stdio });
    console.log('all');
  `;

  async function killAt(ms: number): Promise<string> {
    const entry = `RAWSHAKE_TEST_ENCLOSURE=${randomUUID()}`;
    const [name = '', value = ''] = entry.split('=');
    const child = startOwn(HOLD, { env: { [name]: value } });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child.stdout, 'data');
    await delay(ms);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await vi.waitFor(
      () => {
        expect(processesWith(entry)).toEqual([]);
      },
      { timeout: 20_000, interval: 10 },
    );
    return said;
  }

  test(`${MOMENTS} of them`, async () => {
    const random = randomStream(17);
    const moments = Array.from({ length: MOMENTS }, () => random() * SPAN_MS);
    const said: string[] = [];
    for (let i = 0; i < MOMENTS; i += AT_ONCE)
      said.push(...(await Promise.all(moments.slice(i, i + AT_ONCE).map(killAt))));
    expect(said).toHaveLength(MOMENTS);
  });

  test('also when all of it runs', async () => {
    expect(await killAt(1500)).toBe('lab\nall\n');
  });
});
