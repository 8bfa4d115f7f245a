import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SocketRow } from '../../src/evidence/socket-table.js';
import type { LabHost } from '../../src/lab/host.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { bindWithoutListening, listenWithoutAccepting } from '../../src/linux/port/kernel-socket.js';
import { emitPacket } from '../../src/wire/index.js';

/** The judge: iproute2's own reading of the same tables. */
function byProgram(host: LabHost, family: 4 | 6): string[] {
  const lines = host.run(['ss', '-H', '-tan', `-${String(family)}`]).split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('UNCONN'))
    .map((line) => line.trim().split(/\s+/).slice(0, 5).join(' '));
}

const SS_NAMES: Readonly<Record<string, string>> = {
  ESTABLISHED: 'ESTAB',
  SYN_SENT: 'SYN-SENT',
  SYN_RECV: 'SYN-RECV',
  FIN_WAIT1: 'FIN-WAIT-1',
  FIN_WAIT2: 'FIN-WAIT-2',
  TIME_WAIT: 'TIME-WAIT',
  CLOSE_WAIT: 'CLOSE-WAIT',
  LAST_ACK: 'LAST-ACK',
};

const end = (address: string, port: number): string => {
  const zero = address === '0.0.0.0' || address === '::';
  const shown = address.includes(':') ? `[${address}]` : address;
  return `${shown}:${zero && port === 0 ? '*' : String(port)}`;
};

const asInProgram = ({ state, receiveQueue, sendQueue, src, srcPort, dst, dstPort }: SocketRow): string =>
  [SS_NAMES[state] ?? state, receiveQueue, sendQueue, end(src, srcPort), end(dst, dstPort)].join(' ');

/** Only newer ones of ss know of merely bound sockets. */
const rows = (host: LabHost, family: 4 | 6): string[] =>
  host
    .sockets(family)
    .filter(({ state }) => state !== 'BOUND_INACTIVE')
    .map(asInProgram);

describe.each([4, 6] as const)('the sockets of a host, IPv%i, as ss shows them', (family) => {
  let lab: Lab;
  const open: { close(): void }[] = [];
  beforeEach(() => {
    lab = createLab();
  });
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
    lab.close();
  });

  const flow = (srcPort: number) => ({
    ...{ src: lab.client.address(family), srcPort },
    ...{ dst: lab.server.address(family), dstPort: 8888 },
  });

  const alike = (): void => {
    for (const host of [lab.client, lab.server])
      expect(rows(host, family).sort()).toEqual(byProgram(host, family).sort());
  };

  test('none', () => {
    expect(lab.client.sockets(family)).toEqual([]);
    alike();
  });

  test('a listener with its queue, connections with unread data, one closing', async () => {
    const listener = listenWithoutAccepting(lab.server.netns, lab.server.address(family), 8888);
    const sockets = [1, 2, 3].map((i) => lab.client.connect(flow(40000 + i)));
    open.push(listener, ...sockets.map((socket) => ({ close: () => socket.destroy() })));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const [writer, closer] = sockets;
    await new Promise((resolve) => writer?.write('unread', resolve));
    await new Promise<void>((resolve) => closer?.end(resolve));
    await vi.waitFor(() => {
      expect(lab.client.sockets(family).map(({ state }) => state)).toContain('FIN_WAIT2');
    });
    alike();
    const server = lab.server.sockets(family);
    expect(server[0]).toMatchObject({ state: 'LISTEN', srcPort: 8888, dstPort: 0, receiveQueue: 3, sendQueue: 4096 });
    expect(server.find(({ dstPort }) => dstPort === 40001)).toMatchObject({ state: 'ESTABLISHED', receiveQueue: 6 });
    expect(server.find(({ dstPort }) => dstPort === 40002)).toMatchObject({ state: 'CLOSE_WAIT' });
  });

  test('a half-open entry', async () => {
    open.push(listenWithoutAccepting(lab.server.netns, lab.server.address(family), 8888));
    lab.client.run([
      ...([family === 4 ? 'iptables' : 'ip6tables'] as const),
      ...'-w -t raw -A OUTPUT -p tcp --tcp-flags RST RST -j DROP'.split(' '),
    ]);
    const { src, dst } = flow(41000);
    const port = lab.client.openPort('libc', { local: src, remote: dst });
    open.push(port);
    const answered = new Promise<void>((resolve) => {
      port.onPacket(() => {
        resolve();
      });
    });
    port.send(emitPacket({ ip: { version: family, src, dst }, tcp: { srcPort: 41000, dstPort: 8888, flags: 'S' } }));
    await answered;
    expect(lab.server.sockets(family)).toContainEqual(
      expect.objectContaining({ state: 'SYN_RECV', src: dst, srcPort: 8888, dst: src, dstPort: 41000 }),
    );
    alike();
  });

  test('TIME_WAIT, of the side that closed first', async () => {
    const server = await lab.server.listen(family, 8888, (socket) => socket.resume().on('end', () => socket.end()));
    open.push(server);
    const socket = lab.client.connect(flow(40001));
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.resume().end();
    await closed;
    expect(lab.client.sockets(family)).toMatchObject([{ state: 'TIME_WAIT', srcPort: 40001, dstPort: 8888 }]);
    alike();
  });

  test('a merely bound one, where this kernel tells of it', () => {
    open.push(bindWithoutListening(lab.client.netns, lab.client.address(family), 4711));
    expect(lab.client.sockets(family)).toMatchObject([{ state: 'BOUND_INACTIVE', srcPort: 4711, dstPort: 0 }]);
    alike();
  });

  test('more than fit into one message', async () => {
    open.push(listenWithoutAccepting(lab.server.netns, lab.server.address(family), 8888));
    const sockets = Array.from({ length: 400 }, (_, i) => lab.client.connect(flow(20000 + i)));
    open.push(...sockets.map((socket) => ({ close: () => socket.destroy() })));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    expect(lab.server.sockets(family)).toHaveLength(401);
    alike();
  });
});
