/**
 * Real clients on a real path: behind a router that keeps state and translates, over a link of 1400 bytes. The same page and the
 * same megabytes by hand and, beside it, from a kernel's listener; and programs' servers, reached by hand over the same path.
 */
import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/linux/process/command.js';
import { listenInside } from '../../src/linux/port/kernel-socket.js';
import { dial } from '../../src/live/dial.js';
import { serveFiles } from '../../src/live/http-server.js';
import { serve } from '../../src/live/serve.js';
import { echo } from '../../src/live/services.js';
import { openNarrowPath, type NarrowPath } from '../live/narrow-path.js';
import { runInside, urlHost } from './programs.js';

const BYTES = 20_000_000;
/** Differs from place to place, so that nothing can stand for anything else. */
const large = Buffer.alloc(BYTES);
for (let i = 0; i < BYTES; i += 4) large.writeUInt32LE(Math.imul(i, 2_654_435_761) >>> 0, i);
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const wanted = sha(large);

const folder = mkdtempSync(join(tmpdir(), 'rawshake-clients-'));
const file = (name: string): string => join(folder, name);
writeFileSync(file('large.bin'), large);
const PAGE = '<title>by hand</title><h1 id="greeting">nobody listens</h1>';
writeFileSync(file('page.html'), PAGE);
const files = serveFiles(folder);
/** The same of a kernel's connections, without a file. */
const web = http.createServer((request, response) => {
  response.end(request.url === '/large.bin' ? large : PAGE);
});
afterAll(() => {
  files.close();
  web.close();
  rmSync(folder, { recursive: true });
});

/** A certificate of its own, for TLS on top. */
let credentials: { readonly key: string; readonly cert: string };
beforeAll(() => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(file('key.pem'), key);
  const subject = ['-subj', '/CN=hand.made', '-days', '2'];
  runCommand(['openssl', 'req', '-x509', '-new', '-key', file('key.pem'), '-out', file('cert.pem'), ...subject]);
  credentials = { key, cert: runCommand(['openssl', 'x509', '-in', file('cert.pem')]) };
});

type Family = 4 | 6;
type Service = (connection: Duplex) => void;

/** By port. */
const [HTTP, ECHO, TLS] = [8080, 7000, 4433] as const;

/** A path with a server for each service, and what ends all of them. */
interface Place {
  readonly path: NarrowPath;
  readonly close: () => Promise<void>;
}

async function byHand(family: Family): Promise<Place> {
  const path = openPath();
  const where = { address: path.address.server[family], netns: path.server };
  const served = await Promise.all([
    serve({ ...where, port: HTTP, onConnection: files.service }),
    serve({ ...where, port: ECHO, allowHalfOpen: true, onConnection: echo }),
    serve({ ...where, port: TLS, allowHalfOpen: true, onConnection: greetOverTls }),
  ]);
  return {
    path,
    async close() {
      for (const one of served) await one.close();
      path.close();
    },
  };
}

async function byKernel(family: Family): Promise<Place> {
  const path = openPath();
  const services: readonly (readonly [number, Service])[] = [
    [HTTP, (socket) => web.emit('connection', socket)],
    [ECHO, (socket) => socket.on('error', () => undefined).pipe(socket)],
    [TLS, greetOverTls],
  ];
  const listeners = await Promise.all(
    services.map(([port, service]) => listenInside(path.server, path.address.server[family], port, service)),
  );
  return {
    path,
    close: async () => {
      for (const one of listeners) one.close();
      path.close();
      await Promise.resolve();
    },
  };
}

const openPath = (): NarrowPath => openNarrowPath({ mtu: 1400, tells: true, translates: true });

function greetOverTls(connection: Duplex): void {
  const secure = new tls.TLSSocket(connection, { ...credentials, isServer: true });
  secure.on('error', () => undefined).end('hello over TLS\n');
}

const PLACES = ([4, 6] as const).flatMap((family) => [
  { who: 'by hand', family, open: byHand },
  { who: 'by a kernel', family, open: byKernel },
]);

