/** Many handshakes against a real kernel: all accounted for, nothing left on the server, and nowhere but in a lab. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BulkOptions, type BulkSummary, manyHandshakes } from '../../src/bulk/index.js';
import { BulkSeries } from '../../src/bulk/run.js';
import type { RawshakeError } from '../../src/error.js';
import { SERVER_PORT } from '../../src/lab/addresses.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { AF_INET, SOCK_CLOEXEC, SOCK_DGRAM } from '../../src/linux/libc/constants.js';
import { listenWithoutAccepting, openListener } from '../../src/linux/port/kernel-socket.js';
import { libc } from '../../src/linux/libc/libc.js';
import { isInNamespaceMadeHere, type NetworkNamespace, openNamespace } from '../../src/linux/namespace/netns.js';
import { countSockets } from '../../src/linux/netlink/socket-census.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

const NONE = { established: 0, refused: 0, 'reset-by-peer': 0, 'no-answer': 0, aborted: 0 };
const run = (options: BulkOptions): Promise<BulkSummary> => manyHandshakes(lab, options).summary;
const accounted = ({ outcomes }: BulkSummary): number => Object.values(outcomes).reduce((sum, count) => sum + count);

/** What `ss` sees of connections on the server: none is what there should be. */
const serverSockets = (): string => lab.server.run(['ss', '-Htan', `( sport = :${SERVER_PORT} )`]);

/** Drops every `nth` frame that comes in at the server, and every `nth` that comes in at the client. */
function loseEvery(nth: number): void {
  for (const host of [lab.client, lab.server]) {
    const hook = '{ type filter hook ingress device "eth0" priority 0; }';
    host.run(['nft', `add table netdev loss; add chain netdev loss in ${hook}`]);
    host.run(['nft', `add rule netdev loss in ip protocol tcp numgen inc mod ${nth} 0 drop`]);
  }
}

describe('2,000 handshakes, each established, accepted and closed', () => {
  test.each([
    { close: 'rst' },
    { close: 'fin' },
    { close: 'rst', payload: Buffer.from('hello') },
    { close: 'fin', payload: Buffer.from('hello') },
    { close: 'server' },
  ] as const)('%o', async (options: Omit<BulkOptions, 'count'>) => {
    const summary = await run({ count: 2000, ...options });
    expect(summary.outcomes).toEqual({ ...NONE, established: 2000 });
    expect(summary).toMatchObject({ complete: true, accepted: 2000, serverSocketsLeft: 0 });
    expect(summary.receivedBytes).toBe(
      options.payload === undefined ? 0 : options.close === 'fin' ? 10_000 : summary.receivedBytes,
    );
    expect(summary.latency.total).toBe(2000);
    expect([summary.outcomeOf(0), summary.outcomeOf(1999), summary.outcomeOf(2000)]).toEqual([
      'established',
      'established',
      undefined,
    ]);
    expect(serverSockets()).toBe('');
  });
});

test('progress comes while it runs, and the last of it is the end', async () => {
  const bulk = manyHandshakes(lab, { count: 5000 });
  let last;
  for await (const progress of bulk) last = progress;
  expect(last).toMatchObject({ count: 5000, started: 5000, established: 5000, finished: 5000 });
  expect((await bulk.summary).seconds).toBe(last?.seconds);
});

test('a window far beyond a batch', async () => {
  const summary = await run({ count: 6000, window: 5000 });
  expect(summary).toMatchObject({ complete: true, serverSocketsLeft: 0 });
});

test('one run after the other in the same lab, over the same four-tuples', async () => {
  for (let i = 0; i < 3; i++) expect(await run({ count: 500 })).toMatchObject({ complete: true, retransmissions: 0 });
});

describe('loss', () => {
  test('every 25th frame lost in either direction: all are sent again until all are closed', async () => {
    loseEvery(25);
    const summary = await run({
      count: 2000,
      close: 'fin',
      payload: Buffer.from('hello'),
      retransmitMs: 20,
      retries: 10,
    });
    expect(summary.outcomes).toEqual({ ...NONE, established: 2000 });
    expect(summary).toMatchObject({ complete: true, receivedBytes: 10_000, serverSocketsLeft: 0 });
    expect(summary.retransmissions).toBeGreaterThan(100);
    expect(serverSockets()).toBe('');
  });

  test('closed by RST, which nobody sends again: the server is left with nothing all the same', async () => {
    loseEvery(25);
    const summary = await run({ count: 2000, retransmitMs: 20, retries: 10 });
    expect(accounted(summary)).toBe(2000);
    expect(summary).toMatchObject({ serverSocketsLeft: 0 });
    // An ACK that was lost before its RST: established here, and never there. The summary does not call that complete.
    expect(summary.accepted).toBeLessThan(2000);
    expect(summary.complete).toBe(false);
  });

  test('a queue of four for a window of 16: SYN cookies, dropped ACKs, and in the end all are accepted', async () => {
    const summary = await run({ count: 300, window: 16, backlog: 4, close: 'fin', retransmitMs: 20, retries: 10 });
    expect(summary.outcomes).toEqual({ ...NONE, established: 300 });
    expect(summary).toMatchObject({ complete: true, serverSocketsLeft: 0 });
    expect(summary.retransmissions).toBeGreaterThan(0);
  });

  test('a server that hears nothing: no answer, for each', async () => {
    loseEvery(1);
    const summary = await run({ count: 200, retransmitMs: 10, retries: 2 });
    expect(summary.outcomes).toEqual({ ...NONE, 'no-answer': 200 });
    expect(summary).toMatchObject({ accepted: 0, serverSocketsLeft: 0, retransmissions: 400 });
  });
});

