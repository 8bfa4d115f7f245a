/**
 * The package, as users have it: packed, installed into an empty project and a global prefix, and run there, as root and as
 * an ordinary user. npm takes what it has in its cache, and asks the registry for the rest. Dependencies' scripts run at one
 * of the installs; they take a compiler, and a while.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const NOBODY = 65534;

/** A bound, not what it takes: npm's part is some 10 s each on a machine that has nothing else to do. */
const SLOW_MS = 180_000;

const base = mkdtempSync(join(tmpdir(), 'rawshake-package-'));
let tarball = '';

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly user?: 'root' | 'nobody';
}

/** Settings of npm of the process that runs the tests are about this project. */
const environment = (home: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))),
  ...{ HOME: home, LANG: 'C.UTF-8', LC_ALL: '', NO_COLOR: '1' },
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
});

function run(argv: readonly [string, ...string[]], { cwd = '.', user = 'root' }: RunOptions = {}): Ran {
  const home = user === 'root' ? homedir() : join(base, 'nobody');
  const asUser = ['setpriv', `--reuid=${String(NOBODY)}`, `--regid=${String(NOBODY)}`, '--clear-groups', '--'];
  const [program, ...args] = [...(user === 'root' ? [] : asUser), ...argv];
  const settings = { cwd, env: environment(home), encoding: 'utf8' } as const;
  const { status, stdout, stderr, error } = spawnSync(program ?? '', args, settings);
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}

/** A project of the ordinary user's that has nothing. */
function emptyProject(name: string): string {
  const folder = join(base, name);
  const manifest = join(folder, 'package.json');
  mkdirSync(folder);
  writeFileSync(manifest, '{ "name": "somebodys", "private": true }\n');
  for (const path of [folder, manifest]) chownSync(path, NOBODY, NOBODY);
  return folder;
}

/** What npm says about packages with scripts, koffi's among them, cannot be avoided: it says so of every one. */
const withoutScriptNotes = (stderr: string): string => stderr.replaceAll(/^npm (warn|WARN) install-scripts.*\n?/gm, '');

beforeAll(() => {
  chmodSync(base, 0o755);
  mkdirSync(join(base, 'nobody'));
  chownSync(join(base, 'nobody'), NOBODY, NOBODY);
  expect(run(['bin/prepack'])).toMatchObject({ code: 0, stderr: '' });
  const packed = run(['npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', base]);
  expect(packed).toMatchObject({ code: 0, stderr: '' });
  tarball = join(base, packed.stdout.trim());
}, SLOW_MS);

afterAll(() => rmSync(base, { recursive: true }));

test('it is small, and holds what is needed and nothing that was built for this machine', () => {
  expect(statSync(tarball).size).toBeLessThan(2_000_000);
  const files = run(['tar', 'tzf', tarball]).stdout.trimEnd().split('\n');
  for (const file of [
    'bin/setup',
    'bin/programs',
    'docs/install.md',
    'exercises/01-first-ack.yaml',
    'dist/index.d.ts',
    'bundle/cli/main.js',
  ])
    expect(files).toContain(`package/${file}`);
  for (const name of ['raw-socket/src/raw.cc', 'nan/nan.h']) expect(files).toContain(`package/node_modules/${name}`);
  expect(files.filter((file) => /\.(map|node|o)$|\.test\.|\/src\/.*\.ts$/.test(file))).toEqual([]);
});

/** What root's npm has in its cache: the index to add to, the content, which is never changed, without a copy. */
function lendCache(): void {
  const script = `
    from=$(npm config get cache)/_cacache to=$HOME_OF_NOBODY/.npm/_cacache
    mkdir -p "$to"
    cp -r "$from/index-v5" "$to"
    cp -al "$from/content-v2" "$to" || cp -r "$from/content-v2" "$to"
    find "$HOME_OF_NOBODY" -type d -exec chown ${String(NOBODY)} {} +
    chown -R ${String(NOBODY)} "$to/index-v5"`;
  expect(run(['env', `HOME_OF_NOBODY=${join(base, 'nobody')}`, 'sh', '-e', '-c', script])).toMatchObject({ code: 0 });
}

/** What works of an installed one; `program`: how it is called. */
function works(program: string, options: RunOptions): void {
  const list = run([program, 'lab', 'exercise', '--list'], options);
  expect(list).toMatchObject({ code: 0, stderr: '' });
  expect(list.stdout).toMatch(/^01-first-ack +Compute the ACK\n/);
  expect(run([program, 'doctor'], options)).toMatchObject({ code: 0, stderr: '' });
  const compared = run([program, 'compare'], options);
  expect(compared.stdout).toContain('Both runs went as expected.');
  expect(compared.code).toBe(0);
}

// Who is root of a user namespace alone cannot be somebody else.
describe.runIf(readFileSync('/proc/self/uid_map', 'utf8').includes('4294967295'))('installed', () => {
  test(
    'in an empty project by an ordinary user, with the scripts of its dependencies',
    () => {
      const cwd = emptyProject('project');
      lendCache();
      const user = 'nobody';
      const installed = run(['npm', 'install', tarball], { cwd, user });
      expect({ ...installed, stderr: withoutScriptNotes(installed.stderr) }).toMatchObject({ code: 0, stderr: '' });
      expect(run(['npx', 'rawshake', '--version'], { cwd, user })).toMatchObject({ code: 0, stderr: '' });
      const program = join(cwd, 'node_modules', '.bin', 'rawshake');
      expect(run([program, 'setup'], { cwd, user }).code).toBe(0);
      for (const as of ['nobody', 'root'] as const) works(program, { cwd, user: as });
    },
    SLOW_MS,
  );

  test(
    'for all by root',
    () => {
      const prefix = join(base, 'global');
      const installed = run(['npm', 'install', '--global', '--ignore-scripts', '--prefix', prefix, tarball]);
      expect(installed).toMatchObject({ code: 0, stderr: '' });
      for (const user of ['root', 'nobody'] as const)
        works(join(prefix, 'bin', 'rawshake'), { cwd: join(base, 'nobody'), user });
    },
    SLOW_MS,
  );
});

describe.runIf(readFileSync('/proc/self/uid_map', 'utf8').includes('4294967295'))('in a checkout of root', () => {
  let checkouts = 0;
  const checkout = (): string => {
    const folder = emptyProject(`checkout-${String(++checkouts)}`);
    mkdirSync(join(folder, 'bin'));
    for (const file of ['bin/setup', 'bin/programs', 'package.json', 'package-lock.json'])
      copyFileSync(file, join(folder, file));
    chownSync(folder, 0, 0);
    return folder;
  };

  test('setup without npm packages and the build leaves both alone, and says when nothing is missing', () => {
    const cwd = checkout();
    const { code, stderr } = run(['sh', 'bin/setup', '--programs'], { cwd, user: 'nobody' });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^setup: (nothing is missing|missing: )/);
    expect(existsSync(join(cwd, 'node_modules'))).toBe(false);
  });

  test('whoever may not build there is told whose it is', () => {
    const { code, stderr } = run(['sh', 'bin/setup'], { cwd: checkout(), user: 'nobody' });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^setup: this is not yours to install or build in: .+; run bin\/setup as root, whose it is$/m,
    );
    expect(stderr).not.toMatch(/Permission denied|EACCES/);
  });
});
