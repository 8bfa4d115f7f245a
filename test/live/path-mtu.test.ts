/** Megabytes both ways over paths that carry less than the links at their ends, by hand and, beside it, between two kernels. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { handshake } from '../../src/driver/connect.js';
import { connectInside, listenInside } from '../../src/linux/kernel-socket.js';
import { setSysctls } from '../../src/linux/sysctl.js';
import { dial } from '../../src/live/dial.js';
import { serve } from '../../src/live/serve.js';
import { type Family, type NarrowPath, openNarrowPath } from './narrow-path.js';

const BYTES = 2_000_000;
const DATA = Buffer.from(Uint8Array.from({ length: BYTES }, (_, i) => (i * 31 + (i >> 8) * 7) & 0xff));
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What has to be closed and awaited when a test is over, the last first. */
const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function open(mtu: number, tells: boolean): NarrowPath {
  const path = openNarrowPath({ mtu, tells });
  endings.push(() => {
    path.close();
  });
  // Without a word from the routers, a kernel must be told to look for itself.
  for (const netns of [path.client, path.server]) setSysctls(netns, { 'net.ipv4.tcp_mtu_probing': 1 });
  return path;
}

const echo = (stream: Duplex): void => {
  stream.on('error', () => undefined).pipe(stream);
};

async function kernelServer({ server, address }: NarrowPath, family: Family): Promise<void> {
  const listener = await listenInside(server, address.server[family], 9000, echo);
  endings.push(() => {
    listener.close();
  });
}

async function handMadeServer({ server, address }: NarrowPath, family: Family): Promise<void> {
  const served = await serve({ port: 9000, address: address.server[family], netns: server, onConnection: echo });
  endings.push(() => served.close());
}

/** Sends all, and gives what came back. */
async function exchange(stream: Duplex): Promise<Buffer> {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  stream.end(DATA);
  await once(stream, 'end');
  return Buffer.concat(pieces);
}

async function kernelClient({ client, address }: NarrowPath, family: Family): Promise<Buffer> {
  const ends = { local: address.client[family], remote: address.server[family], remotePort: 9000 };
  const socket = connectInside(client, ends);
  endings.push(() => {
    socket.destroy();
  });
  return exchange(socket);
}

async function handMadeClient({ client, address }: NarrowPath, family: Family): Promise<Buffer> {
  const dialled = await dial({ host: address.server[family], port: 9000, netns: client, allowHalfOpen: true });
  endings.push(() => dialled.close());
  expect(await handshake(dialled.connection)).toEqual({ outcome: 'established' });
  return exchange(dialled.connection);
}

const PLACES = [
  { mtu: 1400, tells: true },
  { mtu: 1280, tells: true },
  { mtu: 1280, tells: false },
];
const ENDS = [
  { who: 'connect', server: kernelServer, client: handMadeClient },
  { who: 'listen', server: handMadeServer, client: kernelClient },
  { who: 'two kernels', server: kernelServer, client: kernelClient },
];

describe.each(PLACES)('MTU $mtu, the routers say so: $tells', ({ mtu, tells }) => {
  describe.each([4, 6] as const)('IPv%i', (family) => {
    test.each(ENDS)('$who', async ({ server, client }) => {
      const path = open(mtu, tells);
      await server(path, family);
      expect(digest(await client(path, family))).toBe(digest(DATA));
    });
  });
});
