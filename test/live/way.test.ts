/** Which way packets take: by rules of source and mark, and to the link of a link-local address; a kernel's socket beside each. */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { beforeEach, describe, expect, test } from 'vitest';
import { handshake } from '../../src/driver/connect.js';
import { tapFrames } from '../../src/linux/capture/capture.js';
import * as linux from '../../src/linux/libc/constants.js';
import { openFlowOwners } from '../../src/linux/netlink/flow-owners.js';
import { runCommand } from '../../src/linux/process/command.js';
import { libc } from '../../src/linux/libc/libc.js';
import { loadRawSocket } from '../../src/linux/port/raw-socket-module.js';
import { socketAddress } from '../../src/linux/libc/sockaddr.js';
import { dial, type DialOptions } from '../../src/live/dial.js';
import { probe } from '../../src/live/probe.js';
import { serve } from '../../src/live/serve.js';
import { parseFrame, TcpFlag } from '../../src/wire/index.js';
import { json, rawshake } from '../support/cli.js';
import { allOf, endings, kernelClient, kernelServer, PORT } from './kernel-ends.js';
import { LINK_LOCAL, openUplinks, SECOND_MARK, type Uplinks } from './uplinks.js';

const TRANSPORTS = ['libc', 'packet', ...('module' in loadRawSocket() ? (['raw-socket'] as const) : [])] as const;

let net: Uplinks;
beforeEach(() => {
  net = openUplinks();
  endings.push(() => net.close());
});

/** What one made by hand hears, and how many packets of it its capture saw. */
async function handMade(options: Partial<DialOptions> & { host: string }, adopt = false) {
  const dialled = await dial({ port: PORT, netns: net.client, allowHalfOpen: true, ...options });
  endings.push(() => dialled.close());
  expect(await handshake(dialled.connection)).toEqual({ outcome: 'established' });
  const stream = adopt ? await dialled.adopt() : dialled.connection;
  endings.push(() => void stream.destroy());
  const heard = await allOf(stream);
  stream.end();
  return { heard, seen: dialled.capture.record().packets.length };
}

