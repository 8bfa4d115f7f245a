/** `rawshake setup`: bin/setup, for whoever has the package and no checkout. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { searchPath } from '../linux/command.js';
import { requireLinux } from '../linux/platform.js';
import { EXIT } from './exit-code.js';
import { interruptible } from './interrupt.js';

const SCRIPT = fileURLToPath(new URL('../../bin/setup', import.meta.url));

export const setupCommand = (): Command =>
  new Command('setup')
    .description('install the system programs that are missing; without root, print the line that does')
    .addHelpText('after', '\nExample:\n  rawshake setup\n')
    .action(run);

async function run(): Promise<void> {
  requireLinux();
  // It asks for `node`, which is to be this one.
  const PATH = `${dirname(process.execPath)}:${searchPath()}`;
  process.exitCode = await interruptible('setup', async (signal) => {
    // In a group of its own: what it runs, a package manager above all, is not left behind.
    const child = spawn('sh', [SCRIPT], { stdio: 'inherit', env: { ...process.env, PATH }, detached: true });
    signal.addEventListener('abort', () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    });
    const [status] = (await once(child, 'exit')) as [number | null];
    return signal.aborted || status === null ? EXIT.interrupted : status;
  });
}
