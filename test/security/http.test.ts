/** `listen --http` against clients that want more than the folder's files, or more than their share. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RawConnection } from '../../src/driver/raw-connection.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { type HttpLimits, serveFiles } from '../../src/live/http-server.js';
import { serve } from '../../src/live/serve.js';
import { finish, json, rawshake, start } from '../support/cli.js';

const inside = (lab: Lab) => ({ prefix: ['nsenter', `--net=${lab.server.netns.path}`] });

let lab: Lab;
let outside: string;
let folder: string;

beforeAll(() => {
  lab = createLab();
  outside = mkdtempSync(join(tmpdir(), 'rawshake-http-'));
  folder = join(outside, 'site');
  const write = (name: string, data: string | Uint8Array): void => {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), data);
  };
  writeFileSync(join(outside, 'secret'), 'SECRET');
  mkdirSync(join(outside, 'site-too'), { recursive: true });
  writeFileSync(join(outside, 'site-too', 'secret'), 'SECRET');
  write('index.html', '<p>by hand</p>');
  write('sub/index.html', '<p>below</p>');
  write('empty/keep.txt', '');
  write('ten.txt', '0123456789');
  write('odd % name?#&"\\.txt', 'odd');
  write('中文.txt', 'zh');
  write('.env', 'SECRET');
  write('.git/config', 'SECRET');
  write('large.bin', Buffer.alloc(3_000_000, 7));
  write('middling.bin', Buffer.alloc(200_000, 7)); // as much as a connection takes at once
  symlinkSync('../secret', join(folder, 'out'));
  symlinkSync(join(outside, 'secret'), join(folder, 'out-absolute'));
  symlinkSync('..', join(folder, 'up'));
  symlinkSync('../site-too', join(folder, 'sibling'));
  symlinkSync('.env', join(folder, 'hidden'));
  symlinkSync('/proc/self/environ', join(folder, 'environ'));
  symlinkSync('/dev/zero', join(folder, 'zero'));
  symlinkSync('loop', join(folder, 'loop'));
  symlinkSync('sub', join(folder, 'within'));
  symlinkSync('folder-link', join(folder, 'folder-link'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  execFileSync('mknod', [join(folder, 'device'), 'c', '1', '5']);
  linkSync(join(folder, 'ten.txt'), join(folder, 'hard.txt'));
});
afterAll(() => {
  lab.close();
  rmSync(outside, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

const curl = (url: string, ...args: readonly string[]): Answer => {
  const given = ['-sS', '-i', '--path-as-is', '--globoff', '--max-time', '20', ...args];
  const all = lab.client.run(['curl', ...given, `http://${lab.server.address(4)}:8080${url}`]);
  const [headers = '', ...body] = all.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(headers)?.[1]), headers, body: body.join('\r\n\r\n') };
};

/** Sends the bytes as they are, over a kernel socket, and gives all that comes until the other side closes. */
const raw = async (request: string, ...args: readonly string[]): Promise<string> => {
  const nc = lab.client.netns.run(() => spawn('nc', [...args, lab.server.address(4), '8080']));
  nc.stdin.on('error', () => undefined).end(request);
  return text(nc.stdout);
};

