/** Other people's programs that read the same bytes. */
import { spawnSync } from 'node:child_process';

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

/** The Python that has scapy: the system's, then whatever comes first in PATH. */
export function scapyPython(): string {
  const python = ['/usr/bin/python3', 'python3'].find((candidate) => works([candidate, '-c', 'import scapy.all']));
  if (python === undefined) throw new Error('no Python here has scapy: run bin/setup --dev');
  return python;
}