describe.each(PLACES)('served $who, IPv$family', ({ family, open }) => {
  let place: Place;
  beforeAll(async () => {
    place = await open(family);
  });
  afterAll(() => place.close());

  const run = (argv: readonly [string, ...string[]], input: string | Uint8Array = ''): Promise<Buffer> =>
    runInside(place.path.client, argv, input);
  const address = (): string => place.path.address.server[family];
  const url = (name: string): string => `http://${urlHost(address())}:${HTTP}/${name}`;

  test('curl: twenty megabytes', async () => {
    expect(sha(await run(['curl', '-sS', url('large.bin')]))).toBe(wanted);
  });

  test('wget', async () => {
    expect((await run(['wget', '-q', '-O', '-', url('page.html')])).toString()).toBe(PAGE);
  });

  test('ab: 200 requests over ten connections, none of which fails', async () => {
    const said = (await run(['ab', '-q', '-n', '200', '-c', '10', '-k', url('page.html')])).toString();
    expect(said).toMatch(/Complete requests: +200\n/);
    expect(said).toMatch(/Failed requests: +0\n/);
    expect(said).not.toContain('Non-2xx');
  });

  test('wrk: a second of requests over ten connections, none of which fails', async () => {
    const said = (await run(['wrk', '-t', '1', '-c', '10', '-d', '1s', url('page.html')])).toString();
    expect(said).toMatch(/[1-9]\d* requests in/);
    expect(said).not.toMatch(/Socket errors|Non-2xx/);
  });

  test('nmap', async () => {
    const six = family === 6 ? ['-6'] : [];
    const said = (await run(['nmap', '-n', '-Pn', '-sT', ...six, '-p', `${HTTP},9`, address()])).toString();
    expect(said).toMatch(/8080\/tcp open/);
    expect(said).toMatch(/9\/tcp +closed/);
  });

  test('socat: twenty megabytes there and back', async () => {
    const back = await run(['socat', '-t', '60', '-', `TCP${family}:${urlHost(address())}:${ECHO}`], large);
    expect(sha(back)).toBe(wanted);
  });

  test.each([
    { name: 'nc', argv: ['nc', '-N'] as const },
    { name: 'ncat', argv: ['ncat'] as const },
  ])('$name: two megabytes there and back', async ({ argv }) => {
    const some = large.subarray(0, 2_000_000);
    expect(sha(await run([...argv, address(), String(ECHO)], some))).toBe(sha(some));
  });

  test('Chromium', async () => {
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
    const profile = `--user-data-dir=${mkdtempSync(file('chromium-'))}`;
    const page = await run(['chromium', ...flags, ...quiet, profile, '--dump-dom', url('page.html')]);
    expect(page.toString()).toContain('<h1 id="greeting">nobody listens</h1>');
  });

  test('openssl s_client', async () => {
    const argv = ['openssl', 's_client', '-quiet', '-connect', `${urlHost(address())}:${TLS}`] as const;
    expect((await run(argv)).toString()).toBe('hello over TLS\n');
  });
});

describe.each([4, 6] as const)('servers of others, reached by hand, IPv%i', (family) => {
  let path: NarrowPath;
  beforeAll(() => {
    path = openPath();
  });
  afterAll(() => path.close());

  /** Starts a server and waits until it says that it is ready; then what `talk` makes of a connection to it. */
  async function reached<T>(
    [program, ...args]: readonly [string, ...string[]],
    port: number,
    talk: (connection: Duplex) => Promise<T>,
  ): Promise<T> {
    const child = path.server.run(() => spawn(program, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] }));
    const ended = once(child, 'close');
    try {
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
      child.stderr.resume();
      child.stdout.resume();
      const where = { host: path.address.server[family], port, netns: path.client };
      const dialled = await dial({ ...where, allowHalfOpen: true });
      try {
        return await talk(dialled.connection);
      } finally {
        await dialled.close();
      }
    } finally {
      child.kill();
      await ended;
    }
  }

  const thereAndBack = async (connection: Duplex): Promise<string> => {
    connection.end(large);
    return sha(await buffer(connection));
  };
  const here = (): string => path.address.server[family];

  test('socat: twenty megabytes there and back', async () => {
    const listen = `TCP${family}-LISTEN:7001,bind=${urlHost(here())}`;
    expect(await reached(['socat', '-d', '-d', listen, 'EXEC:cat'], 7001, thereAndBack)).toBe(wanted);
  });

  // With `-e` it takes a half-close for the end, and drops what its program has yet to say: a kernel's client sees the same.
  test('ncat: twenty megabytes from a server that shuts first', async () => {
    const argv = ['ncat', `-${family}`, '-v', '-l', here(), '7002', '--send-only'].join(' ');
    const sent = await reached(['sh', '-c', `exec ${argv} <large.bin`], 7002, async (connection) => {
      const all = await buffer(connection);
      connection.end();
      return sha(all);
    });
    expect(sent).toBe(wanted);
  });

  test('openssl s_server: a page over TLS', async () => {
    const argv = ['openssl', 's_server', `-${family}`, '-accept', '4434', '-WWW'] as const;
    const page = await reached([...argv, '-key', file('key.pem'), '-cert', file('cert.pem')], 4434, (connection) => {
      const secure = tls.connect({ socket: connection, rejectUnauthorized: false });
      secure.write('GET /page.html HTTP/1.0\r\n\r\n');
      return buffer(secure);
    });
    expect(page.toString()).toContain(PAGE);
  });
});
