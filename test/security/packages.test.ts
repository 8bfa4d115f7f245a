/** A package below a folder where anybody may put `node_modules`, such as /tmp: what is missing in it is not taken from there. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { missingPackages, packageFolders } from '../../src/linux/process/packages.js';

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
const REQUIRED = [...Object.keys(dependencies), 'base64-arraybuffer', 'fast-string-truncated-width', 'utrie'];
const NATIVE = `@koromix/koffi-linux-${process.arch}`;
/** What programs are looked for by that npm runs. */
const PROGRAMS = ['node', 'node-gyp', 'python3', 'make', 'cc', 'c++', 'tsc', 'sh'];

const strangers = mkdtempSync(join(tmpdir(), 'rawshake-strangers-'));
const ran = join(strangers, 'ran');
const root = join(strangers, 'checkout');
const own = (name: string): string => join(root, 'node_modules', name);

function plant(name: string): void {
  const folder = join(strangers, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, main: 'index.cjs' }));
  writeFileSync(join(folder, 'index.cjs'), `require('fs').appendFileSync(${JSON.stringify(ran)}, '${name}\\n')`);
}

beforeAll(() => {
  mkdirSync(root);
  for (const part of ['bin', 'bundle', 'dist', 'iptables', 'exercises', 'package.json'])
    cpSync(part, join(root, part), { recursive: true });
  for (const name of [...REQUIRED, NATIVE, 'raw-socket', 'nan']) {
    plant(name);
    cpSync(join('node_modules', name), own(name), { recursive: true });
  }
  const bin = join(strangers, 'node_modules', '.bin');
  mkdirSync(bin);
  for (const name of PROGRAMS) writeFileSync(join(bin, name), `#!/bin/dash\necho ${name} >>${ran}\n`, { mode: 0o755 });
});
afterAll(() => rmSync(strangers, { recursive: true }));

/** `name` is not in the package until the test is over. */
const gone: string[] = [];
function withoutPackage(name: string): void {
  rmSync(own(name), { recursive: true });
  gone.push(name);
}
afterEach(() => {
  for (const name of gone.splice(0)) cpSync(join('node_modules', name), own(name), { recursive: true });
  rmSync(ran, { force: true });
});

function rawshake(...args: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, LANG: 'C.UTF-8', LC_ALL: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/rawshake.js'), ...args], {
    env,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

const nothingRan = (): void => expect(existsSync(ran) ? readFileSync(ran, 'utf8') : '').toBe('');

test('compiled to another place in its folder, as the benchmark is, it finds them', () => {
  cpSync(join(root, 'dist'), join(root, 'build', 'src'), { recursive: true });
  const program = `import { missingPackages } from ${JSON.stringify(join(root, 'build/src/linux/process/packages.js'))};
    console.log(JSON.stringify(missingPackages()));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(stdout).toBe('[]\n');
  rmSync(join(root, 'build'), { recursive: true });
});

test.each(REQUIRED)('%s, without which it cannot do', (name) => {
  withoutPackage(name);
  expect(rawshake('--version')).toMatchObject({ code: 0, stderr: '' });
  expect(rawshake('doctor')).toEqual({
    code: 3,
    stdout: '',
    stderr: `rawshake: npm packages: not installed: ${name}\nhint: Uninstall rawshake with npm and install it again\n`,
  });
  const { code, stdout } = rawshake('lab', 'exercise', join(root, 'exercises/01-first-ack.yaml'), '--json');
  expect({ code, json: JSON.parse(stdout) as unknown }).toMatchObject({
    code: 3,
    json: { error: { code: 'RS_MISSING_TOOL' } },
  });
  nothingRan();
});

test('raw-socket: not installed', () => {
  withoutPackage('raw-socket');
  expect(rawshake('doctor').stdout).toMatch(/npm raw-socket +not installed; libc takes its place/);
  expect(rawshake('compare', '--transport', 'raw-socket', '--json')).toMatchObject({ code: 3 });
  nothingRan();
});

test('the native part of koffi: left out', () => {
  withoutPackage(NATIVE);
  const { code, stderr } = rawshake('compare');
  expect({ code, stderr }).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('native part does not load') as string,
  });
  nothingRan();
});

describe('setup', () => {
  test('asks for raw-socket in its own folder', () => {
    withoutPackage('raw-socket');
    expect(rawshake('setup').code).toBe(0);
    nothingRan();
  });

  test('builds it from its own nan alone', () => {
    rmSync(join(own('raw-socket'), 'build'), { recursive: true, force: true });
    withoutPackage('nan');
    expect(rawshake('setup').code).toBe(0);
    nothingRan();
  });

  test('builds it by its own programs alone', () => {
    rmSync(join(own('raw-socket'), 'build'), { recursive: true, force: true });
    expect(rawshake('setup')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^\+ node .*node-gyp\.js rebuild$/m) as string,
    });
    nothingRan();
  });
});

describe('the folders that are asked', () => {
  test.each([
    ['a checkout', '/tmp/S/rawshake', ['/tmp/S/rawshake/node_modules']],
    [
      'npm, beside it',
      '/tmp/S/project/node_modules/rawshake',
      ['/tmp/S/project/node_modules/rawshake/node_modules', '/tmp/S/project/node_modules'],
    ],
    [
      'pnpm, beside it and hoisted',
      '/p/node_modules/.pnpm/rawshake@1/node_modules/rawshake',
      [
        '/p/node_modules/.pnpm/rawshake@1/node_modules/rawshake/node_modules',
        '/p/node_modules/.pnpm/rawshake@1/node_modules',
        '/p/node_modules/.pnpm/node_modules',
        '/p/node_modules',
      ],
    ],
  ])('%s', (_, from, folders) => {
    expect(packageFolders(from)).toEqual(folders);
  });

  test('a package that lies elsewhere, under a link, has what it needs beside itself there', () => {
    const store = join(strangers, 'store');
    for (const [name, needs] of [
      ['rawshake', { linked: '1' }],
      ['linked', { beside: '1', nowhere: '1' }],
      ['beside', {}],
    ] as const) {
      mkdirSync(join(store, 'node_modules', name), { recursive: true });
      writeFileSync(join(store, 'node_modules', name, 'package.json'), JSON.stringify({ dependencies: needs }));
    }
    expect(missingPackages(join(store, 'node_modules', 'rawshake'))).toEqual(['nowhere']);
  });
});
