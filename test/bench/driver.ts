/** How fast the driver answers, how much it carries, and what an idle connection weighs. */
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Readable, Writable } from 'node:stream';
import { connect, handshake } from '../../src/driver/connect.js';
import { listen } from '../../src/driver/raw-server.js';
import { memoryPorts } from '../../src/driver/memory-port.js';
import { warmUp } from '../../src/driver/warm-up.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { observedPacket } from '../../src/lab/observe-frame.js';
import { listenWithoutAccepting } from '../../src/linux/port/kernel-socket.js';
import { systemClock } from '../../src/linux/libc/clock.js';
import { TcpFlag } from '../../src/wire/index.js';
import { type Figure, median } from './figure.js';

const MARK = 0x36;

/** The kernels of both hosts keep their RSTs to themselves. */
function silence(lab: Lab): void {
  const rule = `-w -t raw -A OUTPUT -p tcp --tcp-flags RST RST -m mark ! --mark ${MARK} -j DROP`.split(' ');
  for (const host of [lab.client, lab.server]) host.run(['iptables', ...rule]);
}

/** From the SYN/ACK on the link to our ACK on the link, in microseconds: of the first handshake, and of later ones, once the compiler is done. */
async function turnaround(handshakes: number): Promise<{ readonly first: number; readonly later: number }> {
  await warmUp(systemClock);
  const lab = createLab();
  silence(lab);
  // A listener of which this process has no work: its kernel completes the handshakes.
  const server = listenWithoutAccepting(lab.server.netns, lab.server.address(4), 80);
  const capture = lab.client.capture(MARK);
  const [src, dst] = [lab.client.address(4), lab.server.address(4)];
  for (let i = 0; i < handshakes; i++) {
    const flow = { src, srcPort: 2000 + i, dst, dstPort: 80 };
    const port = lab.client.openPort('libc', { local: src, localPort: flow.srcPort, remote: dst, mark: MARK });
    const connection = connect({ port, clock: systemClock, flow });
    await handshake(connection);
    connection.resetAndDestroy();
    await once(connection, 'close');
    port.close();
  }
  const packets = capture.frames().flatMap((frame) => observedPacket(frame, 'client') ?? []);
  const microseconds = packets.flatMap(({ at, from, segment }, i) => {
    if (from !== 'server' || (segment.flags & TcpFlag.SYN) === 0) return [];
    const ack = packets
      .slice(i)
      .find((packet) => packet.from === 'client' && packet.segment.srcPort === segment.dstPort);
    return ack === undefined ? [] : [(ack.at - at) * 1000];
  });
  capture.close();
  server.close();
  lab.close();
  return { first: microseconds[0] ?? NaN, later: median(microseconds.slice(handshakes / 2)) };
}

/** Writes `bytes` as fast as the stream takes them. */
function pump(stream: Writable, bytes: number): void {
  const block = Buffer.alloc(64 * 1024, 7);
  let sent = 0;
  const more = (): void => {
    while (sent < bytes) {
      sent += block.length;
      if (!stream.write(block)) {
        stream.once('drain', more);
        return;
      }
    }
  };
  more();
}

/** Resolves when so many bytes have been read. */
const read = (stream: Readable, bytes: number): Promise<void> =>
  new Promise((resolve) => {
    let arrived = 0;
    stream.on('data', (chunk: Buffer) => {
      arrived += chunk.length;
      if (arrived >= bytes) resolve();
    });
  });

/** Megabits a second over veth between a hand-made client and a kernel socket. */
async function throughput(bytes: number, direction: 'in' | 'out'): Promise<number> {
  const lab = createLab();
  silence(lab);
  const accepted = new EventEmitter<{ socket: [socket: Socket] }>();
  const server = await lab.server.listen(4, 80, (socket) => accepted.emit('socket', socket));
  const [src, dst] = [lab.client.address(4), lab.server.address(4)];
  const port = lab.client.openPort('libc', { local: src, localPort: 2000, remote: dst, remotePort: 80, mark: MARK });
  const kernelSocket = once(accepted, 'socket') as Promise<[Socket]>;
  const connection = connect({ port, clock: systemClock, flow: { src, srcPort: 2000, dst, dstPort: 80 } });
  await handshake(connection);
  const [socket] = await kernelSocket;
  socket.on('error', () => undefined);
  const [from, to] = direction === 'out' ? [connection, socket] : [socket, connection];
  const start = performance.now();
  const arrived = read(to, bytes);
  pump(from, bytes);
  await arrived;
  const seconds = (performance.now() - start) / 1000;
  connection.abandon();
  socket.destroy();
  port.close();
  server.close();
  lab.close();
  return (bytes * 8) / 1e6 / seconds;
}

/** Kilobytes of heap for each idle connection: both ends are counted, so half of what a pair takes. */
async function idleKilobytes(pairs: number): Promise<number> {
  const [near, far] = memoryPorts();
  const [src, dst] = ['192.0.2.1', '192.0.2.2'];
  const server = listen({ port: far, clock: systemClock, address: dst, localPort: 80 });
  const connections: ReturnType<typeof connect>[] = [];
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error('garbage would be counted too: run it with node --expose-gc');
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < pairs; i++) {
    const connection = connect({ port: near, clock: systemClock, flow: { src, srcPort: 2000 + i, dst, dstPort: 80 } });
    await handshake(connection);
    connections.push(connection);
  }
  collect();
  const kilobytes = (process.memoryUsage().heapUsed - before) / 1024 / pairs / 2;
  for (const connection of connections) connection.abandon();
  server.abandon();
  return kilobytes;
}

const figure = (name: string, unit: string, rawshake: number): Figure => ({
  name,
  unit,
  rawshake,
  baseline: null,
  baselineName: null,
  ratio: null,
});

export async function driverFigures(): Promise<readonly Figure[]> {
  const { first, later } = await turnaround(2000);
  return [
    figure('turnaround-microseconds', 'µs', later),
    figure('first-turnaround-microseconds', 'µs', first),
    figure('throughput-out', 'Mbit/s', await throughput(40e6, 'out')),
    figure('throughput-in', 'Mbit/s', await throughput(40e6, 'in')),
    figure('idle-connection-kilobytes', 'kB', await idleKilobytes(2000)),
  ];
}
