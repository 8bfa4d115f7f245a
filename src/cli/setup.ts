/** `rawshake setup`: bin/setup, for whoever has the package and no checkout. */
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { requireLinux } from '../linux/platform.js';
import { EXIT } from './exit-code.js';

const SCRIPT = fileURLToPath(new URL('../../bin/setup', import.meta.url));

export const setupCommand = (): Command =>
  new Command('setup')
    .description('install the system programs that are missing; without root, print the line that does')
    .addHelpText('after', '\nExample:\n  rawshake setup\n')
    .action(run);

function run(): void {
  requireLinux();
  // It asks for `node`, which is to be this one.
  const PATH = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
  const { error, status } = spawnSync('sh', [SCRIPT], { stdio: 'inherit', env: { ...process.env, PATH } });
  if (error !== undefined) throw error;
  process.exitCode = status ?? EXIT.interrupted;
}
