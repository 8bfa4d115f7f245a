import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeLock } from '../../src/linux/lock.js';

test('a lock that somebody holds is waited for once, not before each of many rules', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-lock-'));
  const holder = spawn('flock', [folder, 'sh', '-c', 'echo; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(holder.stdout, 'data');
  for (let rule = 0; rule < 60; rule++) takeLock(folder).close();
  expect([holder.exitCode, holder.signalCode]).toEqual([null, null]); // it has held it all the while
  holder.kill();
  rmSync(folder, { recursive: true });
});
