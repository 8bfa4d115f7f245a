import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { RawshakeError } from '../../src/error.js';
import { ADDRESSES, CLIENT_PORT } from '../../src/lab/addresses.js';
import { createLab } from '../../src/lab/lab.js';
import { openEndpoint } from '../../src/lab/bench/open-endpoint.js';
import { dial } from '../../src/live/dial.js';
import { emitPacket } from '../../src/wire/index.js';

test('the first packet of a fresh lab arrives, in either direction and family, forty labs in a row', async () => {
  for (let i = 0; i < 40; i++) {
    const lab = createLab();
    const family = i % 2 === 0 ? 4 : 6;
    const [from, to] = i % 4 < 2 ? [lab.client, lab.server] : [lab.server, lab.client];
    const [src, dst] = [from.address(family), to.address(family)];
    const sender = from.openPort('libc', { local: src, remote: dst });
    const receiver = to.openPort('libc', { local: dst, remote: src });
    const arrived = new Promise<void>((resolve, reject) => {
      sender.onError(reject);
      receiver.onPacket(() => {
        resolve();
      });
    });
    sender.send(emitPacket({ ip: { version: family, src, dst }, tcp: { srcPort: 1, dstPort: 2, flags: 'R' } }));
    await arrived;
    sender.close();
    receiver.close();
    lab.close();
  }
});

test("the client's port is one that no kernel takes by itself", () => {
  const lab = createLab();
  const reserved = lab.client.netns.run(() => readFileSync('/proc/sys/net/ipv4/ip_local_reserved_ports', 'utf8'));
  expect(reserved.trim()).toBe(String(CLIENT_PORT));
  lab.close();
});

test('hosts are apart from this machine and from each other', () => {
  const lab = createLab();
  const addresses = (run: (argv: readonly [string, ...string[]]) => string) => run(['ip', '-brief', 'address']);
  expect(addresses((argv) => lab.client.run(argv))).toContain(`${ADDRESSES.client[4]}/24`);
  expect(addresses((argv) => lab.client.run(argv))).not.toContain(ADDRESSES.server[4]);
  expect(readFileSync('/proc/net/fib_trie', 'utf8')).not.toContain(ADDRESSES.client[4]);
  lab.close();
});

test('closing takes it down, twice is once', () => {
  const lab = createLab();
  const { path } = lab.client.netns;
  expect(existsSync(path)).toBe(true);
  lab.close();
  lab.close();
  expect(existsSync(path)).toBe(false);
});

test('with it go the connections of programs in it, on both sides, idle as they are', async () => {
  const lab = createLab();
  const server = await lab.server.listen(4, 8888, () => undefined);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const flow = { src: ADDRESSES.client[4], srcPort: 0, dst: ADDRESSES.server[4], dstPort: 8888 };
  const socket = lab.client.connect(flow);
  const [other] = await accepted;
  const closed = [socket, other].map((end) => once(end, 'close'));
  lab.close();
  await Promise.all(closed);
});

test('of a lab that is closed all say that, and nobody is told to be root', async () => {
  const lab = createLab();
  const { client } = lab;
  lab.close();
  const flow = { src: ADDRESSES.client[4], srcPort: 1, dst: ADDRESSES.server[4], dstPort: 2 };
  const uses: readonly (() => unknown)[] = [
    () => client.run(['true']),
    () => client.lookup(flow),
    () => client.sockets(4),
    () => client.counters(),
    () => client.connect(flow),
    () => client.listen(4, 80, () => undefined),
    () => client.capture(1),
    () => client.openPort('libc', { local: flow.src, remote: flow.dst }),
    () => client.openPort('raw-socket', { local: flow.src, remote: flow.dst }),
    () => client.nft().contents('inet'),
    () => openEndpoint(lab, 'client'),
    () => dial({ host: flow.dst, port: 2, netns: client.netns }),
    () => dial({ host: flow.dst, port: 2, source: flow.src, filter: 'nft', netns: client.netns }),
  ];
  for (const use of uses) {
    const error: unknown = await Promise.resolve()
      .then(use)
      .then(
        () => undefined,
        (cause: unknown) => cause,
      );
    expect(error, use.toString()).toMatchObject({ code: 'RS_CLOSED' });
    expect((error as RawshakeError).hint).not.toMatch(/sudo|root/);
  }
});
