import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SERVER_PORT } from '../../src/lab/addresses.js';
import { noListen } from '../../src/experiments/no-listen/no-listen.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { runTool } from '../../src/lab/bench/tool.js';
import { createLab } from '../../src/lab/lab.js';
import { bindWithoutListening } from '../../src/linux/port/kernel-socket.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('bound only: RST and ECONNREFUSED, while ping is answered', async () => {
    const run = await runExperiment(noListen, { family });
    expect(observed(run)).toMatchObject({
      secondBind: 'EADDRINUSE',
      listed: 0,
      owner: 'none',
      ping: true,
      answer: 'R. 0:0(0) ack 1',
      program: 'ECONNREFUSED',
      curl: 7,
    });
    expect(run.ok).toBe(true);
  });

  test('the program listens after all: not as expected', async () => {
    const run = await runExperiment(noListen, { family, world: { listening: true } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({
      secondBind: 'EADDRINUSE',
      owner: 'LISTEN',
      answer: 'S. 0:0(0) ack 1',
      program: 'connected',
    });
  });

  test('the server answers no echo request: not as expected', async () => {
    const run = await runExperiment(noListen, { family, world: { answersEcho: false } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ ping: false, answer: 'R. 0:0(0) ack 1' });
  });
});

test('Chromium says that the connection was refused', { timeout: 120_000 }, async () => {
  const lab = createLab();
  const bound = bindWithoutListening(lab.server.netns, lab.server.address(4), SERVER_PORT);
  const profile = mkdtempSync(join(tmpdir(), 'rawshake-chromium-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const url = `http://${lab.server.address(4)}:${SERVER_PORT}/`;
  const argv = ['chromium', ...flags, ...quiet, `--user-data-dir=${profile}`, '--dump-dom', url] as const;
  const page = await runTool(lab.client, argv);
  expect(`${page?.stdout ?? ''}${page?.stderr ?? ''}`).toContain('ERR_CONNECTION_REFUSED');
  rmSync(profile, { recursive: true, force: true });
  bound.close();
  lab.close();
});
