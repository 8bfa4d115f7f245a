/** Endpoint-made connections given to the kernel: what its socket carries, what it refuses, and that nothing is left to filter. */
import { EventEmitter, once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect, handshake } from '../../src/driver/connect.js';
import type { PacketPort } from '../../src/driver/ports.js';
import type { RawConnection } from '../../src/driver/raw-connection.js';
import { listen } from '../../src/driver/raw-server.js';
import { randomStream } from '../../src/driver/random.js';
import { applyFilter } from '../../src/filter/lease.js';
import { DEFAULT_MARK, planFilter } from '../../src/filter/plan.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import type { LabHost } from '../../src/lab/host.js';
import { systemClock } from '../../src/linux/libc/clock.js';
import { libc } from '../../src/linux/libc/libc.js';
import { loadRawSocket } from '../../src/linux/port/raw-socket-module.js';
import { insertConnection } from '../../src/linux/port/tcp-repair.js';
import type { TransportChoice } from '../../src/linux/port/transport.js';
import { handOver, type OpenOptions } from '../../src/tcp/index.js';
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

/** The rules of a host, counters aside. */
const rulesOf = (host: LabHost): string => host.run(['nft', 'list', 'ruleset']).replace(/packets \d+ bytes \d+/g, '');

interface ByHand extends Partial<OpenOptions> {
  readonly srcPort?: number;
  readonly transport?: TransportChoice;
  /** The port as the connection is to see it. */
  readonly through?: (port: PacketPort) => PacketPort;
}

/** A hand-made connection behind a filter. */
async function byHand(family: Family, { srcPort = 41000, transport = 'libc', through, ...tcp }: ByHand = {}) {
  const flow = flowOf(family, srcPort);
  const filter = applyFilter(planFilter({ flow, backend: 'nft' }), lab.client);
  const { src: local, srcPort: localPort, dst: remote, dstPort: remotePort } = flow;
  const opened = lab.client.openPort(transport, { local, localPort, remote, remotePort, mark: DEFAULT_MARK });
  const port = through?.(opened) ?? opened;
  const connection = connect({ port, flow, clock: systemClock, tcp });
  connection.on('error', () => undefined);
  expect(await handshake(connection)).toEqual({ outcome: 'established' });
  const close = (): void => {
    filter.close();
    port.close();
  };
  return { flow, filter, port, connection, close };
}

/** The kernel's listener on the server; its connections one by one. */
async function listener(family: Family, onConnection: (socket: Socket) => void = () => undefined) {
  const accepted = new EventEmitter<{ socket: [socket: Socket] }>();
  const server = await lab.server.listen(family, 8888, (socket) => {
    onConnection(socket);
    accepted.emit('socket', socket);
  });
  return {
    next: async (): Promise<Socket> => ((await once(accepted, 'socket')) as [Socket])[0],
    close: () => server.close(),
  };
}

