import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ExperimentRun } from '../../src/evidence/experiment.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { selfConnectNc } from '../../src/experiments/self-connect-nc/self-connect-nc.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('nc connects to itself once, a program with SO_REUSEADDR twice', async () => {
    const run = await runExperiment(selfConnectNc, { family });
    expect(run.facts.filter(({ ok }) => !ok)).toEqual([]);
    expect(observed(run)).toMatchObject({
      echo: 'Hello, myself~\n',
      calls: ['bind', 'connect'],
      again: 'bind failed: Address already in use',
      reusing: ['connected', 'TIME_WAIT', 'connected'],
    });
    expect(run.missing).toEqual([]);
  });

  test('to another port, where nobody listens: not as expected', async () => {
    const run = await runExperiment(selfConnectNc, { family, world: { toItself: false } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ echo: '', owner: 'none', reusing: ['ECONNREFUSED'] });
  });
});

/** Runs it where `name`, found first in the PATH, is this script. */
async function withProgram(name: string, script: string): Promise<ExperimentRun> {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-test-'));
  const { PATH } = process.env;
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  process.env['PATH'] = `${folder}:${PATH ?? ''}`;
  try {
    return await runExperiment(selfConnectNc, { family: 4 });
  } finally {
    process.env['PATH'] = PATH;
    rmSync(folder, { recursive: true });
  }
}

test('another nc: the facts about it are left out, and it says so', async () => {
  const run = await withProgram('nc', 'echo "BusyBox v1.36"');
  expect(observed(run)).toEqual({ reusing: ['connected', 'TIME_WAIT', 'connected'] });
  expect(run.missing.map(({ en }) => en)).toContainEqual(expect.stringContaining('netcat-openbsd'));
  expect(run.ok).toBe(true);
});

test('strace may not trace: nc runs all the same', async () => {
  const run = await withProgram('strace', 'exit 1');
  expect(run.facts.filter(({ ok }) => !ok)).toEqual([]);
  expect(observed(run)).toMatchObject({ echo: 'Hello, myself~\n', left: 'TIME_WAIT' });
});