describe('rawshake listen --http', () => {
  let child: ChildProcess;
  beforeAll(async () => {
    const link = join(outside, 'link-to-site'); // a folder that is itself a link is all right
    symlinkSync('site', link);
    child = start(['listen', '8080', '--address', lab.server.address(4), '--http', link], inside(lab));
    if (child.stderr === null) throw new Error('no pipe');
    child.stdout?.resume();
    await once(child.stderr, 'data');
  });
  afterAll(async () => {
    const ended = once(child, 'close');
    child.kill('SIGINT');
    await ended;
  });

  test.each([
    ['/', '<p>by hand</p>'],
    ['/?a=b', '<p>by hand</p>'],
    ['/sub/', '<p>below</p>'],
    ['/within/', '<p>below</p>'],
    ['/within/index.html', '<p>below</p>'],
    ['/ten.txt', '0123456789'],
    ['/odd%20%25%20name%3f%23&%22%5c.txt', 'odd'],
    ['/%e4%b8%ad%e6%96%87.txt', 'zh'],
  ])('%s is there', (url, body) => {
    expect(curl(url)).toMatchObject({ status: 200, body });
  });

  test.each([
    ...['/.env', '/%2eenv', '/.git/config', '/%2egit/config', '/sub/../.env', '/hidden'],
    ...['/../secret', '/%2e%2e/secret', '/sub/..%2f..%2fsecret', '/..%2fsecret', '/sub/../../secret', '/..%5csecret'],
    ...['/out', '/out-absolute', '/up/secret', '/sibling/secret', '/../site-too/secret'],
    ...['/environ', '/zero', '/fifo', '/device', '/loop', '/folder-link/'],
    ...['/ten.txt/', '/ten.txt/x', '/sub//index.html', '//sub/index.html', '/empty/', '/proc/self/environ'],
    ...['/ten.txt%00.html', '/%00', '/%ff', '/%c0%aeenv', '/%', '/%zz', `/${'x'.repeat(5000)}`],
  ])('%s is not', (url) => {
    const { status, body } = curl(url);
    expect([400, 404]).toContain(status);
    expect(body).not.toContain('SECRET');
  });

  test('the folder itself, without its slash: a redirect that stays on this host', () => {
    expect(curl('/sub?q=1').headers).toMatch(/^HTTP\/1\.1 301 [^]*\r\nLocation: \/sub\/\?q=1(\r|$)/);
    expect(curl('//sub').status).toBe(404);
  });

  test('absolute form is understood; other schemes and what is no target are not', async () => {
    const ask = (target: string) => raw(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(await ask('http://else.where/ten.txt')).toContain('0123456789');
    expect(await ask('http://else.where')).toContain('by hand');
    for (const target of ['ten.txt', 'file:///etc/passwd', 'http:///etc/passwd', '*', '?'])
      expect(await ask(target)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('other methods are not allowed, and what they send along is not waited for', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])
      expect(curl('/ten.txt', '-X', method)).toMatchObject({
        status: 405,
        headers: expect.stringMatching(/\r\nAllow: GET, HEAD\r\n/) as string,
      });
    const endless = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nand so on';
    expect(await raw(endless)).toMatch(/^HTTP\/1\.1 405 [^]*\r\nConnection: close\r\n/);
  });

  test('a coding that nobody knows, CONNECT, and nonsense behind a request are answered, in order', async () => {
    const get = 'GET /ten.txt HTTP/1.1\r\nHost: x\r\n';
    expect(await raw(`${get}Transfer-Encoding: xchunked\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 501 [^]*\r\nConnection: close\r\n/,
    );
    expect(await raw('CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 405 [^]*\r\nAllow: GET, HEAD\r\n/,
    );
    const inOrder = /^HTTP\/1\.1 200 [^]*0123456789HTTP\/1\.1 (\d+) /;
    expect(inOrder.exec(await raw(`${get}\r\nCONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n`))?.[1]).toBe('405');
    expect(inOrder.exec(await raw(`${get}\r\nnonsense\r\n\r\n`))?.[1]).toBe('400');
    expect(await raw(`${get}Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('HEAD, parts, and what has not changed', () => {
    expect(curl('/ten.txt', '-I')).toMatchObject({
      status: 200,
      headers: expect.stringMatching(/\r\ncontent-length: 10\r\n/i) as string,
      body: '',
    });
    const part = (range: string, ...args: string[]) => curl('/ten.txt', '-H', `Range: ${range}`, ...args);
    expect(part('bytes=2-4')).toMatchObject({ status: 206, body: '234' });
    expect(part('bytes=7-')).toMatchObject({ status: 206, body: '789' });
    expect(part('bytes=-3')).toMatchObject({ status: 206, body: '789' });
    expect(part('bytes=-300')).toMatchObject({ status: 206, body: '0123456789' });
    expect(part('bytes=8-99999999999999999999')).toMatchObject({ status: 206, body: '89' });
    expect(part('bytes=10-')).toMatchObject({ status: 416 });
    expect(part('bytes=-0')).toMatchObject({ status: 416 });
    for (const none of ['bytes=4-2', 'bytes=0-1,3-4', 'bytes=a-b', 'lines=1-2', 'bytes=-'])
      expect(part(none)).toMatchObject({ status: 200, body: '0123456789' });
    const [, etag = ''] = /\r\netag: (\S+)/i.exec(curl('/ten.txt').headers) ?? [];
    expect(curl('/ten.txt', '-H', `If-None-Match: ${etag}`)).toMatchObject({ status: 304, body: '' });
    expect(curl('/ten.txt', '-H', 'If-None-Match: "other"').status).toBe(200);
    expect(part('bytes=2-4', '-H', `If-Range: ${etag}`).status).toBe(206);
    expect(part('bytes=2-4', '-H', 'If-Range: "other"').status).toBe(200);
  });

  test('says nothing of the server, and that types are not to be guessed', () => {
    const { headers } = curl('/ten.txt');
    expect(headers).toMatch(/\r\nX-Content-Type-Options: nosniff\r\n/);
    expect(headers).not.toMatch(/\r\n(Server|X-Powered-By):/i);
  });

  test('headers that are too large or too many are refused, and so is what is no HTTP', async () => {
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await raw('\x16\x03\x01 this is TLS\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw('GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /); // no Host
  });

  test('a client that has ended its side is answered', async () => {
    expect(await raw('GET /ten.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', '-N')).toContain('0123456789');
  });

  test('many requests at once are answered in order, and no more than a hundred', async () => {
    const one = 'GET /ten.txt HTTP/1.1\r\nHost: x\r\n\r\n';
    const all = await raw(one.repeat(1000));
    expect(all.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(100);
    expect(all.match(/^Connection: close/gm)).toHaveLength(1);
    expect(all).not.toContain('503');
  });

  test('who goes on to ask behind the last answer is not answered, and the connection ends', async () => {
    const one = 'GET /ten.txt HTTP/1.1\r\nHost: x\r\n\r\n';
    const pump = lab.client.netns.run(() => spawn('python3', ['-c', PUMP, lab.server.address(4), one]));
    const said = text(pump.stdout);
    expect(await once(pump, 'close')).toEqual([0, null]);
    expect((await said).match(/HTTP\/1\.1 \d+/g)).toEqual(Array(100).fill('HTTP/1.1 200'));
  });

  test('a link that is swapped all the time never leads out', { timeout: 120_000 }, async () => {
    const swapper = spawn('python3', ['-c', SWAP, folder, outside], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(swapper.stdout, 'data');
    const urls = Array.from({ length: 400 }, () => `http://${lab.server.address(4)}:8080/swapped/secret`);
    const bodies = lab.client.run(['curl', '-sS', ...urls]);
    swapper.stdin.end();
    await once(swapper, 'close');
    expect(bodies).not.toContain('SECRET');
    expect(bodies).toContain('harmless'); // it did lead within, at times
  });

  test('2,000 connections that never finish their request take nothing away from the next client', async () => {
    const slow = lab.client.netns.run(() =>
      spawn('python3', ['-c', SLOWLORIS, lab.server.address(4), '2000'], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    await once(slow.stdout, 'data'); // all are open
    expect(curl('/ten.txt')).toMatchObject({ status: 200, body: '0123456789' });
    const [, residentKiB] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pidOf(child)}/status`, 'latin1')) ?? [];
    expect(Number(residentKiB)).toBeLessThan(400 * 1024);
    slow.stdin.end();
    await once(slow, 'close');
  });
});

/** Asks for a hundred, and then again and again until the other side has ended the connection; prints what it was told. */
const PUMP = `
import socket, sys
address, one = sys.argv[1:]
s = socket.create_connection((address, 8080))
s.settimeout(20)
s.sendall(one.encode() * 100)
try:
  for i in range(10000):
    s.sendall(one.encode())
    piece = s.recv(65536)
    if not piece: break
    sys.stdout.write(piece.decode())
  else: sys.exit(1)
except ConnectionError: pass
`;

/** nsenter is replaced by what it runs. */
const pidOf = ({ pid }: ChildProcess): number => pid ?? 0;

/** A folder that is a link to outside at one moment, and to inside at the next; until its input ends. */
const SWAP = `
import os, sys, threading
site, outside = sys.argv[1:]
os.makedirs(site + '/harmless', exist_ok=True)
open(site + '/harmless/secret', 'w').write('harmless')
def swap():
  while True:
    for target in ('harmless', outside):
      os.symlink(target, site + '/.next')
      os.rename(site + '/.next', site + '/swapped')
threading.Thread(target=swap, daemon=True).start()
print('swapping', flush=True)
sys.stdin.read()
`;

const SLOWLORIS = `
import socket, sys, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
address, count = sys.argv[1], int(sys.argv[2])
open_ones = []
for _ in range(count):
  one = socket.create_connection((address, 8080))
  one.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\nX-Slow: ')
  open_ones.append(one)
print('open', flush=True)
sys.stdin.read()
`;

describe('time-outs, with less patience than the command has', () => {
  const withLimits = async (
    limits: HttpLimits,
    use: () => Promise<void>,
    onConnection?: (connection: RawConnection) => void,
  ): Promise<void> => {
    const files = serveFiles(folder, { checkEveryMs: 50, ...limits });
    const served = await serve({
      port: 8080,
      address: lab.server.address(4),
      netns: lab.server.netns,
      onConnection(connection) {
        onConnection?.(connection);
        files.service(connection);
      },
    });
    try {
      await use();
    } finally {
      await served.close();
      files.close();
    }
  };

  test('headers that do not end: 408', async () => {
    await withLimits({ headersTimeoutMs: 300 }, async () => {
      expect(await raw('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')).toMatch(/^HTTP\/1\.1 408 /);
    });
  });

  test('nothing at all is said: 408', async () => {
    await withLimits({ headersTimeoutMs: 300 }, async () => {
      expect(await raw('')).toMatch(/^HTTP\/1\.1 408 /);
    });
  });

  test('a body that does not end: the connection does', async () => {
    await withLimits({ headersTimeoutMs: 300, requestTimeoutMs: 400 }, async () => {
      const request = 'GET /ten.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';
      expect(await raw(request)).toMatch(/^HTTP\/1\.1 200 [^]*0123456789$/);
    });
  });

  test('nothing is asked any more: the connection ends in order', async () => {
    await withLimits({ keepAliveMs: 200 }, async () => {
      expect(await raw('GET /ten.txt HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 [^]*0123456789$/);
    });
  });

  test('an answer that is not read: reset', async () => {
    await withLimits({ idleMs: 500 }, async () => {
      const reader = lab.client.netns.run(() => spawn('python3', ['-c', UNREAD, lab.server.address(4)]));
      expect(await text(reader.stdout)).toBe('ECONNRESET\n');
    });
  });

  test('where all places are taken, whoever asks nothing gives way', async () => {
    await withLimits({ connections: 4 }, async () => {
      const silent = Array.from({ length: 6 }, () => raw('GET '));
      const answer = await raw('GET /ten.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      expect(answer).toContain('0123456789');
      void Promise.all(silent);
    });
  });

  test.each([
    [Infinity, true],
    [0, false],
  ])('all places are taken by readers, and the least pace is %s: a newcomer gets one: %s', async (pace, isServed) => {
    const connections: RawConnection[] = [];
    await withLimits(
      { connections: 2, leastPace: { bytesPerSecond: pace, graceMs: 0 } },
      async () => {
        const readers = [0, 1].map(() =>
          lab.client.netns.run(() => spawn('python3', ['-c', UNREAD, lab.server.address(4)])),
        );
        // Both have had the beginning of their answer.
        await vi.waitFor(
          () => expect(connections.filter(({ bytesAcknowledged }) => bytesAcknowledged > 0).length).toBe(2),
          {
            timeout: 20_000,
          },
        );
        const answer = await raw('GET /ten.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        expect(answer.includes('0123456789')).toBe(isServed);
        for (const reader of readers) reader.kill();
      },
      (connection) => connections.push(connection),
    );
  });

  /** Behind it Node lets go of a connection: its time-outs, and what an answer under way waits for. */
  const CONNECT = 'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n';
  const GET = 'GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n';

  test.each([
    ['CONNECT', CONNECT, ['200', '405']],
    ['CONNECT behind two', `${GET}${CONNECT}`, ['200', '200', '405']],
    ['CONNECT, and more behind it', `${CONNECT}${CONNECT}${GET}`, ['200', '405']],
    ['Upgrade', `GET /ten.txt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`, ['200', '200']],
    [
      'Expect',
      `PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx`,
      ['200', '100', '405'],
    ],
    ['Expect, of what there is not', `GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n`, ['200', '417']],
    ['nonsense', 'nonsense\r\n\r\n', ['200', '400']],
  ])('%s behind a large file: that is answered in full, and then this', async (_, behind, statuses) => {
    await withLimits({ keepAliveMs: 200, idleMs: 20_000 }, async () => {
      const all = await raw(`${GET}${behind}`);
      expect([...all.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual(statuses);
      expect(all.split('\x07').length - 1).toBe(3_000_000 * (behind.startsWith('GET /large') ? 2 : 1));
    });
  });

  test('nonsense behind a large file: nobody is too slow for its end', async () => {
    await withLimits({ lingerMs: 1 }, async () => {
      const all = await raw(`${GET}nonsense\r\n\r\n`, '-I', '2048'); // SO_RCVBUF
      expect(all.split('\x07').length - 1).toBe(3_000_000);
      expect(all).toContain('\x07HTTP/1.1 400 ');
    });
  });

  test('CONNECT behind an answer that is not read: reset, as it would be without', async () => {
    const connections: RawConnection[] = [];
    await withLimits(
      { idleMs: 500 },
      async () => {
        const program = UNREAD.replace('Host: x\\r\\n\\r\\n', `$&${JSON.stringify(CONNECT).slice(1, -1)}`);
        const reader = lab.client.netns.run(() => spawn('python3', ['-c', program, lab.server.address(4)]));
        expect(await text(reader.stdout)).toBe('ECONNRESET\n');
      },
      (connection) => connections.push(connection),
    );
    expect(connections.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  test('requests behind an answer that is not read stay unread themselves', async () => {
    let connection: RawConnection | undefined;
    const onConnection = (one: RawConnection) => (connection = one);
    await withLimits(
      { idleMs: 500 },
      async () => {
        const reader = lab.client.netns.run(() => spawn('python3', ['-c', PIPELINED, lab.server.address(4)]));
        expect(await text(reader.stdout)).toBe('over\n');
      },
      onConnection,
    );
    // What was parsed lay in the first segments; without a bound all of 600 kB is.
    expect(connection?.bytesRead).toBeLessThan(200_000);
  });

  const GET_BEHIND = 'GET /middling.bin HTTP/1.1\r\nHost: x\r\n\r\n';

  describe.each([
    ['GET with a body', `GET /ten.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello${GET_BEHIND}`],
    ['POST', `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello${GET_BEHIND.repeat(3)}`],
    ['what there is not', `GET /no HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello${GET_BEHIND}`],
    [
      'a chunked body',
      `GET /ten.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n${GET_BEHIND}`,
    ],
    [
      'a body that is expected',
      `GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello${GET_BEHIND}`,
    ],
    ['wonders expected', `GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n${GET_BEHIND.repeat(3)}`],
  ])('%s, and more behind it', (_, request) => {
    /** Such clients, until their input ends; resolves once they have said that they are ready. */
    const clients = async (count: number, then: 'read' | 'reset'): Promise<ChildProcess> => {
      const argv = ['-c', PIPELINING, lab.server.address(4), String(count), then, request];
      const child = lab.client.netns.run(() => spawn('python3', argv, { stdio: ['pipe', 'pipe', 'inherit'] }));
      await once(child.stdout, 'data');
      return child;
    };
    const over = async (child: ChildProcess): Promise<void> => {
      const closed = once(child, 'close');
      child.stdin?.end();
      await closed;
    };

    test('once they are answered they give way', async () => {
      await withLimits({ connections: 4, lingerMs: 60_000, keepAliveMs: 60_000 }, async () => {
        const answered = await clients(4, 'read');
        const answer = await raw('GET /ten.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        expect(answer).toContain('0123456789');
        await over(answered);
      });
    });

    test.each(['read', 'reset'] as const)('they %s it: once closed, no file is open for them', async (then) => {
      const connections: RawConnection[] = [];
      await withLimits(
        {},
        async () => {
          await over(await clients(20, then));
          await vi.waitFor(() => expect(connections.filter(({ closed }) => closed).length).toBe(20), {
            timeout: 20_000,
          });
          await vi.waitFor(() => expect(openFiles()).toEqual([]), { timeout: 20_000 });
        },
        (connection) => connections.push(connection),
      );
    });
  });

  test.each([
    ['has read its last answer', 'ten.txt', {}],
    ['reads none of it', 'middling.bin', { idleMs: 500 }],
  ])('a client that %s and sends for ever: not for ever', async (_, name, limits) => {
    await withLimits({ lingerMs: 200, ...limits }, async () => {
      const reads = name === 'ten.txt' ? 'reads' : '';
      const argv = ['-c', ENDLESS, lab.server.address(4), name, reads];
      const sender = lab.client.netns.run(() => spawn('python3', argv));
      expect(await text(sender.stdout)).toMatch(/^(ECONNRESET|EPIPE)\n$/);
    });
  });

  test('a file that becomes shorter meanwhile breaks the answer off', async () => {
    const file = join(folder, 'shrinking.bin');
    writeFileSync(file, Buffer.alloc(20_000_000, 7));
    await withLimits({}, async () => {
      const argv = ['-sS', '--no-buffer', '--limit-rate', '1M', urlOf('/shrinking.bin')];
      const shrink = lab.client.netns.run(() => spawn('curl', argv));
      await once(shrink.stdout, 'data');
      shrink.stdout.resume();
      truncateSync(file, 1_000_000);
      const [code] = (await once(shrink, 'close')) as [number];
      expect([18, 56]).toContain(code); // CURLE_PARTIAL_FILE, or CURLE_RECV_ERROR
    });
  });
});

/** What this process has open in the folder. */
const openFiles = (): string[] =>
  readdirSync('/proc/self/fd')
    .flatMap((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return []; // of readdir itself
      }
    })
    .filter((path) => path.startsWith(`${folder}/`));

const urlOf = (path: string): string => `http://${lab.server.address(4)}:8080${path}`;

/** Asks for much, reads nothing, and says how it ends. */
const UNREAD = `
import errno, select, socket, sys
one = socket.socket()
one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
one.connect((sys.argv[1], 8080))
one.sendall(b'GET /large.bin HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')
poll = select.poll()
poll.register(one, 0)
poll.poll()
print(errno.errorcode[one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)])
`;

/** As `UNREAD`, with 99 more requests at once; the error may be told to either thread. */
const PIPELINED = UNREAD.replace(/^print.*/m, "print('over')").replace(
  /^poll = /m,
  `import threading
rest = b'GET / HTTP/1.1\\r\\nHost: x\\r\\nX: ' + b'x' * 6000 + b'\\r\\n\\r\\n'
def pour():
  try: one.sendall(rest * 99)
  except OSError: pass
threading.Thread(target=pour, daemon=True).start()
poll = `,
);

/** So many clients that ask all at once, and read until the end or all three files are there, or reset. */
const PIPELINING = `
import socket, struct, sys
address, count, then, request = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4].encode()
ones = [socket.create_connection((address, 8080)) for _ in range(count)]
for one in ones: one.sendall(request)
for one in ones:
  got = b''
  while then == 'read' and got.count(b'\\x07') < 3 * 200000:
    some = one.recv(65536)
    if not some: break
    got += some
  if then == 'reset':
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    one.close()
print('done', flush=True)
sys.stdin.read()
`;

/** Announces an endless body, and sends it until that fails; reads first, or not at all. */
const ENDLESS = `
import errno, socket, sys
address, name, reads = sys.argv[1:]
one = socket.socket()
if not reads: one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
one.connect((address, 8080))
one.sendall(b'GET /' + name.encode() + b' HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 99999999999\\r\\n\\r\\n')
while reads and one.recv(65536): pass
try:
  while True: one.sendall(b'x' * 65536)
except OSError as error:
  print(errno.errorcode[error.errno])
`;

describe('what listen refuses to begin with', () => {
  const listen = (...args: readonly string[]) => rawshake(['listen', '8080', '--json', ...args], inside(lab));

  test('a folder that is none', async () => {
    for (const path of [join(outside, 'no-such'), join(folder, 'ten.txt'), join(folder, 'fifo'), '']) {
      const result = await listen('--http', path);
      expect([result.code, json(result)]).toMatchObject([2, { error: { code: 'RS_FILE' } }]);
    }
  });

  test('a folder that may not be read', async () => {
    const locked = join(outside, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o700);
    const unprivileged = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all'];
    const result = await rawshake(['listen', '8080', '--json', '--http', locked], { prefix: unprivileged });
    expect([result.code, json(result)]).toMatchObject([2, { error: { code: 'RS_FILE' } }]);
  });

  test.each(['198.51.100.9', '2001:db8:77::9', '0.0.0.0', '::', '224.0.0.1', 'ff02::1', '192.0.2.255'])(
    '--address %s, which is not this host’s',
    async (address) => {
      const result = await listen('--address', address);
      expect([result.code, json(result)]).toMatchObject([2, { error: { code: 'RS_USAGE' } }]);
    },
  );

  test('says which addresses it answers on, and answers on no other', async () => {
    lab.server.run(['ip', 'addr', 'add', '192.0.2.77/32', 'dev', 'lo']);
    const child = start(['listen', '8080', '--address', '192.0.2.77', '--send', 'x'], inside(lab));
    if (child.stderr === null) throw new Error('no pipe');
    const ended = finish(child);
    const [said] = (await once(child.stderr, 'data')) as [string | Buffer];
    expect(String(said)).toContain('192.0.2.77:8080');
    expect(() => lab.client.run(['nc', '-z', '-w', '2', lab.server.address(4), '8080'])).toThrow();
    child.kill('SIGINT');
    await ended;
  });
});
