/** The C programs of the benchmark, compiled once into build/. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join('build', 'test', 'bench');

/** The path of the program made of `test/bench/c/NAME.c`. */
export function compiled(name: string): string {
  const program = join(FOLDER, name);
  mkdirSync(FOLDER, { recursive: true });
  const { status, stderr, error } = spawnSync(
    'cc',
    ['-O2', '-Wall', '-Wextra', '-o', program, join('test', 'bench', 'c', `${name}.c`)],
    { encoding: 'utf8' },
  );
  if (error !== undefined)
    throw new Error('cc: a C compiler is needed; bin/setup --dev installs one', { cause: error });
  if (status !== 0) throw new Error(`cc: ${stderr}`);
  return program;
}

export const isInstalled = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