describe.each([4, 6] as const)('IPv%i: two ways, and rules', (family) => {
  const CASES = [
    { what: 'no source', leaving: () => ({}), way: 'first' },
    { what: 'the first source', leaving: () => ({ source: net.first[family] }), way: 'first' },
    { what: 'the second source', leaving: () => ({ source: net.second[family] }), way: 'second' },
    { what: 'a mark', leaving: () => ({ mark: SECOND_MARK }), way: 'second' },
  ] as const;

  test.each(CASES)('connect, $what: the $way way', async ({ leaving, way }) => {
    const host = net.serverAddress[family];
    await kernelServer(net.server, host);
    expect(await kernelClient(net.client, { to: host, ...leaving() })).toBe(net[way][family]);
    for (const transport of TRANSPORTS) {
      const { heard, seen } = await handMade({ host, transport, ...leaving() });
      expect({ transport, heard }).toEqual({ transport, heard: net[way][family] });
      expect(seen).toBeGreaterThanOrEqual(4);
    }
  });

  describe('a link that is named', () => {
    beforeEach(() => {
      const via = net.second[family].replace(/1$/, '2');
      net.client.run(() =>
        runCommand(['ip', `-${family}`, 'route', 'add', 'default', 'via', via, 'dev', 'second', 'metric', '5000']),
      );
    });

    test('connect and probe take it, and its address, though the routing table prefers another', async () => {
      const host = net.serverAddress[family];
      await kernelServer(net.server, host);
      for (const interfaceName of ['first', 'second'] as const) {
        const from = net[interfaceName][family];
        expect(await kernelClient(net.client, { to: host, interfaceName })).toBe(from);
        for (const transport of TRANSPORTS) {
          const { heard, seen } = await handMade({ host, transport, interfaceName });
          expect({ transport, heard }).toEqual({ transport, heard: from });
          expect(seen).toBeGreaterThanOrEqual(4);
          const probed = await probe({ host, port: PORT, netns: net.client, transport, interfaceName });
          expect(probed).toMatchObject({ transport, outcome: 'syn-ack', flow: { src: from } });
        }
        expect((await handMade({ host, interfaceName }, true)).heard).toBe(from);
      }
    });

    test.each(TRANSPORTS)('listen, %s: only what comes by it is answered', async (transport) => {
      const served = await serve({
        ...{ port: PORT, netns: net.client, transport, interfaceName: 'second' },
        onConnection: (connection) => connection.on('error', () => undefined).end('by hand'),
      });
      endings.push(() => served.close());
      expect(served.addresses).toContain(net.second[family]);
      expect(served.addresses).not.toContain(net.first[family]);
      expect(await kernelClient(net.server, { to: net.second[family] })).toBe('by hand');
    });

    test('one that is not there', async () => {
      const options = { host: net.serverAddress[family], port: PORT, netns: net.client, interfaceName: 'eth9' };
      const expected = { code: 'RS_USAGE', message: 'interface eth9: this host has none of that name' };
      await expect(dial(options)).rejects.toMatchObject(expected);
      await expect(probe(options)).rejects.toMatchObject(expected);
      await expect(serve({ ...options, onConnection: () => undefined })).rejects.toMatchObject(expected);
    });
  });

  test('no filter: the RST of this host’s own kernel, which has no mark and goes another way, is its own', async () => {
    const host = net.serverAddress[family];
    await kernelServer(net.server, host);
    const reset = new Promise<string>((resolve) => {
      const frames = tapFrames({ netns: net.client, interfaceName: 'first', marks: [SECOND_MARK] });
      endings.push(() => frames.close());
      frames.onFrame(({ bytes, direction }) => {
        const parsed = parseFrame(bytes, 'ethernet');
        if (direction === 'outgoing' && parsed.ok && parsed.value.packet?.tcp?.flags === TcpFlag.RST)
          resolve(parsed.value.packet.ip.src);
      });
    });
    const source = net.second[family];
    const dialled = await dial({ host, port: PORT, netns: net.client, source, mark: SECOND_MARK, filter: 'none' });
    endings.push(() => dialled.close());
    runCommand(['ip', `-${family}`, 'rule', 'del', 'from', source], { netns: net.client });
    expect(await reset).toBe(source);
    expect(
      dialled.capture
        .record()
        .packets.map(({ from, sender }) => `${from} ${sender}`)
        .slice(0, 3),
    ).toEqual(['client rawshake', 'server kernel', 'client kernel']);
  });

  test('an adopted connection goes on by the way of its source', async () => {
    const host = net.serverAddress[family];
    await kernelServer(net.server, host);
    expect((await handMade({ host, source: net.second[family] }, true)).heard).toBe(net.second[family]);
  });

  test.each(TRANSPORTS)('listen, %s: each is answered by the way of the address that was asked', async (transport) => {
    const served = await serve({
      ...{ port: PORT, netns: net.client, transport },
      onConnection: (connection) => connection.on('error', () => undefined).end('by hand'),
    });
    endings.push(() => served.close());
    for (const way of ['first', 'second'] as const)
      expect(await kernelClient(net.server, { to: net[way][family] })).toBe('by hand');
  });

  test('probe: the answer comes back to the second source', async () => {
    const host = net.serverAddress[family];
    await kernelServer(net.server, host);
    for (const transport of TRANSPORTS) {
      const result = await probe({ host, port: PORT, netns: net.client, source: net.second[family], transport });
      expect(result).toMatchObject({ transport, outcome: 'syn-ack', flow: { src: net.second[family] } });
    }
  });

  test.each([
    { source: () => net.serverAddress[family], says: 'no address of this host' },
    { source: () => net.second[family === 4 ? 6 : 4], says: 'IPv4 and IPv6' },
    { source: () => 'eth0', says: 'not an address' },
  ])('a source with which nothing could come back: $says', async ({ source, says }) => {
    const options = { host: net.serverAddress[family], port: PORT, netns: net.client, source: source() };
    const expected = { code: 'RS_USAGE', message: expect.stringContaining(says) as string };
    await expect(dial(options)).rejects.toMatchObject(expected);
    await expect(probe(options)).rejects.toMatchObject(expected);
  });

  test('a source that is not this host’s: the hint names the experiment that uses one', async () => {
    const options = {
      host: net.serverAddress[family],
      port: PORT,
      netns: net.client,
      source: net.serverAddress[family],
    };
    await expect(dial(options)).rejects.toMatchObject({ hint: expect.stringContaining('spare-address') as string });
  });
});

