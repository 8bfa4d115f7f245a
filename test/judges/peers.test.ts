/** Ordinary programs talk to hand-made connections, either side, and notice nothing. Each in a lab of its own. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { applyFilter } from '../../src/filter/lease.js';
import { planFilter } from '../../src/filter/plan.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { dial, type Dialled } from '../../src/live/dial.js';
import { serveFiles } from '../../src/live/http-server.js';
import { serve, type ServeOptions } from '../../src/live/serve.js';
import { echo } from '../../src/live/services.js';
import { runInside, urlHost } from './programs.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-peers-'));
const large = randomBytes(10_000_000);
writeFileSync(join(folder, 'large.bin'), large);
writeFileSync(join(folder, 'page.html'), '<title>by hand</title><h1 id="greeting">nobody listens</h1>');
const files = serveFiles(folder);
afterAll(() => {
  files.close();
  rmSync(folder, { recursive: true });
});

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function serving(
  lab: Lab,
  family: 4 | 6,
  options: Pick<ServeOptions, 'onConnection' | 'tcp'>,
  use: () => Promise<void>,
): Promise<void> {
  const { netns } = lab.server;
  const served = await serve({ port: 8080, address: lab.server.address(family), netns, ...options });
  try {
    expect(lab.server.run(['ss', '-Hltn'])).toBe('');
    await use();
  } finally {
    await served.close();
  }
}

describe.each([4, 6] as const)('programs that connect to a hand-made server, IPv%i', (family) => {
  const page = (lab: Lab, path: string): string => `http://${urlHost(lab.server.address(family))}:8080/${path}`;

  test('curl fetches ten megabytes, byte for byte', async () => {
    const lab = createLab();
    await serving(lab, family, { onConnection: files.service }, async () => {
      expect(sha(await runInside(lab.client.netns, ['curl', '-sS', page(lab, 'large.bin')]))).toBe(sha(large));
    });
    lab.close();
  });

  test('eight curls at once', async () => {
    const lab = createLab();
    await serving(lab, family, { onConnection: files.service }, async () => {
      const fetches = Array.from({ length: 8 }, () =>
        runInside(lab.client.netns, ['curl', '-sS', page(lab, 'large.bin')]),
      );
      expect((await Promise.all(fetches)).map(sha)).toEqual(Array.from({ length: 8 }, () => sha(large)));
    });
    lab.close();
  });

  test('nc sends and gets it back', async () => {
    const lab = createLab();
    await serving(lab, family, { onConnection: echo }, async () => {
      const output = await runInside(
        lab.client.netns,
        ['nc', '-N', lab.server.address(family), '8080'],
        'to and fro\n',
      );
      expect(output.toString()).toBe('to and fro\n');
    });
    lab.close();
  });

  test('nmap finds the port open, by half a handshake and by a whole one', async () => {
    const lab = createLab();
    const six = family === 6 ? ['-6'] : [];
    await serving(lab, family, { onConnection: echo }, async () => {
      for (const scan of ['-sS', '-sT']) {
        const argv = ['nmap', '-n', '-Pn', scan, ...six, '-p', '8080,8081', lab.server.address(family)] as const;
        const output = (await runInside(lab.client.netns, argv)).toString();
        expect(output).toMatch(/8080\/tcp open/);
        expect(output).toMatch(/8081\/tcp closed/);
      }
    });
    lab.close();
  });
});

test('curl fetches ten megabytes over a link that loses a fifth of all packets', { timeout: 240_000 }, async () => {
  const lab = createLab({ link: 'relay' });
  lab.relay.faults({ seed: 7, loss: 0.2 });
  // Timers for a link of microseconds: a lost packet is missed after 5 ms and not after Linux's 200.
  const tcp = { initialRtoMs: 20, minRtoMs: 5, maxRtoMs: 40, maxRetransmissions: 200, synRetries: 50 };
  await serving(lab, 4, { onConnection: files.service, tcp }, async () => {
    const url = `http://${lab.server.address(4)}:8080/large.bin`;
    expect(sha(await runInside(lab.client.netns, ['curl', '-sS', url]))).toBe(sha(large));
  });
  lab.close();
});

describe.each([4, 6] as const)('a hand-made client and servers of others, IPv%i', (family) => {
  const fetchOver = (lab: Lab, port: number): Promise<Dialled> =>
    dial({ host: lab.server.address(family), port, netns: lab.client.netns });

  test("Node's http server, asked by Node's http client over a hand-made handshake", async () => {
    const lab = createLab();
    const web = http.createServer((_request, response) => response.end(large));
    const listener = await lab.server.listen(family, 80, (socket) => web.emit('connection', socket));
    const dialled = await fetchOver(lab, 80);
    const request = http.get({ host: 'hand.made', createConnection: () => dialled.connection });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect(sha(await buffer(response))).toBe(sha(large));
    await dialled.close();
    listener.close();
    web.close();
    lab.close();
  });

  test("Python's http server", async () => {
    const lab = createLab();
    const argv = ['-m', 'http.server', '8000', '--bind', lab.server.address(family), '--directory', folder];
    const python = lab.server.netns.run(() =>
      spawn('python3', ['-u', ...argv], { stdio: ['ignore', 'pipe', 'ignore'] }),
    );
    await once(python.stdout, 'data'); // it says that it serves
    const dialled = await fetchOver(lab, 8000);
    dialled.connection.end('GET /page.html HTTP/1.0\r\n\r\n');
    expect(await text(dialled.connection)).toContain('nobody listens');
    await dialled.close();
    python.kill();
    await once(python, 'close');
    lab.close();
  });
});

test('a kernel socket in simultaneous open with a hand-made one', async () => {
  const lab = createLab({ link: 'relay' });
  const [src, dst] = [lab.client.address(4), lab.server.address(4)];
  const flow = { src, srcPort: 7000, dst, dstPort: 7001 };
  const filter = applyFilter(planFilter({ flow, backend: 'iptables' }), lab.client);
  const syns = lab.relay.hold({ tcp: { flags: 'S' } }, 2);
  const kernel = lab.server.connect({ src: dst, srcPort: 7001, dst: src, dstPort: 7000 });
  const dialled = await dial({
    host: dst,
    port: 7001,
    sourcePort: 7000,
    netns: lab.client.netns,
    filter: 'none',
  });
  await lab.relay.untilHeld(2);
  syns.close();
  lab.relay.release();
  const [,] = await Promise.all([once(kernel, 'connect'), once(dialled.connection, 'connect')]);
  kernel.end('both of us called');
  dialled.connection.end();
  expect(await text(dialled.connection)).toBe('both of us called');
  await dialled.close();
  filter.close();
  lab.close();
});

test('Chromium shows a page from a server of which no socket listens', { timeout: 120_000 }, async () => {
  const lab = createLab();
  const profile = mkdtempSync(join(tmpdir(), 'rawshake-chromium-'));
  await serving(lab, 4, { onConnection: files.service }, async () => {
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
    const url = `http://${lab.server.address(4)}:8080/page.html`;
    const argv = ['chromium', ...flags, ...quiet, `--user-data-dir=${profile}`, '--dump-dom', url] as const;
    const dom = (await runInside(lab.client.netns, argv)).toString();
    expect(dom).toContain('<h1 id="greeting">nobody listens</h1>');
  });
  rmSync(profile, { recursive: true, force: true });
  lab.close();
});