const transports =
  'module' in loadRawSocket() ? (['libc', 'packet', 'raw-socket'] as const) : (['libc', 'packet'] as const);

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('50 initial sequence numbers, 4 MB each way: nothing lost, no rule, no RST', async () => {
    const resets = [countResets(lab.client), countResets(lab.server)];
    const rules = rulesOf(lab.client);
    const random = randomStream(family);
    const received: Promise<Buffer>[] = [];
    const server = await listener(family, (socket) => {
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
      socket.end(upwards);
      expect(rulesOf(lab.client)).toBe(rules);
      expect((await readAll(socket)).equals(downwards)).toBe(true);
      expect((await received[i])?.equals(upwards)).toBe(true);
    }
    expect(resets.map((count) => count())).toEqual([0, 0]);
    server.close();
  });

  test('both ends made by hand, both sequences wrapping: two kernel sockets that never shook hands', async () => {
    const [src, srcPort] = [lab.server.address(family), 8888];
    const resets = [countResets(lab.client), countResets(lab.server)];
    for (const before of [1, 2, 1448, 65_536, MEGABYTES - 1]) {
      const filter = applyFilter(planFilter({ flow: { src, srcPort }, backend: 'nft' }), lab.server);
      const port = lab.server.openPort('libc', { local: src, localPort: srcPort, mark: DEFAULT_MARK });
      const iss = 2 ** 32 - before;
      const server = listen({ port, clock: systemClock, address: src, localPort: srcPort, tcp: { iss } });
      const theirs = once(server, 'connection').then(([connection]) => (connection as RawConnection).adopt());
      const { connection, close } = await byHand(family, { iss, srcPort: 41000 + (before % 1000) });
      const [client, peer] = await Promise.all([connection.adopt(), theirs]);
      filter.close();
      close();
      // The server's port stays open: what belongs to the kernel is not answered by hand.
      const arrived = Promise.all([readAll(client), readAll(peer)]);
      client.end(upwards);
      peer.end(downwards);
      const [down, up] = await arrived;
      expect([down.equals(downwards), up.equals(upwards)]).toEqual([true, true]);
      server.close();
      port.close();
    }
    expect(resets.map((count) => count())).toEqual([0, 0]);
  });

  test.each(transports)('over %s, and the kernel knows what the SYNs agreed on', async (transport) => {
    const server = await listener(family, (socket) => socket.pipe(socket));
    const { connection, close } = await byHand(family, { transport });
    const { sendWindowShift, receiveWindowShift, mss } = connection.negotiated;
    const socket = await connection.adopt();
    close();
    const ss = lab.client.run(['ss', '-Htino', 'state', 'established']);
    expect(ss).toContain(' ts sack ');
    expect(ss).toContain(` wscale:${sendWindowShift},${receiveWindowShift} `);
    expect(ss).toContain(` mss:${mss} `);
    expect(socket).toMatchObject({ remotePort: 8888, localPort: 41000, remoteAddress: lab.server.address(family) });
    socket.end('to and fro');
    expect(String(await readAll(socket))).toBe('to and fro');
    server.close();
  });

  test('without window scaling, timestamps and SACK too', async () => {
    const server = await listener(family, (socket) => socket.pipe(socket));
    const { connection, close } = await byHand(family, { options: [{ kind: 'mss', mss: 1000 }] });
    const socket = await connection.adopt();
    close();
    const ss = lab.client.run(['ss', '-Htino', 'state', 'established']);
    expect(ss).toContain(' wscale:0,0 ');
    expect(ss).not.toMatch(/ (ts|sack) /);
    socket.end(upwards);
    expect((await readAll(socket)).equals(upwards)).toBe(true);
    server.close();
  });

  test('what was received and not read comes first, and no listener of the connection is told of it', async () => {
    const server = await listener(family);
    const { connection, close } = await byHand(family);
    const told: Buffer[] = [];
    connection.on('data', (chunk: Buffer) => told.push(chunk)).pause();
    const peer = await server.next();
    const delivered = new Promise<void>((resolve) => {
      const look = (): void => (connection.bytesRead > 0 ? resolve() : void setImmediate(look));
      look();
    });
    peer.write('first ');
    await delivered;
    const socket = await connection.adopt();
    close();
    peer.end('second');
    expect(String(await readAll(socket))).toBe('first second');
    expect(told).toEqual([]);
    server.close();
  });

  test('what was written before is acknowledged first, and stays before what is written after', async () => {
    const server = await listener(family);
    const { connection, close } = await byHand(family);
    const received = readAll(await server.next());
    connection.write(upwards);
    const socket = await connection.adopt();
    close();
    socket.end('the end');
    expect((await received).equals(Buffer.concat([upwards, Buffer.from('the end')]))).toBe(true);
    server.close();
  });

  test('a segment that comes when nobody owns it is sent again, and draws no RST', async () => {
    const resets = countResets(lab.server);
    const server = await listener(family);
    let beforehand = (): void => undefined;
    const through = (port: PacketPort): PacketPort => ({
      ...port,
      adopt(connection, options) {
        beforehand();
        if (port.adopt === undefined) throw new TypeError('no kernel');
        return port.adopt(connection, options);
      },
    });
    const accepted = server.next();
    const { connection, close } = await byHand(family, { through });
    const peer = await accepted;
    beforehand = () => peer.write('into the gap'); // libuv sends it within the call
    const socket = await connection.adopt();
    close();
    peer.end(', and on');
    expect(String(await readAll(socket))).toBe('into the gap, and on');
    expect(resets()).toBe(0);
    socket.destroy();
    server.close();
  });

  test('a four-tuple that a socket of the kernel owns already: refused, and the connection goes on by hand', async () => {
    const server = await listener(family, (socket) => socket.pipe(socket));
    const accepted = server.next();
    const { connection, close, flow } = await byHand(family);
    await accepted; // that is a descriptor, too
    const now = systemClock.now();
    const fd = lab.client.netns.run(() => insertConnection(handOver(connection.tcb, now), flow));
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    await expect(connection.adopt()).rejects.toMatchObject({
      code: 'RS_NOT_ADOPTED',
      message: expect.stringContaining('owns') as string,
      hints: { en: expect.stringContaining('ss -tnp') as string, zh: expect.stringContaining('ss -tnp') as string },
    });
    expect(descriptors()).toBe(before);
    libc('close', fd); // in repair mode: tells nobody
    connection.end('still by hand');
    let echoed = '';
    for await (const chunk of connection) echoed += String(chunk);
    expect(echoed).toBe('still by hand');
    connection.abandon();
    close();
    server.close();
  });

  test('refused before the handshake, while it is under way, after the other side has closed, and after the end', async () => {
    const refused = { code: 'RS_NOT_ADOPTED' };
    const server = await listener(family);
    const flow = flowOf(family, 41001);
    const { src: local, srcPort: localPort, dst: remote } = flow;
    const port = lab.client.openPort('libc', { local, localPort, remote, mark: DEFAULT_MARK });
    const opening = connect({ port, flow, clock: systemClock });
    await expect(opening.adopt()).rejects.toMatchObject({
      ...refused,
      message: 'adopt: the handshake is not complete',
    });
    opening.abandon();
    port.close();

    const accepted = server.next();
    const { connection, close } = await byHand(family);
    const peer = await accepted;
    const adopted = connection.adopt();
    await expect(connection.adopt()).rejects.toMatchObject({ ...refused, message: 'adopt: it is under way' });
    const socket = await adopted;
    await expect(connection.adopt()).rejects.toMatchObject({ ...refused, message: 'adopt: the connection is over' });
    expect([connection.destroyed, connection.released]).toEqual([true, true]);
    socket.destroy();
    peer.destroy();
    close();

    const next = server.next();
    const other = await byHand(family, { srcPort: 41002 });
    (await next).end();
    await once(other.connection.resume(), 'end');
    await expect(other.connection.adopt()).rejects.toMatchObject(refused);
    other.connection.abandon();
    other.close();
    server.close();
  });
});

test('without CAP_NET_ADMIN: RS_NO_PRIVILEGE; of a bounded root, as in a container, what its start lacks', () => {
  const script = `
    import { insertConnection } from './dist/linux/port/tcp-repair.js';
    const flow = { src: '192.0.2.1', srcPort: 1, dst: '192.0.2.2', dstPort: 2 };
    try { insertConnection({}, flow); } catch ({ code, hint }) { console.log(code, hint); }`;
  const without = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'] as const;
  const said = lab.client.run([...without, process.execPath, '--input-type=module', '-e', script]);
  expect(said).toMatch(/^RS_NO_PRIVILEGE .*--cap-add NET_ADMIN/);
});
