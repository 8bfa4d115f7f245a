/** Programs in an enclosure, and programs that have one, as tests run them. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { finish, type CliResult } from './cli.js';
import type { Enclosure, ProgramEnd, ProgramOptions } from '../../src/linux/namespace/enclosure.js';
import { orNothing } from './traces.js';

export interface Said {
  readonly end: ProgramEnd;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs it to its end, on pipes. */
export async function runIn(
  enclosure: Enclosure,
  argv: readonly [string, ...string[]],
  { input = '', ...options }: Omit<ProgramOptions, 'stdio'> & { readonly input?: string | Buffer } = {},
): Promise<Said> {
  const program = await enclosure.start(argv, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  program.stdin?.end(input);
  const collect = async (stream: AsyncIterable<Buffer> | undefined): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream ?? []) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  const [stdout, stderr, end] = await Promise.all([collect(program.stdout), collect(program.stderr), program.ended]);
  return { end, stdout, stderr: stderr.toString() };
}

/** What a shell's script writes, in words. */
export const wordsOf = async (enclosure: Enclosure, script: string, options?: ProgramOptions): Promise<string[]> =>
  (await runIn(enclosure, ['sh', '-c', script], options)).stdout.toString().split(/\s+/).filter(Boolean);

const OWN = `
  const { createLab } = await import('./dist/lab/lab.js');
  const { openEnclosure } = await import('./dist/linux/namespace/enclosure.js');
  const lab = createLab();
  const { netns } = lab.client;
`;

/** Starts Node on a script that has a lab of its own, `netns` in it, and `openEnclosure`. */
export function startOwn(
  script: string,
  { env = {}, prefix = [] }: { env?: NodeJS.ProcessEnv; prefix?: readonly string[] } = {},
) {
  const [program, ...rest] = [...prefix, process.execPath, '--input-type=module', '-e', OWN + script];
  return spawn(program, rest, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs such a script to its end. */
export const runOwn = (script: string, ...prefix: readonly string[]): Promise<CliResult> =>
  finish(startOwn(script, { prefix }));

/** Processes of a PID namespace, with their states. proc_pid_stat(5) */
export const inPidNamespace = (link: string): string[] =>
  readdirSync('/proc').flatMap((pid) =>
    orNothing(() =>
      /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/ns/pid`) === link
        ? [readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^(\d+) .*\) (\S).*\n$/s, '$1 $2')]
        : [],
    ),
  );
