/** Ctrl-C and SIGKILL in the middle of a run: the exit code, and nothing left behind. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { finish, json, start } from '../support/cli.js';
import { holdNamespacesMadeBy } from '../support/held-namespaces.js';
import {
  isCaught,
  linksAndRules,
  namespacesMadeBy,
  processesWith,
  stillAlive,
  traceInstancesOf,
} from '../support/traces.js';

const COMPARE = ['compare', '--family', 'both', '--json'];

/** Waits, by looking, until the run has its namespaces open. */
const inTheMiddle = (pid: number): Promise<void> =>
  vi.waitFor(
    () => {
      expect(namespacesMadeBy(pid).length).toBeGreaterThanOrEqual(2);
    },
    { timeout: 10_000, interval: 5 },
  );

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', (signal) => {
  test('exit 130, one error, nothing left', async () => {
    const before = linksAndRules();
    const child = start(COMPARE);
    const finished = finish(child);
    await inTheMiddle(child.pid ?? 0);
    const namespaces = holdNamespacesMadeBy(child.pid ?? 0);
    child.kill(signal);
    const { code, stdout, stderr } = await finished;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'RS_INTERRUPTED', message: 'compare: interrupted' } });
    expect(stillAlive(namespaces)).toEqual([]);
    expect(linksAndRules()).toBe(before);
    await vi.waitFor(() => {
      expect(traceInstancesOf(child.pid ?? 0)).toEqual([]);
    });
  });
});

/** Waits, by looking, until the program has begun. */
const untilCaught = (pid: number): Promise<void> =>
  vi.waitFor(
    () => {
      expect(isCaught(pid, 'SIGHUP')).toBe(true); // Node itself catches the others
    },
    { timeout: 30_000, interval: 1 },
  );

test.each([
  { args: ['compare'], stdin: 'ignore' },
  { args: ['doctor'], stdin: 'ignore' },
  { args: ['lab', 'run', 'raw-alone'], stdin: 'ignore' },
  { args: ['connect', '127.0.0.1', '1', '--stdin'], stdin: 'ignore' },
  { args: ['filter', 'plan', '--from', '192.0.2.1'], stdin: 'ignore' },
  { args: ['dissect'], stdin: 'pipe' },
] as const)('$args: Ctrl-C as soon as the program can hear it: 130, one line', async ({ args, stdin }) => {
  const child = spawn(process.execPath, ['bin/rawshake.js', ...args], { stdio: [stdin, 'pipe', 'pipe'] });
  const finished = finish(child);
  await untilCaught(child.pid ?? 0);
  child.kill('SIGINT');
  const { code, stdout, stderr } = await finished;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toMatch(/^rawshake: ([a-z ]+: )?interrupted\n(hint: .*\n)?$/);
});

test('as JSON: one document', async () => {
  const child = start(['doctor', '--json']);
  const finished = finish(child);
  await untilCaught(child.pid ?? 0);
  child.kill('SIGTERM');
  const result = await finished;
  expect(result).toMatchObject({ code: 130, stderr: '' });
  expect(json(result)).toMatchObject({ error: { code: 'RS_INTERRUPTED', hint: expect.any(String) as string } });
});

test('SIGKILL at ten different moments, with the processors busy: nothing is left a second later', async () => {
  const busy = Array.from({ length: 2 }, () =>
    spawn(process.execPath, ['-e', 'const end = Date.now() + 60_000; while (Date.now() < end);']),
  );
  try {
    const before = linksAndRules();
    const made: string[] = [];
    const startedAt = performance.now();
    await finish(start(COMPARE));
    const wholeRunMs = performance.now() - startedAt;
    const moments = Array.from({ length: 10 }, (_, i) => (wholeRunMs * (i + 1)) / 11);
    for (const moment of moments) {
      const mark = randomUUID();
      const child = start(COMPARE, { env: { RAWSHAKE_TEST: mark } });
      const finished = finish(child);
      await delay(moment); // the moment is the stimulus: nothing is waited for here
      const namespaces = holdNamespacesMadeBy(child.pid ?? 0);
      made.push(...namespaces);
      child.kill('SIGKILL');
      await finished;
      await vi.waitFor(
        () => {
          expect(processesWith(`RAWSHAKE_TEST=${mark}`)).toEqual([]);
          expect(stillAlive(namespaces)).toEqual([]);
          expect(traceInstancesOf(child.pid ?? 0)).toEqual([]);
        },
        { timeout: 1000, interval: 10 },
      );
      expect(linksAndRules()).toBe(before);
    }
    expect(made.length).toBeGreaterThan(0); // the moments were in the middle
  } finally {
    for (const child of busy) child.kill('SIGKILL');
  }
});
