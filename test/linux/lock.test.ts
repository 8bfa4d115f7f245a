import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/linux/process/command.js';
import { takeLock } from '../../src/linux/libc/lock.js';
import { createNamespace } from '../../src/linux/namespace/netns.js';
import { WITHOUT_CAPABILITIES } from '../support/cli.js';
import { legacyPath } from '../support/legacy.js';

const NOBODY = 65_534;

test('a lock that somebody holds is waited for once, not before each of many rules', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-lock-'));
  const holder = spawn('flock', [folder, 'sh', '-c', 'echo; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(holder.stdout, 'data');
  for (let rule = 0; rule < 60; rule++) takeLock(folder).close();
  expect([holder.exitCode, holder.signalCode]).toEqual([null, null]); // it has held it all the while
  holder.kill();
  rmSync(folder, { recursive: true });
});

describe("iptables' lock in a network namespace of our own", () => {
  const AS_ANOTHER = 'setpriv --reuid 65534 --regid 65534 --clear-groups';

  test('iptables of the old kind takes it, and another user cannot', () => {
    const netns = createNamespace();
    try {
      const run = (line: string) => runCommand(['sh', '-c', line], { netns });
      run('flock --nonblock "$XTABLES_LOCKFILE" iptables-legacy-save');
      run('iptables-legacy -w 1 -A OUTPUT -j ACCEPT');
      expect(run(`${AS_ANOTHER} flock --nonblock "$XTABLES_LOCKFILE" echo held 2>&1 || true`)).toMatch(/cannot open/);
    } finally {
      netns.close();
    }
  });

  test('in lab shell likewise, also without privileges', () => {
    const input = 'iptables-legacy -w 1 -A OUTPUT -j ACCEPT && echo "added with $XTABLES_LOCKFILE"\n';
    for (const prefix of [[], WITHOUT_CAPABILITIES]) {
      const words = [...prefix, process.execPath, 'bin/rawshake.js', 'lab', 'shell'];
      const { stdout } = spawnSync('env', words, { input, encoding: 'utf8' });
      expect(stdout).toMatch(/^added with \/proc\/\d+\/fd\/\d+$/m);
    }
  });
});

test("iptables' lock of a user who cannot open the host's: nobody else can hold it", async () => {
  const legacy = legacyPath();
  const own = mkdtempSync(join(tmpdir(), 'rawshake-runtime-'));
  chownSync(own, NOBODY, NOBODY);
  const holder = spawn('flock', ['/dev/null', 'sh', '-c', 'echo; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(holder.stdout, 'data');
  try {
    const add = ['filter', 'add', '--detach', '--backend', 'iptables', '--from', '192.0.2.1:41000'];
    const { status } = spawnSync(
      'setpriv',
      [
        ...['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'],
        ...['unshare', '--user', '--map-root-user', '--net', process.execPath, 'bin/rawshake.js', ...add],
      ],
      { env: { ...process.env, PATH: legacy.path, XDG_RUNTIME_DIR: own, LC_ALL: 'C.UTF-8' } },
    );
    // Where the kernel lets such a user read no rules of the old kind, it says so.
    expect([0, 3]).toContain(status);
    expect(readdirSync(own)).toContain('rawshake-xtables.lock');
    expect([holder.exitCode, holder.signalCode]).toEqual([null, null]); // it has held it all the while
  } finally {
    holder.kill();
    legacy.remove();
    rmSync(own, { recursive: true });
  }
});
