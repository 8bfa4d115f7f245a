/** What streams through takes as much time as it takes, but never more memory: whoever is slow slows down the other end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { converse } from '../../src/live/converse.js';
import { finish, json } from '../support/cli.js';
import { peakMemory, startStreaming } from '../support/stream-programs.js';

const MEGABYTE = 1 << 20;
const MUCH = 192 * MEGABYTE;
const MOST_MEMORY = 150 * MEGABYTE;
/** What the buffers of two kernels, two pipes and a connection may hold together. */
const BUFFERS = 16 * MEGABYTE;
const PORT = 80;

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

const connect = (...args: string[]): ChildProcess =>
  startStreaming(lab.client.netns, ['connect', lab.server.address(4), String(PORT), ...args]);

/** Bytes that differ wherever one looks. */
const block = (i: number): Buffer => Buffer.alloc(1 << 16, createHash('sha256').update(String(i)).digest());

/** Writes `bytes` as fast as they are taken; `progress` says how far it has come. */
function pour(bytes: number, into: NodeJS.WritableStream, progress: { bytes: number }, hash?: Hash): void {
  const go = (): void => {
    while (progress.bytes < bytes) {
      const next = block(progress.bytes >> 16);
      progress.bytes += next.length;
      hash?.update(next);
      if (!into.write(next)) return;
    }
    into.end();
  };
  into.on('drain', go).on('error', () => undefined);
  go();
}

/** Resolves when the count has not changed from one look to the next, for as long as a retransmission would take. */
async function stalled(progress: { readonly bytes: number }): Promise<void> {
  for (let before = -1; before !== progress.bytes || before === 0;) {
    before = progress.bytes;
    await new Promise((resolve) => setTimeout(resolve, 1000)); // that nothing happens can only be seen in a time
  }
}

const pipesOf = ({ stdin, stdout, stderr }: ChildProcess) => {
  if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes');
  return { stdin, stdout, stderr };
};

test('down: a reader that sleeps stops the peer, and gets every byte when it wakes', async () => {
  const [sent, got] = [createHash('sha256'), createHash('sha256')];
  const progress = { bytes: 0 };
  await lab.server.listen(4, PORT, (socket) => pour(MUCH, socket, progress, sent));
  const child = connect('--stdin', '--wait', '60');
  const { stdin, stdout, stderr } = pipesOf(child);
  stderr.resume();
  stdout.pause();
  await stalled(progress);
  expect(progress.bytes).toBeLessThan(BUFFERS);
  let [peak, received] = [0, 0];
  stdout.on('data', (bytes: Buffer) => {
    got.update(bytes);
    received += bytes.length;
    if (received === MUCH) stdin.end(); // which is waited for, whoever has closed
    peak = Math.max(peak, peakMemory(child) || 0);
  });
  stdout.resume();
  const [code] = (await once(child, 'close')) as [number];
  expect([code, progress.bytes, got.digest('hex')]).toEqual([0, MUCH, sent.digest('hex')]);
  expect(peak).toBeGreaterThan(0);
  expect(peak).toBeLessThan(MOST_MEMORY);
}, 240_000);

test('up: a peer that does not read stops standard input, and gets every byte when it does', async () => {
  const [sent, got] = [createHash('sha256'), createHash('sha256')];
  const accepted = new Promise<Socket>((resolve) => {
    void lab.server.listen(4, PORT, (socket) => {
      resolve(socket.pause());
    });
  });
  const child = connect('--stdin', '--wait', '60');
  const { stdin } = pipesOf(child);
  const progress = { bytes: 0 };
  pour(MUCH, stdin, progress, sent);
  const socket = await accepted;
  await stalled(progress);
  expect(progress.bytes).toBeLessThan(BUFFERS);
  let peak = 0;
  socket
    .on('data', (bytes: Buffer) => {
      got.update(bytes);
      peak = Math.max(peak, peakMemory(child) || 0);
    })
    .on('end', () => socket.end())
    .resume();
  const { code } = await finish(child);
  expect([code, progress.bytes, got.digest('hex')]).toEqual([0, MUCH, sent.digest('hex')]);
  expect(peak).toBeGreaterThan(0);
  expect(peak).toBeLessThan(MOST_MEMORY);
}, 240_000);

test('a reader that goes away ends the transfer by RST, without an error', async () => {
  const ended = new Promise<string | undefined>((resolve) => {
    void lab.server.listen(4, PORT, (socket) => {
      socket.resume().on('error', ({ code }: NodeJS.ErrnoException) => {
        resolve(code);
      });
      pour(MUCH, socket, { bytes: 0 });
    });
  });
  const child = connect('--stdin', '--wait', '60');
  const { stdout } = pipesOf(child);
  const finished = finish(child);
  await once(stdout, 'data');
  stdout.destroy();
  expect(await ended).toBe('ECONNRESET');
  const { code, stderr } = await finished;
  expect(code).toBe(0);
  expect(stderr).toContain('ESTABLISHED');
  expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
}, 120_000);

