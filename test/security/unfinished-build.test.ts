/** The program's own files, cut off or not all there: it says so, or takes those that are whole. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-unfinished-'));
const root = join(folder, 'checkout');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A checkout with `parts` of this one. */
function copy(...parts: readonly string[]): void {
  rmSync(root, { recursive: true, force: true });
  for (const part of ['bin', 'package.json', ...parts]) cpSync(part, join(root, part), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
}

const sh = (script: string) => spawnSync('sh', ['-c', script], { cwd: root, encoding: 'utf8' });
const startedThere = () => sh(`'${process.execPath}' bin/rawshake.js --version`);

describe('a file of bundle/ is damaged', () => {
  beforeEach(() => {
    copy('bundle');
  });

  test.each([
    ['early.js is cut off', () => truncateSync(join(root, 'bundle/cli/early.js'), 600)],
    ['unexpected.js is empty', () => truncateSync(join(root, 'bundle/cli/unexpected.js'), 0)],
    ['early.js is gone', () => rmSync(join(root, 'bundle/cli/early.js'))],
    ['main.js is gone', () => rmSync(join(root, 'bundle/cli/main.js'))],
    ['what they share is gone', () => rmSync(join(root, 'bundle/shared'), { recursive: true })],
  ])('%s: two lines, and status 3', (_what, damage) => {
    damage();
    const { status, stdout, stderr } = startedThere();
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/^rawshake: .+\nhint: .*bin\/setup.*\n$/);
  });
});

test('a disk that fills while bundle/ is made: it is not there, and dist/ is taken', () => {
  copy('dist');
  const SCRIPT = `
    set -e
    mount -t tmpfs -o size=32m none "$disk"
    cd "$disk"
    cp -r "$from"/* .
    [ "$(stat -f -c %T .)" = tmpfs ]
    dd if=/dev/zero of=fill bs=1k count=32768 2>/dev/null || true # as far as there is room
    truncate -s -300K fill
    if "$node" bin/bundle.js; then exit 9; fi
    rm fill
    ls
    "$node" bin/rawshake.js --version`;
  const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', SCRIPT], {
    encoding: 'utf8',
    env: { ...process.env, disk: mkdtempSync(join(folder, 'disk-')), from: root, node: process.execPath },
  });
  expect(stderr).toContain('No space left');
  expect({ status, there: stdout.split('\n') }).toEqual({
    status: 0,
    there: ['bin', 'dist', 'node_modules', 'package.json', version, ''],
  });
});