describe('somebody else listens', () => {
  const address = (): string => lab.server.address(4);
  const PAYLOAD = Buffer.from('hello');

  test('one who never accepts: as many as fit into the queue, whose length is left alone', async () => {
    setSysctls(lab.server.netns, { 'net.core.somaxconn': 7 });
    const listener = listenWithoutAccepting(lab.server.netns, address(), SERVER_PORT, 100);
    const summary = await run({ count: 20, listener: false, payload: PAYLOAD, retransmitMs: 200, retries: 0 });
    expect(summary.outcomes).toEqual({ ...NONE, established: 8, 'no-answer': 12 });
    expect(summary).toMatchObject({ accepted: 0, complete: false, serverSocketsLeft: 8 });
    expect(countSockets(lab.server.netns, SERVER_PORT)).toEqual({ connections: 0, unaccepted: 8 });
    for (let i = 0; i < 8; i++) expect(listener.accept()).toBeDefined();
    expect(listener.accept()).toBeUndefined();
    listener.close();
  });

  test('a queue for all of them, and far more than a run waits for of its own listener', async () => {
    const listener = listenWithoutAccepting(lab.server.netns, address(), SERVER_PORT, 4000);
    const summary = await run({ count: 2000, listener: false, payload: PAYLOAD, backlog: 0 });
    expect(summary.outcomes).toEqual({ ...NONE, established: 2000 });
    listener.close();
  });

  test('nobody: refused, each of them', async () => {
    const summary = await run({ count: 200, listener: false });
    expect(summary.outcomes).toEqual({ ...NONE, refused: 200 });
    expect(summary).toMatchObject({ complete: false, serverSocketsLeft: 0 });
  });
});

describe('what it leaves', () => {
  const settings = (): string =>
    lab.server.run(['ip', 'route']) +
    lab.server.run(['ip', 'neigh']) +
    lab.server.run(['cat', '/proc/sys/net/core/somaxconn']);
  const descriptors = (): string[] =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)];
      } catch {
        return []; // the folder's own
      }
    });
  const sockets = (): number => descriptors().filter((name) => name.startsWith('socket:')).length;
  const threads = (): number => readdirSync('/proc/self/task').length;

  test('an abort in the middle: all are accounted for, and nothing is left', async () => {
    const before = { settings: settings(), sockets: sockets(), threads: threads() };
    const controller = new AbortController();
    const bulk = manyHandshakes(lab, { count: 1_000_000, window: 5000, signal: controller.signal });
    for await (const { finished } of bulk) if (finished > 0) controller.abort();
    const summary = await bulk.summary;
    expect(accounted(summary)).toBe(1_000_000);
    expect(summary.outcomes.aborted).toBeGreaterThan(0);
    expect(summary.outcomes.established).toBeGreaterThan(0);
    expect(summary).toMatchObject({ complete: false, serverSocketsLeft: 0 });
    expect(serverSockets()).toBe('');
    expect({ settings: settings(), sockets: sockets(), threads: threads() }).toEqual(before);
  });

  test('a series of runs: the same threads, each run for itself, and nothing is left', async () => {
    const before = { settings: settings(), sockets: sockets(), threads: threads() };
    const series = new BulkSeries(lab);
    const payload = Buffer.from('hello');
    const first = await series.run({ count: 500, close: 'fin', payload }).summary;
    expect(first).toMatchObject({ complete: true, accepted: 500, receivedBytes: 2500 });
    const during = threads();
    expect(during).toBeGreaterThan(before.threads);
    const second = await series.run({ count: 300, port: 8889, close: 'fin', payload }).summary;
    expect(second).toMatchObject({ complete: true, accepted: 300, receivedBytes: 1500 });
    expect((await series.run({ count: 20, port: 8889, listener: false }).summary).outcomes.refused).toBe(20);
    expect(threads()).toBe(during);
    await series.close();
    expect({ settings: settings(), sockets: sockets(), threads: threads() }).toEqual(before);
  });

  test('a count of what the kernel has dropped spares the wait for it', async () => {
    const server = listenWithoutAccepting(lab.server.netns, lab.server.address(4), SERVER_PORT, 9);
    const dropped = (): number => lab.server.counters().get('TcpExtListenDrops') ?? 0;
    // Waiting, it would take an hour.
    const patient = { listener: false, retries: 0, retransmitMs: 60_000, window: 64 };
    const first = await run({ count: 10, payload: Buffer.from('hello'), ...patient, dropped });
    expect(first.outcomes).toEqual({ ...NONE, established: 10 });
    const second = await run({ count: 64, ...patient, dropped });
    expect(second.outcomes).toEqual({ ...NONE, 'no-answer': 64 });
    expect(() => run({ count: 1, dropped })).toThrow(expect.objectContaining({ code: 'RS_USAGE' }));
    server.close();
  });

  test('aborted before it began', async () => {
    const summary = await run({ count: 100, signal: AbortSignal.abort() });
    expect(summary.outcomes).toEqual({ ...NONE, aborted: 100 });
  });

  test('a run ends where its lab is closed under it', async () => {
    const before = { sockets: sockets(), threads: threads() };
    const other = createLab();
    const bulk = manyHandshakes(other, { count: 1_000_000 });
    for await (const { finished } of bulk) {
      expect(finished).toBeGreaterThan(0);
      break;
    }
    other.close();
    await expect(bulk.summary).rejects.toMatchObject({ code: 'RS_NOT_A_LAB' });
    expect({ sockets: sockets(), threads: threads() }).toEqual(before);
  });

  test('the census sees what would be left', async () => {
    const listener = openListener(lab.server.netns, lab.server.address(4), SERVER_PORT, 10);
    const socket = lab.client.connect({
      src: lab.client.address(4),
      srcPort: 2000,
      dst: lab.server.address(4),
      dstPort: SERVER_PORT,
    });
    await once(socket, 'connect');
    expect(countSockets(lab.server.netns, SERVER_PORT)).toEqual({ connections: 1, unaccepted: 1 });
    expect(countSockets(lab.server.netns, SERVER_PORT + 1)).toEqual({ connections: 0, unaccepted: 0 });
    const closed = new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve));
    libc('close', listener);
    await closed;
    expect(countSockets(lab.server.netns, SERVER_PORT)).toEqual({ connections: 0, unaccepted: 0 });
  });
});

