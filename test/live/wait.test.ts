/** `--wait`: how long the other side has, while it is its turn. In a lab, by hand and by the kernel's socket. */
import type { Socket } from 'node:net';
import { PassThrough, Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { converse, type ConverseOptions } from '../../src/live/converse.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import { emitPacket, parsePacket, seqAdd, TcpFlag } from '../../src/wire/index.js';
import { seq } from '../../src/wire/seq.js';
import { resetSocket } from '../support/reset-socket.js';

const PORT = 80;
/** More than sockets hold that nobody reads. */
const LARGE = Buffer.alloc(16 << 20, 'x');

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

const peer = (program: (socket: Socket) => void) =>
  lab.server.listen(4, PORT, (socket) => {
    program(socket.on('error', () => undefined));
  });

/** Nothing of the server arrives any more, nor anything at it. */
const vanish = (): void => {
  lab.server.run(['ip', 'link', 'set', 'eth0', 'down']);
};

describe.each([false, true])('adopted: %s', (adopt) => {
  const talk = (options: Pick<ConverseOptions, 'input'> & Partial<ConverseOptions>) =>
    converse({
      ...{ host: lab.server.address(4), port: PORT, netns: lab.client.netns, adopt, close: 'fin', waitMs: 200 },
      ...{ output: undefined, onPacket: undefined, signal: new AbortController().signal },
      ...options,
    });

  test('a side that dribbles is not silent', async () => {
    await peer((socket) => {
      let left = 12;
      const dribble = (): void => {
        if (--left === 0) clearInterval(timer);
        socket.write('x');
      };
      const timer = setInterval(dribble, 50);
    });
    const { outcome, received } = await talk({ input: undefined, waitMs: 400 });
    expect([outcome, received.text]).toEqual(['established', 'x'.repeat(12)]);
  });

  test('an input that stays open while nothing is owed: it is waited for', async () => {
    await peer((socket) => socket.pipe(socket));
    const input = new PassThrough();
    input.write('early, ');
    void delay(600).then(() => input.end('late')); // the moment is the stimulus
    const { outcome, received } = await talk({ input });
    expect([outcome, received.text]).toEqual(['established', 'early, late']);
  });

  test('an input that stays open, and a side that does not take what was sent: its time is over', async () => {
    await peer((socket) => socket.pause());
    const input = new PassThrough();
    input.write(LARGE);
    const { outcome, inputLeftOut } = await talk({ input });
    expect([outcome, inputLeftOut, input.destroyed]).toEqual(['incomplete', true, true]);
  });

  test('an input that stays open, and a side that has vanished: its time is over', async () => {
    const input = new PassThrough();
    await peer(() => {
      vanish();
      input.write('to nobody');
    });
    const { outcome, inputLeftOut } = await talk({ input });
    expect([outcome, inputLeftOut, input.destroyed]).toEqual(['incomplete', true, true]);
  });

  test('an input that stays open, and a side that has closed its own and takes all: its time is over', async () => {
    const input = new PassThrough();
    input.write('begin');
    await peer((socket) => socket.once('data', () => socket.resume().end('no more')));
    const { outcome, received } = await talk({ input });
    expect([outcome, received.text, input.destroyed]).toEqual(['established', 'no more', true]);
  });

  test('an input that stays open, and a side that closes its own, then resets: it ends', async () => {
    const input = new PassThrough();
    input.write('begin');
    await peer((socket) => {
      socket.once('data', () => socket.end('no more'));
      socket.once('finish', () => resetSocket(socket));
    });
    const { outcome, received } = await talk({ input, waitMs: undefined });
    expect([outcome, received.text, input.destroyed]).toEqual(['reset-by-peer', 'no more', true]);
  });

  test.each([
    { then: 'resets', end: resetSocket, told: ['reset-by-peer', true] },
    { then: 'vanishes', end: vanish, told: ['incomplete', true] },
    { then: 'takes all', end: (socket: Socket) => socket.resume(), told: ['established', false] },
  ])('a side that closes its own, takes nothing of what our kernel has for it, and $then', async ({ end, told }) => {
    setSysctls(lab.server.netns, { 'net.ipv4.tcp_rmem': '4096 4096 4096' });
    setSysctls(lab.client.netns, { 'net.ipv4.tcp_wmem': '4096 2000000 4000000' });
    await peer((socket) => {
      socket.once('data', () => socket.pause().end());
      void delay(600).then(() => end(socket)); // the moment is the stimulus
    });
    const input = Readable.from([Buffer.alloc(5), Buffer.alloc(300_000)]);
    const { outcome, inputLeftOut } = await talk({ input, waitMs: 2000 });
    expect([outcome, inputLeftOut]).toEqual(told);
  });

  test('a side that has vanished has not got all', async () => {
    const input = new PassThrough();
    await peer(() => {
      vanish();
      input.end('to nobody');
    });
    const { outcome, inputLeftOut } = await talk({ input });
    expect([outcome, inputLeftOut]).toEqual(['incomplete', true]);
  });

  test('our own reader’s time is not its time; after that, it is', async () => {
    await peer((socket) => socket.write('for a slow reader'));
    let told = '';
    const output = new Writable({
      write(bytes: Buffer, _, done) {
        told += String(bytes);
        void delay(1000).then(() => done()); // the moment is the stimulus
      },
    });
    // What comes while the kernel takes over is sent again after some 205 ms.
    const { outcome } = await talk({ input: undefined, output, waitMs: 500 });
    expect([outcome, told]).toEqual(['established', 'for a slow reader']);
  });

  test.each(adopt ? (['rst'] as const) : (['rst', 'none'] as const))(
    '--close %s, and a side that has closed its own: it gets all there was',
    async (close) => {
      const bytes = 3 << 20;
      let got = 0;
      let isEnded = (): void => undefined;
      const ended = new Promise<void>((resolve) => (isEnded = resolve));
      await peer((socket) => {
        socket.on('data', (data) => (got += data.length)).once('data', () => socket.end());
        socket.on('data', () => got === bytes && isEnded());
      });
      const input = Readable.from([Buffer.alloc(5), Buffer.alloc(bytes - 5)]);
      const { outcome, inputLeftOut } = await talk({ input, close, waitMs: 20_000 });
      await ended;
      expect([outcome, inputLeftOut]).toEqual(['established', false]);
    },
  );
});

test('what the SYN carried is never taken, and probes are answered: adoption waits no longer than it may', async () => {
  const rule = '-w -A OUTPUT -p tcp --tcp-flags RST RST -m mark ! --mark 7 -j DROP';
  lab.server.run(['iptables', ...rule.split(' ')]);
  const [src, dst] = [lab.server.address(4), lab.client.address(4)];
  const port = lab.server.openPort('libc', { local: src, localPort: PORT, mark: 7 });
  let first = seq(0);
  port.onPacket((bytes) => {
    const parsed = parsePacket(bytes);
    if (!parsed.ok || parsed.value.tcp === undefined || parsed.value.tcp.flags & TcpFlag.RST) return;
    const { seq: number, srcPort, flags } = parsed.value.tcp;
    if (flags & TcpFlag.SYN) first = number;
    const answer = { flags: flags & TcpFlag.SYN ? 'S.' : '.', seq: flags & TcpFlag.SYN ? 0 : 1, ack: seqAdd(first, 1) };
    port.send(
      emitPacket({ ip: { version: 4, src, dst }, tcp: { srcPort: PORT, dstPort: srcPort, window: 0, ...answer } }),
    );
  });
  const { outcome } = await converse({
    ...{ host: src, port: PORT, netns: lab.client.netns, adopt: true, close: 'fin', waitMs: 1500, input: undefined },
    ...{ output: undefined, onPacket: undefined, signal: new AbortController().signal },
    tcp: { synData: Buffer.from('hello') },
  });
  expect(outcome).toBe('incomplete');
  port.close();
});
