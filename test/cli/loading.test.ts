/** What a command loads, as V8 reports it: nothing that it does not use. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rawshake } from '../support/cli.js';

/** The modules that were loaded, below the project's folder: files, and what the files of the bundle are made of. */
async function loadedBy(args: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-loaded-'));
  try {
    expect(await rawshake(args, { env: { NODE_V8_COVERAGE: folder } })).toMatchObject({ code: 0 });
    const reports = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
    const urls = reports.flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result);
    const files = urls.flatMap(({ url }) => (url.startsWith('file:') ? [url.slice(url.indexOf(process.cwd()))] : []));
    return files.flatMap((file) => (file.includes('/bundle/') ? modulesIn(file) : [file]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The bundler names each module before its text. */
const modulesIn = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^\/\/ (dist\/\S+)$/gm)].map(([, module = '']) => module);

const loads = (files: readonly string[], part: string): boolean => files.some((file) => file.includes(part));

test('--version: the beginning of the program', async () => {
  const files = await loadedBy(['--version']);
  expect(files.length).toBeLessThan(10);
  expect(loads(files, 'dist/cli/main.js')).toBe(true);
  for (const part of [
    'dist/lab/',
    'dist/linux/namespace/netns',
    'dist/wire/',
    'node_modules/commander',
    'node_modules/koffi',
  ])
    expect(loads(files, part)).toBe(false);
});

test.each([
  [
    ['build', '--from', '192.0.2.1:1', '--to', '192.0.2.2:2'],
    ['node_modules/koffi', 'dist/lab/', 'node_modules/yaml'],
  ],
  [
    ['lab', 'list'],
    ['node_modules/koffi', 'node_modules/yaml', 'node_modules/zod', 'dist/exercise/'],
  ],
  [
    ['lab', 'run', 'reset-rules'],
    ['node_modules/yaml', 'node_modules/zod', 'dist/exercise/'],
  ],
  [
    ['lab', 'exercise', 'exercises/01-first-ack.yaml'],
    ['node_modules/koffi', 'dist/bulk/', 'dist/report/html/'],
  ],
  [
    ['filter', 'list'],
    ['node_modules/zod', 'dist/exercise/'],
  ],
  [['compare'], ['node_modules/yaml', 'node_modules/zod', 'dist/exercise/', 'dist/bulk/']],
])('%j does without %j', async (args, parts) => {
  const files = await loadedBy(args);
  for (const part of parts) expect([part, loads(files, part)]).toEqual([part, false]);
});

test('what is used is seen to be loaded', async () => {
  const files = await loadedBy(['lab', 'exercise', 'exercises/01-first-ack.yaml', '--answers', SOLUTION]);
  for (const part of [
    'node_modules/koffi',
    'node_modules/yaml',
    'node_modules/zod',
    'dist/exercise/',
    'dist/linux/namespace/netns',
  ])
    expect([part, loads(files, part)]).toEqual([part, true]);
});

const SOLUTION = 'exercises/solutions/01-first-ack.yaml';