describe('link-local addresses', () => {
  const PEER = 'fe80::2:2'; // the router's end of the second link
  const inClient = () => ({ prefix: ['nsenter', `--net=${net.client.path}`] });

  test('with a zone, as its name or number: reached, captured, adopted, as a kernel’s socket does', async () => {
    await kernelServer(net.router, '::');
    const kernels = { to: PEER, source: LINK_LOCAL.second, link: 'second' };
    expect(await kernelClient(net.client, kernels)).toBe(LINK_LOCAL.second);
    const index = net.client.run(() => libc('if_nametoindex', 'second'));
    const source = LINK_LOCAL.second;
    for (const transport of TRANSPORTS) {
      for (const host of [`${PEER}%second`, `[${PEER}%${index}]`]) {
        const { heard, seen } = await handMade({ host, source, transport });
        expect({ transport, heard }).toEqual({ transport, heard: source });
        expect(seen).toBeGreaterThanOrEqual(4);
      }
    }
    expect((await handMade({ host: `${PEER}%second`, source }, true)).heard).toBe(source);
  });

  test('a connection of the kernel is found by its link, and not on another', async () => {
    await kernelServer(net.router, '::');
    const socket = new Socket({
      fd: net.client.run(() => {
        const fd = libc('socket', linux.AF_INET6, linux.SOCK_STREAM | linux.SOCK_CLOEXEC, 0);
        const name = socketAddress(LINK_LOCAL.second, 41_000, libc('if_nametoindex', 'second'));
        libc('bind', fd, name, name.length);
        return fd;
      }),
      allowHalfOpen: true,
    }).connect(PORT, PEER);
    endings.push(() => void socket.destroy());
    await once(socket, 'connect');
    const flow = { src: LINK_LOCAL.second, srcPort: 41_000, dst: PEER, dstPort: PORT };
    const owners = ['first', 'second'].map((name) => {
      const asked = openFlowOwners(net.client, { name, index: net.client.run(() => libc('if_nametoindex', name)) });
      endings.push(() => asked.close());
      return asked.areOwned([flow]);
    });
    expect(owners).toEqual([[false], [true]]);
  });

  test('from an address that is not link-local, by the link that was named', async () => {
    await kernelServer(net.router, '::');
    for (const transport of TRANSPORTS)
      expect((await handMade({ host: `${PEER}%second`, source: net.second[6], transport })).heard).toBe(net.second[6]);
  });

  test('the report shows it, and a probe takes it', async () => {
    await kernelServer(net.router, '::');
    const ends = { src: `${LINK_LOCAL.second}%second`, dst: `${PEER}%second` };
    for (const command of ['connect', 'probe']) {
      const args = [command, `${PEER}%second`, String(PORT), '--source', LINK_LOCAL.second, '--json'];
      const result = await rawshake(args, inClient());
      expect({ command, ...(json(result) as object) }).toMatchObject({ command, flow: ends });
      expect(result.code).toBe(0);
    }
  });

  test('without one: the zones that there are to choose from, and the only one where there is one', async () => {
    const options = { host: PEER, port: PORT, netns: net.client };
    await expect(dial(options)).rejects.toMatchObject({
      code: 'RS_USAGE',
      hint: expect.stringContaining(`${PEER}%first, ${PEER}%second`) as string,
    });
    await kernelServer(net.router, '::');
    const only = await probe({ host: 'fe80::3:1', port: PORT, netns: net.server });
    expect(only).toMatchObject({ outcome: 'syn-ack', zone: { name: 'far' } });
    // A source of one link says which is meant.
    expect((await handMade({ host: PEER, source: LINK_LOCAL.second })).heard).toBe(LINK_LOCAL.second);
  });

  test.each([
    { host: `${PEER}%eth9`, says: 'no interface eth9' },
    { host: `${PEER}%999`, says: 'no interface 999' },
    { host: '2001:db8:3::2%second', says: 'only a link-local address' },
    { host: `${PEER}%first`, says: 'is on first, and the source on second' },
  ])('$host: $says', async ({ host, says }) => {
    const source = host.startsWith('fe80') ? { source: LINK_LOCAL.second } : {};
    const expected = { code: 'RS_USAGE', message: expect.stringContaining(says) as string };
    await expect(dial({ host, port: PORT, netns: net.client, ...source })).rejects.toMatchObject(expected);
  });

  test.each(TRANSPORTS)('listen, %s: at one of them', async (transport) => {
    const served = await serve({
      ...{ port: PORT, netns: net.client, address: `${LINK_LOCAL.second}%second`, transport },
      onConnection: (connection) => connection.on('error', () => undefined).end('by hand'),
    });
    endings.push(() => served.close());
    expect(served.addresses).toEqual([`${LINK_LOCAL.second}%second`]);
    const peer = { to: LINK_LOCAL.second, source: PEER, link: 'second' };
    expect(await kernelClient(net.router, peer)).toBe('by hand');
  });
});
