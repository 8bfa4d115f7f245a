/** Runs the program with something on standard input, as behind a pipe. */
import { spawn, type ChildProcess } from 'node:child_process';
import { finish, type CliResult } from './cli.js';

/** Started, its input still open. */
export function startPiped(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const neutral = { LANG: 'C.UTF-8', LC_ALL: '', NO_COLOR: '1' };
  return spawn(process.execPath, ['bin/rawshake.js', ...args], { env: { ...process.env, ...neutral, ...env } });
}

/** Run to its end. */
export function piped(
  args: readonly string[],
  input: string | Uint8Array,
  env?: NodeJS.ProcessEnv,
): Promise<CliResult> {
  const child = startPiped(args, env);
  child.stdin?.end(input);
  return finish(child);
}
