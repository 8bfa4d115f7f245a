/** Floods of a real `rawshake listen`, over a real link: it goes on serving, in bounded memory, and says what it does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { start } from '../support/cli.js';
import { addFarHost, type FarHost } from '../support/far-host.js';
import { flood } from '../support/flood.js';
import { curl, memoryMb, underFlood } from '../support/under-flood.js';

const PORT = 8080;
const MOST_MB = 200;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rawshake-flood-'));
  writeFileSync(join(folder, 'a.txt'), 'made by hand\n');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let lab: Lab;
let far: FarHost | undefined;
const children: ChildProcess[] = [];
beforeEach(() => {
  lab = createLab();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    const closed = once(child, 'close');
    child.kill('SIGINT');
    await closed;
  }
  far?.close();
  far = undefined;
  lab.close();
});

/** Running and ready, with what it says on stderr. */
async function listening(...args: string[]): Promise<{ child: ChildProcess; said: () => string }> {
  const prefix = ['nsenter', `--net=${lab.server.netns.path}`];
  const child = start(['listen', String(PORT), '--address', lab.server.address(4), ...args], { prefix });
  children.push(child);
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  child.stdout?.resume();
  if (child.stderr !== null) await once(child.stderr, 'data');
  return { child, said: () => text };
}

describe('SYNs from everywhere', () => {
  test.each([0, 200])(
    '30,000 of them: curl is served at a round trip of %i ms, and one line says how',
    async (roundTripMs) => {
      const { child, said } = await listening('--http', folder);
      if (roundTripMs > 0) far = addFarHost(lab, roundTripMs / 2);
      const from = far?.netns ?? lab.client.netns;
      const options = { port: PORT, perSecond: 5000, count: 30_000, after: 5000, everyMs: 100, from, server: child };
      const { served, peakMb } = await underFlood(lab, options);
      expect(served.map(({ ok }) => ok)).not.toContain(false);
      expect(peakMb).toBeLessThan(MOST_MB);
      const lines = said().match(/half-open connections at the bound: SYN cookies answer, [\d,]+ so far/g) ?? [];
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThanOrEqual(3);
    },
  );

  test('a kernel’s listener, flooded alike, serves the same page: the flood is one, and the client no other', async () => {
    const program = `require('http').createServer((_, r) => r.end('x')).listen(${PORT}, '0.0.0.0', () => console.log(1))`;
    const kernel = spawn('nsenter', [`--net=${lab.server.netns.path}`, process.execPath, '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(kernel);
    await once(kernel.stdout, 'data');
    const from = lab.client.netns;
    const options = { port: PORT, perSecond: 5000, count: 10_000, after: 5000, everyMs: 100, from, server: kernel };
    const { served } = await underFlood(lab, options);
    expect(served.map(({ ok }) => ok)).not.toContain(false);
    expect(lab.server.run(['nstat', '-asz', 'TcpExtSyncookiesSent'])).toMatch(/SyncookiesSent +[1-9]/);
  });

  test('Ctrl-C ends it in the middle of the flood, and leaves no filter', async () => {
    const { child } = await listening('--http', folder);
    const attack = flood(lab, { port: PORT, perSecond: 5000, count: Infinity });
    await expect.poll(() => attack.sent, { timeout: 20_000 }).toBeGreaterThan(5000);
    children.splice(0);
    const closed = once(child, 'close');
    child.kill('SIGINT');
    expect((await closed)[0]).toBe(130);
    attack.stop();
    await attack.over;
    expect(lab.server.run(['nft', 'list', 'ruleset'])).toBe('');
  });
});

test.each(['libc', 'raw-socket', 'packet'])(
  '%s: SYNs of neighbours that nobody is keep no answer back: no SYN has to come twice',
  async (transport) => {
    const { child, said } = await listening('--http', folder, '--transport', transport);
    const from = lab.client.netns;
    const options = { port: PORT, perSecond: 1000, count: 900, after: 700, everyMs: 5, asNeighbours: true, from };
    const { served } = await underFlood(lab, { ...options, server: child });
    expect(served.map(({ ok }) => ok)).not.toContain(false);
    expect(lab.client.run(['nstat', '-asz', 'TcpRetransSegs'])).toMatch(/TcpRetransSegs +0 /);
    expect(said()).not.toContain('EAGAIN');
  },
);

test('ACKs of cookies that were never sent open nothing, and few of them are answered', async () => {
  const { child, said } = await listening('--http', folder);
  // First the backlog is filled, so that cookies are looked for.
  await flood(lab, { port: PORT, perSecond: 5000, count: 3000 }).over;
  const attack = flood(lab, {
    port: PORT,
    perSecond: 5000,
    count: 20_000,
    tcp: { flags: '.', ack: 1, window: 1000 },
  });
  await attack.over;
  expect(await curl(lab.client.netns, `http://${lab.server.address(4)}:${PORT}/a.txt`)).toMatchObject({ ok: true });
  expect(said()).toMatch(/not each is answered by RST/);
  expect(memoryMb(child)).toBeLessThan(MOST_MB);
});
