import { once } from 'node:events';
import { connect as connectSocket, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { openPeer, type Peer } from '../../src/lab/peer.js';
import { openSocketTable } from '../../src/linux/netlink/sock-diag.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import { reverseFlow } from '../../src/wire/flow.js';
import { emitPacket } from '../../src/wire/index.js';

describe.each([4, 6] as const)('the look-up, IPv%i', (family) => {
  let lab: Lab;
  let peer: Peer;
  beforeEach(async () => {
    lab = createLab();
    peer = await openPeer(lab.server, family, 8888);
  });
  afterEach(() => {
    peer.close();
    lab.close();
  });

  const flow = () => ({
    src: lab.client.address(family),
    srcPort: 41000,
    dst: lab.server.address(family),
    dstPort: 8888,
  });

  const dropResets = (): void => {
    const rule = '-w -t raw -A OUTPUT -p tcp --tcp-flags RST RST -j DROP'.split(' ');
    lab.client.run([family === 4 ? 'iptables' : 'ip6tables', ...rule]);
  };

  /** A SYN made by hand; returns when its answer has been received. */
  const sendSyn = async (): Promise<void> => {
    const { src, dst } = flow();
    const port = lab.client.openPort('libc', { local: src, remote: dst });
    const answered = new Promise<void>((resolve) => {
      port.onPacket(() => {
        resolve();
      });
    });
    port.send(emitPacket({ ip: { version: family, src, dst }, tcp: { srcPort: 41000, dstPort: 8888, flags: 'S' } }));
    await answered;
    port.close();
  };

  test('a port that listens is LISTEN, a four-tuple of nobody is none', () => {
    expect(lab.server.lookup(reverseFlow(flow())).owner).toBe('LISTEN');
    expect(lab.client.lookup(flow()).owner).toBe('none');
    expect(lab.server.lookup({ ...reverseFlow(flow()), srcPort: 8889 }).owner).toBe('none');
  });

  test('a half-open connection is SYN_RECV while the RST is kept away, and gone when it is not', async () => {
    await sendSyn();
    expect(lab.server.lookup(reverseFlow(flow())).owner).toBe('LISTEN');
    dropResets();
    await sendSyn();
    expect(lab.server.lookup(reverseFlow(flow())).owner).toBe('SYN_RECV');
  });

  test('with SYN cookies forced there is no half-open connection to be found', async () => {
    setSysctls(lab.server.netns, { 'net.ipv4.tcp_syncookies': 2 });
    dropResets();
    await sendSyn();
    expect(lab.server.lookup(reverseFlow(flow())).owner).toBe('LISTEN');
  });
});

test('an established connection of this very process is ESTABLISHED on both sides', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const socket = connectSocket(address.port, '127.0.0.1');
  await once(socket, 'connect');
  const flow = { src: '127.0.0.1', srcPort: socket.localPort ?? 0, dst: '127.0.0.1', dstPort: address.port };
  const table = openSocketTable();
  expect(table.ownerOf(flow)).toBe('ESTABLISHED');
  expect(table.ownerOf(reverseFlow(flow))).toBe('ESTABLISHED');
  expect(table.ownerOf({ ...flow, srcPort: flow.srcPort === 1 ? 2 : 1 })).toBe('none');
  table.close();
  table.close();
  socket.destroy();
  server.close();
});
