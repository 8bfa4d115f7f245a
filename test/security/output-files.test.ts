/** Files that are written by root in a folder of somebody else, who has put something in their place. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { writeFile } from '../../src/cli/file.js';
import { withFolder } from '../../src/cli/output-folder.js';
import { runCommand } from '../../src/linux/process/command.js';
import { type CliResult, finish, json, rawshake, start } from '../support/cli.js';
import { descriptorsOf } from '../support/traces.js';

const NOBODY = 65_534;
const RUN = ['compare', '--remedy', 'none', '--family', '4'];
const SECRET = 'root alone may write this\n';

let folder: string;
let secret: string;
let reader: ChildProcess | undefined;

/** A folder of a stranger's, and beside it a file of root's. */
beforeEach(() => {
  const place = mkdtempSync('/tmp/rawshake-output-');
  chmodSync(place, 0o755);
  secret = join(place, 'secret');
  writeFileSync(secret, SECRET, { mode: 0o600 });
  folder = join(place, 'stranger');
  mkdirSync(folder);
  chownSync(folder, NOBODY, NOBODY);
});
afterEach(() => {
  reader?.kill('SIGKILL');
  reader = undefined;
  rmSync(join(folder, '..'), { recursive: true });
});

function expectRefused(result: CliResult, why: RegExp): void {
  expect(result).toMatchObject({ code: 2 });
  expect(result.stderr).toMatch(why);
  expect(result.stderr).toMatch(/\nhint: .+\n$/);
  expect(readFileSync(secret, 'utf8')).toBe(SECRET);
}

describe('compare --html', () => {
  const option = '--html';
  test.each(['a link to what is there', 'a link to nothing yet'])('%s is not followed', async (which) => {
    const target = which.endsWith('there') ? secret : join(folder, '..', 'new');
    symlinkSync(target, join(folder, 'out'));
    expectRefused(await rawshake([...RUN, option, join(folder, 'out')]), /out: cannot be written: is a link/);
    expect(existsSync(join(folder, '..', 'new'))).toBe(false);
  });

  test('a second name of a file is not written through', async () => {
    linkSync(secret, join(folder, 'out'));
    expectRefused(await rawshake([...RUN, option, join(folder, 'out')]), /hard links/);
  });

  test('a FIFO that nobody reads is not waited for', async () => {
    runCommand(['mkfifo', join(folder, 'out')]);
    expectRefused(
      await rawshake([...RUN, option, join(folder, 'out')]),
      /out: cannot be written: nobody reads from it/,
    );
  });

  test('a socket, a folder', async () => {
    reader = spawn('nc', ['-lU', join(folder, 'socket')], { stdio: 'ignore' });
    await expect.poll(() => existsSync(join(folder, 'socket'))).toBe(true);
    expectRefused(await rawshake([...RUN, option, join(folder, 'socket')]), /nobody reads from it/);
    expectRefused(await rawshake([...RUN, option, folder]), /EISDIR/);
  });

  test.each([0o1777, 0o777, 0o775])("a stranger's file in a folder where others may put one: %o", async (mode) => {
    chownSync(folder, 0, 0);
    chmodSync(folder, mode);
    const file = join(folder, 'out');
    writeFileSync(file, 'mine\n', { mode: 0o666 });
    chownSync(file, NOBODY, NOBODY);
    expectRefused(await rawshake([...RUN, option, file]), /EACCES|belongs to somebody else/);
    expect(readFileSync(file, 'utf8')).toBe('mine\n');
  });

  test('a new file, and one that is there: emptied first', async () => {
    const file = join(folder, 'out');
    expect(await rawshake([...RUN, option, file])).toMatchObject({ code: 0 });
    const before = lstatSync(file).size;
    writeFileSync(file, 'x'.repeat(1 << 20));
    expect(await rawshake([...RUN, option, file])).toMatchObject({ code: 0 });
    expect(lstatSync(file).size).toBeLessThan(before * 2);
  });

  test('a FIFO that somebody reads', async () => {
    const fifo = join(folder, 'out');
    runCommand(['mkfifo', fifo]);
    const cat = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'ignore'] });
    reader = cat;
    // Its open ends when a writer comes; one that may not wait has to come after it.
    await expect.poll(() => readFileSync(`/proc/${String(cat.pid)}/wchan`, 'utf8')).toMatch(/fifo|wait_for_partner/);
    const printed = text(cat.stdout);
    expect(await rawshake([...RUN, option, fifo])).toMatchObject({ code: 0 });
    expect((await printed).length).toBeGreaterThan(100);
  });

  test('/dev/null; /dev/full says what it is', async () => {
    expect(await rawshake([...RUN, option, '/dev/null'])).toMatchObject({ code: 0 });
    expectRefused(await rawshake([...RUN, option, '/dev/full']), /ENOSPC/);
  });

  test.each(['/dev/stdout', '/proc/self/fd/1', '/dev/fd/1'])('%s, into a pipe', async (path) => {
    const piped = ['sh', '-c', '"$@" | cat', 'sh'];
    const { stdout, stderr } = await rawshake([...RUN, option, path], { prefix: piped });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/<!doctype html>|sequenceDiagram|\n\r\r\n/i);
  });

  test('a program of the shell, as an ordinary user too', async () => {
    const line = `exec 3>&1; "$@" ${option} >(cat >&3) >/dev/null; code=$?; wait $!; exit $code`;
    for (const user of [[], ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups']]) {
      const result = await rawshake(RUN, { prefix: [...user, 'bash', '-c', line, 'bash'] });
      expect(result.code).toBe(0);
      expect(result.stdout).toMatch(/<!doctype html>|sequenceDiagram|\n\r\r\n/i);
    }
  });
});