test('a disk that is full ends it, and is named', async () => {
  await lab.server.listen(4, PORT, (socket) => socket.on('error', () => undefined).end('x'));
  const line = `exec ${process.execPath} bin/rawshake.js connect ${lab.server.address(4)} 80 >/dev/full`;
  const { code, stderr } = await finish(spawn('nsenter', [`--net=${lab.client.netns.path}`, 'sh', '-c', line]));
  expect(code).toBe(2);
  expect(stderr).toContain('ENOSPC');
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('a file that takes only the beginning of what came is not whole, and says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-memory-'));
  const file = join(folder, 'received');
  await lab.server.listen(4, PORT, (socket) => socket.on('error', () => undefined).end(Buffer.alloc(30_000)));
  const line = `exec prlimit --fsize=10000 ${process.execPath} bin/rawshake.js connect ${lab.server.address(4)} 80 >${file}`;
  try {
    const { code, stderr } = await finish(spawn('nsenter', [`--net=${lab.client.netns.path}`, 'sh', '-c', line]));
    expect({ code, bytes: statSync(file).size }).toEqual({ code: 2, bytes: 10_000 });
    expect(stderr).toContain('standard output: cannot be written (EFBIG)');
    // The report is on standard error.
    const unread = line.replace(/ prlimit .*?(?=\/)/, ' ').replace(/>.*/, '>/dev/null 2>/dev/full');
    const { code: status } = await finish(spawn('nsenter', [`--net=${lab.client.netns.path}`, 'sh', '-c', unread]));
    expect(status).toBe(2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the report has the beginning and the end, and says what it leaves out; the capture has all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-memory-'));
  const file = join(folder, 'all.pcapng');
  const bytes = 3 * MEGABYTE;
  await lab.server.listen(4, PORT, (socket) => pour(bytes, socket.resume(), { bytes: 0 }));
  const { packets, leftOut, receivedBytes, received } = json(await finish(connect('--json', '--pcap', file))) as Report;
  expect([receivedBytes, received.length + leftOut.receivedBytes]).toEqual([bytes, expect.any(Number)]);
  expect(leftOut.receivedBytes).toBe(bytes - MEGABYTE);
  expect(packets.slice(0, 3).map(({ flags }) => flags)).toEqual(['S', 'S.', '.']);
  const fins = packets.filter(({ flags }) => flags.includes('F')).map(({ from }) => from);
  expect([...new Set(fins)].sort()).toEqual(['client', 'server']);
  expect(leftOut.packets).toBeGreaterThan(0);
  const all = lab.client.run(['tshark', '-r', file, '-T', 'fields', '-e', 'frame.time_epoch']).trim().split('\n');
  expect(all.length).toBe(packets.length + leftOut.packets);
  expect(all).toEqual([...all].sort());
  expect(readFileSync(file).length).toBeGreaterThan(bytes);
  rmSync(folder, { recursive: true });
}, 120_000);

interface Report {
  readonly received: string;
  readonly receivedBytes: number;
  readonly leftOut: { readonly packets: number; readonly receivedBytes: number };
  readonly packets: readonly { readonly flags: string; readonly from: string }[];
}

test('listen --echo: a client that sends and never reads is stopped, and the server stays small', async () => {
  const child = startStreaming(lab.server.netns, [
    'listen',
    String(PORT),
    '--address',
    lab.server.address(4),
    '--echo',
  ]);
  const { stderr } = pipesOf(child);
  await once(stderr, 'data');
  const progress = { bytes: 0 };
  const [src, dst] = [lab.client.address(4), lab.server.address(4)];
  const client = lab.client.connect({ src, srcPort: 41_000, dst, dstPort: PORT }).pause();
  await once(client, 'connect');
  pour(MUCH, client, progress);
  await stalled(progress);
  expect(progress.bytes).toBeLessThan(BUFFERS);
  expect(peakMemory(child)).toBeLessThan(MOST_MEMORY);
  client.destroy();
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([130, null]);
}, 120_000);

/** Of which the peer closes its half before it has read anything. */
const LONG = 5 * MEGABYTE;

test.each([
  ...(['raw-socket', 'libc', 'packet'] as const).map((transport) => ({ transport, adopt: false })),
  { transport: 'auto', adopt: true } as const,
])(
  'up: a peer that has closed its half gets every byte ($transport, adopted: $adopt)',
  async (way) => {
    const sent = Array.from({ length: LONG >> 16 }, (_, i) => block(i));
    const got = createHash('sha256');
    const ended = new Promise<void>((resolve) => {
      void lab.server.listen(4, PORT, (socket) => {
        socket.end('no more from here', () => {
          socket.on('data', (bytes: Buffer) => got.update(bytes)).on('end', resolve);
        });
      });
    });
    const said = await converse({
      ...{ host: lab.server.address(4), port: PORT, netns: lab.client.netns, output: undefined },
      ...{ close: 'fin', waitMs: 60_000, onPacket: undefined, signal: new AbortController().signal },
      ...{ input: Readable.from(sent), ...way },
    });
    await ended;
    expect([said.outcome, said.inputLeftOut, said.received.text]).toEqual(['established', false, 'no more from here']);
    expect(got.digest('hex')).toBe(createHash('sha256').update(Buffer.concat(sent)).digest('hex'));
  },
  240_000,
);
