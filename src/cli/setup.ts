/** `rawshake setup`: bin/setup without npm packages and the build, for whoever has the package and no checkout. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { searchPath } from '../linux/process/command.js';
import { requireLinux } from '../linux/libc/platform.js';
import { membersOf } from '../linux/process/process-group.js';
import { EXIT } from './exit-code.js';
import { interruptible } from './interrupt.js';
import { languageOf, note } from './output.js';
import { exampleText, told } from './told.js';

const SCRIPT = fileURLToPath(new URL('../../bin/setup', import.meta.url));

/** What it runs has so long to end; then this program has still time to say what has not. */
const ENDING_MS = 800;
const LOOK_EVERY_MS = 20;

export const setupCommand = (): Command =>
  new Command('setup')
    .description(
      told({
        en: 'install the system programs that are missing, and build raw-socket for this Node; without root, print the line that does',
        zh: '安装缺少的系统程序，并为当前 Node 构建 raw-socket；没有 root 权限时，打印应执行的命令',
      }),
    )
    .addHelpText('after', exampleText('rawshake setup'))
    .action(run);

async function run(): Promise<void> {
  requireLinux();
  // It asks for `node`, which is to be this one.
  const PATH = `${dirname(process.execPath)}:${searchPath()}`;
  process.exitCode = await interruptible('setup', async (signal) => {
    // In a group of its own: what it runs, a package manager above all, is not left behind.
    const child = spawn('sh', [SCRIPT, '--programs'], {
      stdio: 'inherit',
      env: { ...process.env, PATH },
      detached: true,
    });
    const interrupted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    const exited = once(child, 'exit') as Promise<[number | null]>;
    const [status] = (await Promise.race([exited, interrupted])) ?? [null];
    if (!signal.aborted) return status ?? EXIT.interrupted;
    child.unref();
    if (child.pid !== undefined) await endGroup(child.pid);
    return EXIT.interrupted;
  });
}

/** Has it end, and says what does not. */
async function endGroup(group: number): Promise<void> {
  const until = performance.now() + ENDING_MS;
  try {
    process.kill(-group, 'SIGTERM');
  } catch {
    return; // it has ended by itself
  }
  while (membersOf(group).length > 0 && performance.now() < until) await setTimeout(LOOK_EVERY_MS);
  const left = membersOf(group).map(({ name, pid }) => `${name} (pid ${String(pid)})`);
  if (left.length > 0)
    note(
      {
        en: `setup: still running, for the signal does not end it: ${left.join(', ')}`,
        zh: `setup：以下程序未因信号而结束，仍在运行：${left.join('、')}`,
      }[languageOf({})],
    );
}