test('lab run --pcap FOLDER: names that can be foreseen', async () => {
  symlinkSync(secret, join(folder, 'no-listen-ipv4.pcapng'));
  expectRefused(await rawshake(['lab', 'run', 'no-listen', '--pcap', folder]), /is a link, which is not followed/);
});

test('lab run --pcap FOLDER: one file that cannot be written takes no other', async () => {
  mkdirSync(join(folder, 'no-listen-ipv4.pcapng'));
  const result = await rawshake(['lab', 'run', 'no-listen', '--family', 'both', '--pcap', folder]);
  expectRefused(result, /no-listen-ipv4\.pcapng: cannot be written \(EISDIR\)/);
  expect(readFileSync(join(folder, 'no-listen-ipv6.pcapng')).length).toBeGreaterThan(0);
});

test('a folder whose name comes to stand for another: what is written goes where it was seen to be right', () => {
  const [named, moved, other] = ['named', 'moved', 'other'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(named);
  mkdirSync(other);
  withFolder(named, ({ place }) => {
    writeFile(join(place, 'out'), () => {
      renameSync(named, moved);
      symlinkSync(other, named);
      return 'text';
    });
  });
  expect([readdirSync(moved), readdirSync(other)]).toEqual([['out'], []]);
});

test('a capture while it is taken', async () => {
  symlinkSync(secret, join(folder, 'out'));
  const connect = ['connect', '127.0.0.1', '9', '--pcap', join(folder, 'out')];
  expectRefused(await rawshake(connect), /is a link, which is not followed/);
});

test('in Chinese; the JSON is there all the same', async () => {
  symlinkSync(secret, join(folder, 'out'));
  const result = await rawshake([...RUN, '--html', join(folder, 'out'), '--json', '--lang', 'zh']);
  expect(result.code).toBe(2);
  expect(json(result)).toMatchObject({ command: 'compare' });
  expect(result.stderr).toContain('请直接指定文件本身');
});

test.each([
  ['SIGINT', [...RUN, '--html']],
  ['SIGTERM', ['lab', 'run', 'no-listen', '--junit']],
] as const)('%s while a reader takes nothing: ended, and said of which file', async (signal, words) => {
  const fifo = join(folder, 'out');
  runCommand(['mkfifo', fifo]);
  const held = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    expect(() => {
      for (;;) writeSync(held, Buffer.alloc(4096));
    }).toThrow('EAGAIN');
    const child = start([...words, fifo]);
    const end = finish(child);
    const holdsIt = (): boolean => descriptorsOf(child.pid ?? 0).includes(fifo);
    await vi.waitFor(() => expect(holdsIt()).toBe(true), { timeout: 30_000, interval: 10 });
    child.kill(signal);
    const { code, stderr } = await end;
    expect(code).toBe(130);
    // A busy machine may lose events of the trace, and that is said before.
    expect(stderr).toMatch(
      /^(rawshake: the kernel did not tell .+\n)?rawshake: \/.*\/out: not whole: interrupted\nhint: .+\n$/,
    );
  } finally {
    closeSync(held);
  }
});

