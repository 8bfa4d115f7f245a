/** Hand-made connections given to the kernel: what its socket carries, what it refuses, and that nothing is left to filter. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect, handshake } from '../../src/driver/connect.js';
import { randomStream } from '../../src/driver/random.js';
import { applyFilter } from '../../src/filter/lease.js';
import { DEFAULT_MARK, planFilter } from '../../src/filter/plan.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import type { LabHost } from '../../src/lab/host.js';
import { systemClock } from '../../src/linux/clock.js';
import type { Flow } from '../../src/wire/flow.js';

const MEGABYTES = 4 << 20;

/** The same bytes for the same seed. */
function randomBytes(seed: number, length: number): Buffer {
  const random = randomStream(seed);
  const words = Uint32Array.from({ length: length / 4 }, () => random() * 2 ** 32);
  return Buffer.from(words.buffer);
}
const [upwards, downwards] = [randomBytes(1, MEGABYTES), randomBytes(2, MEGABYTES)];

/** Reads to the end. Not by iteration: on a socket whose own side ends meanwhile, Node lets that end too early. */
const readAll = (socket: Socket): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks)))
      .on('error', reject);
  });

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

type Family = 4 | 6;
const flowOf = (family: Family, srcPort = 41000): Flow => ({
  src: lab.client.address(family),
  srcPort,
  dst: lab.server.address(family),
  dstPort: 8888,
});

/** Counts the RSTs that come to a host over the link. */
function countResets(host: LabHost): () => number {
  host.run([
    'nft',
    'create table inet watch; add chain inet watch in { type filter hook input priority 0; }; add counter inet watch resets; add rule inet watch in tcp flags rst counter name resets',
  ]);
  return () => Number(/packets (\d+)/.exec(host.run(['nft', 'list', 'counter', 'inet', 'watch', 'resets']))?.[1]);
}

/** A hand-made connection behind a filter. */
async function byHand(family: Family, { srcPort = 41000, ...tcp }: { srcPort?: number; iss?: number } = {}) {
  const flow = flowOf(family, srcPort);
  const filter = applyFilter(planFilter({ flow, backend: 'nft' }), lab.client);
  const { src: local, srcPort: localPort, dst: remote, dstPort: remotePort } = flow;
  const port = lab.client.openPort('libc', { local, localPort, remote, remotePort, mark: DEFAULT_MARK });
  const connection = connect({ port, flow, clock: systemClock, tcp });
  connection.on('error', () => undefined);
  expect(await handshake(connection)).toEqual({ outcome: 'established' });
  const close = (): void => {
    filter.close();
    port.close();
  };
  return { flow, filter, port, connection, close };
}

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('50 initial sequence numbers, 4 MB each way: nothing lost, no rule, no RST', async () => {
    const resets = [countResets(lab.client), countResets(lab.server)];
    const rulesBefore = lab.client.run(['nft', 'list', 'ruleset']).replace(/packets \d+ bytes \d+/g, '');
    const random = randomStream(family);
    const accepted: Socket[] = [];
    const received: Promise<Buffer>[] = [];
    const server = await lab.server.listen(family, 8888, (socket) => {
      accepted.push(socket);
      received.push(readAll(socket));
      socket.end(downwards);
    });
    for (let i = 0; i < 50; i++) {
      // Every fifth wraps within what is sent.
      const iss = i % 5 === 0 ? 2 ** 32 - 1 - Math.floor(random() * MEGABYTES) : Math.floor(random() * 2 ** 32);
      const { connection, close, flow } = await byHand(family, { srcPort: 41000 + i, iss });
      const socket = await connection.adopt();
      close();
      expect(lab.client.lookup(flow).owner).toMatch(/ESTABLISHED|CLOSE_WAIT/);
      expect(lab.client.run(['nft', 'list', 'ruleset']).replace(/packets \d+ bytes \d+/g, '')).toBe(rulesBefore);
      socket.end(upwards);
      expect((await readAll(socket)).equals(downwards)).toBe(true);
      expect((await received[i])?.equals(upwards)).toBe(true);
    }
    expect(resets.map((count) => count())).toEqual([0, 0]);
    server.close();
  });
});