describe('a lab tool, not a weapon', () => {
  const refusal = (target: Lab): RawshakeError => {
    try {
      manyHandshakes(target, { count: 1 });
    } catch (error) {
      return error as RawshakeError;
    }
    throw new Error('it was not refused');
  };

  test('anything but the object that createLab returned is refused, whatever it looks like', () => {
    const forgeries = [
      { ...lab },
      Object.create(lab) as Lab,
      new Proxy(lab, {}),
      { client: lab.client, server: lab.server, close: () => undefined, [Symbol.dispose]: () => undefined },
      Object.assign<object, Lab>(Object.create(Object.getPrototypeOf(lab) as object) as object, lab),
    ];
    for (const forgery of forgeries) {
      expect(refusal(forgery)).toMatchObject({
        code: 'RS_NOT_A_LAB',
        hints: {
          en: expect.stringContaining('createLab()') as string,
          zh: expect.stringContaining('createLab()') as string,
        },
      });
    }
  });

  test('the hosts of a lab cannot be exchanged', () => {
    expect(() => Object.assign(lab, { client: lab.server })).toThrow(TypeError);
  });

  test('a closed lab is refused', () => {
    const closed = createLab();
    closed.close();
    expect(refusal(closed)).toMatchObject({ code: 'RS_NOT_A_LAB' });
  });

  test.each(['client', 'server'] as const)(
    'a %s whose namespace was bent to lead to the network that this program stands in is found out by its sockets',
    async (name) => {
      const before = lab.server.run(['ip', 'route']);
      const netns = lab[name].netns as { run: NetworkNamespace['run'] };
      const own = netns.run;
      netns.run = (action) => action();
      await expect(run({ count: 1 })).rejects.toMatchObject({ code: 'RS_NOT_A_LAB' });
      netns.run = own;
      expect(lab.server.run(['ip', 'route'])).toBe(before);
    },
  );

  test('a socket knows whether its namespace was made here, and not by another program', async () => {
    const isMadeHere = (netns: Pick<NetworkNamespace, 'run'>): boolean => {
      const fd = netns.run(() => libc('socket', AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      const answer = isInNamespaceMadeHere(fd);
      libc('close', fd);
      return answer;
    };
    expect(isMadeHere(lab.client.netns)).toBe(true);
    expect(isMadeHere({ run: (action) => action() })).toBe(false);
    const stranger = spawn('unshare', ['--net', 'sh', '-c', 'echo; exec cat']);
    await once(stranger.stdout, 'data');
    const foreign = openNamespace(String(stranger.pid));
    expect(isMadeHere(foreign)).toBe(false);
    foreign.close();
    stranger.stdin.end();
    await once(stranger, 'exit');
  });

  test('one run at a time', async () => {
    const first = run({ count: 1000 });
    expect(() => manyHandshakes(lab, { count: 1 })).toThrow(expect.objectContaining({ code: 'RS_USAGE' }));
    await first;
  });
});