test('a FIFO whose reader takes nothing is given up', async () => {
  const fifo = join(folder, 'out');
  runCommand(['mkfifo', fifo]);
  const stuck = ['bash', '-c', 'exec 9<>"$0"; exec "$@"', fifo]; // has it open, and does not read
  const full = `head -c 1M /dev/zero | dd of="$0" oflag=nonblock status=none 2>/dev/null; exec "$@"`;
  const prefix = [...stuck, 'sh', '-c', full, fifo];
  expectRefused(await rawshake([...RUN, '--html', fifo], { prefix }), /its reader has stopped reading/);
});

describe('lab exercise --copy', () => {
  const copy = (to: string) => rawshake(['lab', 'exercise', '--copy', to]);
  const place = (): string => join(folder, '..', 'place');
  beforeEach(() => {
    mkdirSync(place());
  });

  test.each(['solutions', '02-closed-port.yaml', 'solutions/01-first-ack.yaml'])(
    '%s is a link of the stranger’s: it is not followed, and nothing is copied',
    async (name) => {
      if (name.includes('/')) mkdirSync(join(folder, 'solutions'));
      symlinkSync(name.includes('.') ? join(place(), 'new') : place(), join(folder, name));
      const before = readdirSync(folder);
      expectRefused(
        await copy(folder),
        name === 'solutions' ? /solutions: .*is a link, which is not followed/ : /EEXIST/,
      );
      expect([readdirSync(place()), readdirSync(folder)]).toEqual([[], before]);
    },
  );

  test.each([
    ['lab exercise --copy', copy],
    ['lab run --pcap', (to: string) => rawshake(['lab', 'run', 'no-listen', '--family', '4', '--pcap', to])],
  ] as const)('%s: the folder is a link of the stranger’s in a sticky one of all', async (_what, write) => {
    chmodSync(folder, 0o1777);
    chownSync(folder, 0, 0);
    const link = join(folder, 'course');
    symlinkSync(place(), link);
    lchownSync(link, NOBODY, NOBODY);
    for (const named of [link, `${link}/`, `${link}/.`, `${link}//./`])
      expectRefused(await write(named), /course: .*is a link, which is not followed/);
    expect(readdirSync(place())).toEqual([]);
  });

  test('a link of one’s own is followed', async () => {
    symlinkSync(place(), join(folder, 'course'));
    expect(await copy(join(folder, 'course'))).toMatchObject({ code: 0 });
    expect(readdirSync(place())).toContain('solutions');
  });
});

describe('standard output, where the disk takes only a part', () => {
  /** Kept below what each of them prints; the rest is refused, as by a disk that is full. */
  const MOST_BYTES = 100;

  test.each([
    ['--version', 3],
    ['--help', 5],
    ['compare --json', MOST_BYTES],
    ['compare', MOST_BYTES],
    ['lab run no-listen --json', MOST_BYTES],
    ['lab list --json', MOST_BYTES],
    ['lab list --help', MOST_BYTES],
    ['lab show no-listen', MOST_BYTES],
    ['lab exercise exercises/01-first-ack.yaml', MOST_BYTES],
    ['lab grade exercises/01-first-ack.yaml exercises/solutions --json', MOST_BYTES],
    ['doctor --json', MOST_BYTES],
    ['dissect --hex 4500001400010000400600000a0000010a000002', MOST_BYTES],
    ['build --from 192.0.2.1:1 --to 192.0.2.2:2', 10],
  ])('rawshake %s: exit 2', async (args, most) => {
    const file = join(folder, 'out');
    const prefix = ['sh', '-c', `exec "$@" >${file}`, 'sh', 'prlimit', `--fsize=${String(most)}`];
    const { code, stderr } = await rawshake(args.split(' '), { prefix });
    expect({ code, bytes: statSync(file).size }).toEqual({ code: 2, bytes: most });
    expect(stderr).toMatch(/rawshake: standard output: cannot be written \(EFBIG\)\nhint: .+\n$/);
  });

  test('a disk that fills up', async () => {
    const script = 'mount -t tmpfs -o size=4k none "$0"; exec "$@" >"$0/out"';
    const prefix = ['unshare', '--mount', 'sh', '-c', script, folder];
    const { code, stderr } = await rawshake(['lab', 'list', '--json'], { prefix });
    expect(code).toBe(2);
    expect(stderr).toContain('standard output: cannot be written (ENOSPC)');
  });
});
