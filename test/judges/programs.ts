/** Other people's programs: those that read the same bytes, and those that talk to us. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import type { NetworkNamespace } from '../../src/linux/namespace/netns.js';

/** What a program writes for this input; its error text is thrown where it fails. */
export const run = (argv: readonly [string, ...string[]], input: string | Uint8Array): string => {
  const [command, ...rest] = argv;
  const done = spawnSync(command, rest, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.error !== undefined) throw done.error;
  if (done.status !== 0) throw new Error(`${argv.join(' ')}: exit ${String(done.status)}\n${done.stderr}`);
  return done.stdout;
};

const works = (argv: readonly [string, ...string[]]): boolean => {
  const [command, ...rest] = argv;
  return spawnSync(command, rest, { stdio: 'ignore' }).status === 0;
};

/** Starts a program in a namespace; what it prints, once it has ended well. */
export async function runInside(
  netns: NetworkNamespace,
  [program, ...args]: readonly [string, ...string[]],
  input: string | Uint8Array = '',
): Promise<Buffer> {
  const child = netns.run(() => spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] }));
  child.stdin.on('error', () => undefined).end(input);
  const [output, errors, [code]] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')}: exit ${code}: ${errors}`);
  return output;
}

export const urlHost = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** The Python that has scapy: the system's, then whatever comes first in PATH. */
export function scapyPython(): string {
  const python = ['/usr/bin/python3', 'python3'].find((candidate) => works([candidate, '-c', 'import scapy.all']));
  if (python === undefined) throw new Error('no Python here has scapy: run bin/setup --dev');
  return python;
}
