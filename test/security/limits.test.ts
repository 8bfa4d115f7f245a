/** What the system refuses, and what nobody has foreseen: a line, and what to do; never a stack. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createNamespace } from '../../src/linux/namespace/netns.js';
import { type CliResult, finish, json, rawshake, start } from '../support/cli.js';
import { firstOutput } from '../support/programs.js';

const TWO_LINES = /^rawshake: .+\nhint: .+\n$/;

const limited = (limit: string, args: readonly string[]): Promise<CliResult> =>
  rawshake(args, { prefix: ['prlimit', limit] });

describe('open files run out', () => {
  // With 18 and fewer Node.js itself cannot read the launcher.
  test.each([19, 20, 21, 22, 24, 26, 28, 30, 32, 36, 38, 40])('at %i, while the program is loaded', async (files) => {
    const result = await limited(`--nofile=${String(files)}`, ['compare', '--remedy', 'none']);
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(TWO_LINES);
    expect(result.stderr).toContain('EMFILE');
    expect(result.stderr).toContain('ulimit -n 4096');
  });

  test('as JSON, and in Chinese', async () => {
    const result = await rawshake(['compare', '--json'], {
      prefix: ['prlimit', '--nofile=24'],
      env: { LANG: 'zh_CN.UTF-8' },
    });
    expect(json(result)).toMatchObject({
      error: { code: 'RS_LIMIT', hint: expect.stringContaining('已到上限') as string },
    });
    expect(result.stderr).toBe('');
  });
});

describe('no process for a program that is needed', () => {
  // Once it is in its user namespace, and Node.js has its threads; the cure needs the program iptables.
  const lower = `import { spawnSync } from 'node:child_process';
    import { stat } from 'node:fs/promises';
    await stat('/'); // libuv makes its threads
    if (process.getuid() === 0) spawnSync('prlimit', ['--pid', String(process.pid), '--nproc=1']);`;
  const options = {
    prefix: ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups'],
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(lower)}` },
  };

  test('of a cure: its own hint', async () => {
    const result = await rawshake(['compare', '--remedy', 'iptables'], options);
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(TWO_LINES);
    expect(result.stderr).toMatch(/EAGAIN[^]*ulimit -u/);
  });

  test.each(['no-listen', 'self-connect-nc'])('of the experiment %s: its own hint', async (id) => {
    const result = await rawshake(['lab', 'run', id, '--family', '4', '--json'], options);
    expect(json(result)).toMatchObject({
      error: { code: 'RS_LIMIT', hint: expect.stringContaining('ulimit -u') as string },
    });
    expect(result.code).toBe(3);
  });
});

// Some are too few for the second lane to begin, some for the labs of two.
test.each([17, 22, 23])('%i processes are enough for one lane: all runs are made', async (processes) => {
  const ids = ['raw-alone', 'raw-filtered', 'raw-listen', 'self-connect', 'half-open', 'late-rst'];
  const result = await rawshake(['lab', 'run', ...ids, '--family', '4', '--json'], {
    prefix: ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups', 'prlimit', `--nproc=${processes}`],
  });
  expect(json(result)).toMatchObject({ experiments: ids.map((id) => ({ id, ok: true })) });
  expect(result.code).toBe(0);
});

describe('a defect of ours', () => {
  /** Makes something fail that nobody expects to. */
  const withFault = (script: string): NodeJS.ProcessEnv => ({
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}`,
  });
  const RELEASE = `import os from 'node:os';
    import { syncBuiltinESMExports } from 'node:module';
    os.release = () => { throw new TypeError('nobody foresaw it'); };
    syncBuiltinESMExports();`;
  /** In a callback, once the program has begun. */
  const later = (script: string): string =>
    `process.on('newListener', (event) => { if (event === 'uncaughtException') setImmediate(() => { ${script} }); });`;
  const LATER = later(`throw new TypeError('nobody foresaw it');`);
  const REJECTED = later(`void Promise.reject(new TypeError('nobody foresaw it'));`);

  test.each([
    ['thrown by a command', RELEASE],
    ['thrown in a callback', LATER],
    ['a promise that nobody waits for', REJECTED],
  ])('%s: one line, how to report it, exit 1', async (_what, script) => {
    const result = await rawshake(['lab', 'run', 'raw-alone'], { env: withFault(script) });
    expect(result.code).toBe(1);
    expect(result.stderr).toBe(
      'rawshake: defect: TypeError: nobody foresaw it\nhint: This is a mistake in rawshake: please report it with the command, and what it prints with RAWSHAKE_DEBUG=1.\n',
    );
  });

  test('while a filter is in force: it is removed in order before that is told', async () => {
    const netns = createNamespace();
    try {
      const words = ['filter', 'add', '--from', '192.0.2.1:41000', '--backend', 'iptables'];
      const child = start(words, {
        env: withFault(`process.on('SIGUSR2', () => { throw new TypeError('nobody foresaw it'); });`),
        prefix: ['nsenter', `--net=${netns.path}`],
      });
      const ended = finish(child);
      await firstOutput(child);
      child.kill('SIGUSR2');
      const { code, stdout, stderr } = await ended;
      expect(code).toBe(1);
      expect(stdout).toContain('Removed. It had dropped 0 RSTs.');
      expect(stderr).toMatch(/^rawshake: defect: TypeError: nobody foresaw it\nhint: .+\n$/);
    } finally {
      netns.close();
    }
  });

  test('with RAWSHAKE_DEBUG=1: where it came up', async () => {
    const env = { ...withFault(RELEASE), RAWSHAKE_DEBUG: '1' };
    const { stderr } = await rawshake(['lab', 'run', 'raw-alone'], { env });
    expect(stderr).toMatch(/RAWSHAKE_DEBUG=1\.\nTypeError: nobody foresaw it\n {4}at /);
  });

  test('of one check, doctor says so in its line, and the others have theirs', async () => {
    const { checks } = json(await rawshake(['doctor', '--json'], { env: withFault(RELEASE) })) as {
      readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
    };
    expect(checks.length).toBeGreaterThan(10);
    expect(checks.filter(({ ok }) => !ok)).toMatchObject([{ name: 'kernel', detail: 'nobody foresaw it' }]);
  });
});

test('a record that is no packet, in the middle: its row says so, and the others are there', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'rawshake-capture-')), 'c.pcap');
  const header = Buffer.from('d4c3b2a102000400000000000000000000000400' + '65000000', 'hex'); // link type 101: raw IP
  const record = (bytes: Buffer): Buffer => {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(bytes.length, 8);
    head.writeUInt32LE(bytes.length, 12);
    return Buffer.concat([head, bytes]);
  };
  const built = await rawshake(['build', '--flags', 'S', '--from', '192.0.2.1:1', '--to', '192.0.2.2:2']);
  const packet = Buffer.from(built.stdout.trim(), 'hex');
  const broken = Buffer.from(packet);
  broken[0] = 0x4f; // a header longer than the packet
  writeFileSync(file, Buffer.concat([header, ...[packet, broken, Buffer.alloc(0), packet].map(record)]));
  const rows = json(await rawshake(['dissect', file, '--json'])) as readonly { readonly error?: unknown }[];
  expect(rows.map(({ error }) => error === undefined)).toEqual([true, false, false, true]);
});

describe('an exercise that cannot be read: exit 2, and why', () => {
  test.each([
    ['20,000 brackets', '['.repeat(20_000), /:1:100: expected YAML: nested deeper than 100 levels/],
    ['UTF-8 that is none', Buffer.from([0x69, 0x64, 0x3a, 0x20, 0xff]), /: not in UTF-8/],
    ['more than 1 MiB', '#'.repeat((1 << 20) + 1), /: larger than 1024 KiB/],
  ])('%s', async (what, text, why) => {
    const file = join(mkdtempSync(join(tmpdir(), 'rawshake-exercise-')), 'e.yaml');
    writeFileSync(file, text);
    for (const args of [
      ['lab', 'exercise', file],
      ['lab', 'exercise', 'exercises/01-first-ack.yaml', '--answers', file],
      ['lab', 'grade', tmpdir(), '--exercise', file],
      ['lab', 'shell', '--exercise', file],
    ]) {
      const result = await rawshake(args);
      expect(result.code).toBe(2);
      expect(result.stderr).toMatch(TWO_LINES);
      expect(result.stderr).toMatch(args.includes('--answers') && what.includes('MiB') ? /larger than 64 KiB/ : why);
    }
  });
});

test('a warning of Node.js is one line, and nothing in it acts on a terminal', async () => {
  const warn = "process.once('beforeExit',()=>process.emitWarning('a\\u202e\\u009b2J\\nb'))";
  const result = await rawshake(['--version'], {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(warn)}` },
  });
  expect(result).toMatchObject({ code: 0, stderr: 'rawshake: Warning: a\\u202e\\u009b2J\\nb\n' });
});
