/** Programs of strangers: what they see, may do and may take where they run. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { type Enclosure, openEnclosure } from '../../src/linux/namespace/enclosure.js';
import { unprivileged, unusedId } from '../../src/linux/namespace/unprivileged.js';
import { runIn, runOwn } from '../support/enclosed.js';

let lab: Lab;
const opened: Enclosure[] = [];

beforeAll(() => {
  lab = createLab();
});
afterEach(() => {
  for (const enclosure of opened.splice(0)) enclosure.close();
});
afterAll(() => {
  lab.close();
});

const STAND = { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, cwd: '/tmp' };

async function said(script: string, files: Record<string, string> = {}): Promise<string> {
  const enclosure = await openEnclosure({ netns: lab.client.netns, root: { files } });
  opened.push(enclosure);
  const argv = unprivileged(['sh', '-c', script], { memoryMiB: 256, cpuSeconds: 5 });
  const { stdout, stderr } = await runIn(enclosure, argv, STAND);
  return stdout.toString() + stderr;
}

describe('what it sees', () => {
  test('the system, its own files, and nothing that is not given', async () => {
    const [folders = '', own, home] = (
      await said('echo /*; cat /tmp/*; ls -d /root /home /run /var /sys 2>/dev/null || echo none', {
        'a.txt': 'mine\n',
      })
    ).split('\n');
    expect(folders.split(' ')).toEqual(expect.arrayContaining(['/bin', '/dev', '/etc', '/proc', '/tmp', '/usr']));
    expect([own, home]).toEqual(['mine', 'none']);
    expect(folders).not.toMatch(/home|root|run|var|sys/);
  });

  test('no processes but its own, and the network of its host', async () => {
    const words = await said('ls /proc | grep -c "^[0-9]*$"; hostname -I');
    expect(words).toMatch(/^\d\n192\.0\.2\.1 /);
  });
});

describe('what it may do', () => {
  test('open raw sockets; nothing else that takes a privilege', async () => {
    const status = await said('cat /proc/self/status');
    for (const set of ['Prm', 'Eff', 'Bnd', 'Amb']) expect(status).toContain(`Cap${set}:\t0000000000002000\n`);
    expect(status).toContain('NoNewPrivs:\t1\n');
    expect(await said('ping -c 1 -W 1 127.0.0.1')).toContain('1 received');
    expect(await said('ip link set lo down; unshare --user true; unshare --net true; mount -t tmpfs x /tmp')).toMatch(
      /not permitted[^]*not permitted[^]*not permitted[^]*(denied|superuser)/,
    );
  });

  test('write in /tmp and nowhere else, in a user of its own', async () => {
    const words = await said('id -u; echo hello >/tmp/x; cat /tmp/x; touch /usr/x /etc/x /x /bin/x');
    expect(words).toMatch(/^2\d{9}\nhello\n/);
    expect(words.match(/Read-only file system|Permission denied/g)).toHaveLength(4);
  });

  test('the same in a user namespace, where there is no other user', async () => {
    const { stdout } = await runOwn(
      `const { unprivileged } = await import('./dist/linux/namespace/unprivileged.js');
      const enclosure = await openEnclosure({ netns, root: { files: {} } });
      const script = 'grep CapBnd /proc/self/status; touch /usr/x 2>&1; unshare --user true 2>&1; ls -d /root 2>&1; echo $(id -u)';
      const argv = unprivileged(['sh', '-c', script], { memoryMiB: 256, cpuSeconds: 5 });
      const program = await enclosure.start(argv, { stdio: ['ignore', 'inherit', 'inherit'], env: { PATH: '/usr/bin:/bin' }, cwd: '/tmp' });
      await program.ended;
      enclosure.close();
      lab.close();`,
      ...['unshare', '--user', '--map-root-user', '--net', '--mount'],
    );
    expect(stdout.split('\n')).toEqual([
      'CapBnd:\t0000000000002000',
      expect.stringContaining('Read-only file system'),
      expect.stringContaining('not permitted'),
      expect.stringContaining('No such file'),
      '0',
      '',
    ]);
  });
});

test.each([
  ['memory', `/usr/bin/python3 -c 'x = bytearray(300 << 20)'`, 'MemoryError'],
  ['processes', 'for i in $(seq 100); do sleep 1000 >/dev/null 2>&1 & done', 'fork'],
  ['the size of a file', 'head -c 20000000 /dev/zero >x; wc -c <x', '16777216\n'],
  ['room for files', 'for i in 1 2 3 4 5 6; do head -c 16000000 /dev/zero >$i; done', 'No space left'],
])('what it may take of %s is limited', async (_, script, words) => {
  expect(await said(script)).toContain(words);
});

test.each([
  ['of all ids one far above', '         0          0 4294967295\n', 77, 2_000_000_077],
  ['of 65,536 one at their end', '0 100000 65536\n', 1077, 60_077],
  ['of several ranges one that is in one', '0 1000 1\n1 100000 65535\n', 3, 60_003],
  ['of one alone none', '0 1000 1\n', 77, undefined],
])('a user id that is nobody else’s: %s', (_, map, pid, id) => {
  expect(unusedId(map, pid)).toBe(id);
});
