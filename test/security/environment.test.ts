/** What the environment may not bring about: programs of the folder in which one happens to stand. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const PROGRAMS = [
  'ip',
  'iptables',
  'iptables-save',
  'ip6tables-save',
  'nft',
  'sh',
  'nsenter',
  'unshare',
  'apt-get',
  'dirname',
];

const folder = mkdtempSync(join(tmpdir(), 'rawshake-strangers-'));
const ran = join(folder, 'ran');

beforeAll(() => {
  for (const name of PROGRAMS)
    writeFileSync(join(folder, name), `#!/bin/dash\necho ${name} >>${ran}\n`, { mode: 0o755 });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test.each([undefined, '', ':/usr/bin', '/usr/bin::/bin', '.', './:'])('PATH=%j', (path) => {
  const env = { ...process.env, LANG: 'C', PATH: path }; // undefined: it is not there
  for (const words of [
    ['filter', 'list'],
    ['doctor'],
    ['compare', '--remedy', 'iptables', '--family', '4'],
    ['setup'],
  ]) {
    const { status } = spawnSync(process.execPath, [resolve('bin/rawshake.js'), ...words], { cwd: folder, env });
    expect([words, status]).toEqual([words, 0]);
  }
  expect(existsSync(ran)).toBe(false);
});
