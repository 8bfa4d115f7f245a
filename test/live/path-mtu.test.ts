/** Megabytes both ways over paths that carry less than the links at their ends, by hand and, beside it, between two kernels. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { loadRawSocket } from '../../src/linux/port/raw-socket-module.js';
import { runCommand } from '../../src/linux/process/command.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import type { Dialled, DialOptions } from '../../src/live/dial.js';
import type { ServeOptions } from '../../src/live/serve.js';
import { type Family, type NarrowPath, openNarrowPath, setMtu } from './narrow-path.js';
import {
  echo,
  exchange,
  handMadeClient,
  handMadeServer,
  kernelClient,
  kernelServer,
  opened as openedThere,
  type Server,
} from './there-and-back.js';

const BYTES = 2_000_000;
const DATA = Buffer.from(Uint8Array.from({ length: BYTES }, (_, i) => (i * 31 + (i >> 8) * 7) & 0xff));
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What has to be closed and awaited when a test is over, the last first. */
const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function open(mtu: number, tells: boolean, translates = false): NarrowPath {
  const path = openNarrowPath({ mtu, tells, translates });
  endings.push(() => {
    path.close();
  });
  // Without a word from the routers, a kernel must be told to look for itself.
  for (const netns of [path.client, path.server]) setSysctls(netns, { 'net.ipv4.tcp_mtu_probing': 1 });
  return path;
}

/** Serves until the test is over. */
async function serving(server: ReturnType<Server>): Promise<void> {
  endings.push(await server);
}

async function opened(path: NarrowPath, family: Family, options: Partial<DialOptions> = {}): Promise<Dialled> {
  const dialled = await openedThere(path, family, options);
  endings.push(() => dialled.close());
  return dialled;
}

const PLACES = [
  { mtu: 1400, tells: true, translates: true },
  { mtu: 1280, tells: true, translates: false },
  { mtu: 1280, tells: false, translates: false },
];
const ENDS = [
  { who: 'connect', server: kernelServer, client: handMadeClient },
  { who: 'listen', server: handMadeServer, client: kernelClient },
  { who: 'two kernels', server: kernelServer, client: kernelClient },
];

describe.each(PLACES)('MTU $mtu, the routers say so: $tells, NAT: $translates', ({ mtu, tells, translates }) => {
  describe.each([4, 6] as const)('IPv%i', (family) => {
    test.each(ENDS)('$who', async ({ server, client }) => {
      const path = open(mtu, tells, translates);
      await serving(server(path, family));
      expect(digest(await client(path, family, DATA))).toBe(digest(DATA));
    });
  });
});

describe('MTU 500, less than anybody goes down to: the routers cut up what is sent', () => {
  test.each(ENDS)('$who', async ({ server, client }) => {
    const path = open(500, true);
    await serving(server(path, 4));
    expect(digest(await client(path, 4, DATA))).toBe(digest(DATA));
  });
});

const TRANSPORTS = ['libc', 'packet', ...('module' in loadRawSocket() ? (['raw-socket'] as const) : [])] as const;

describe.each(TRANSPORTS)('by %s', (transport) => {
  describe.each([4, 6] as const)('IPv%i', (family) => {
    test('connect: the own link becomes smaller in the middle', async () => {
      const path = open(1500, true);
      await serving(kernelServer(path, family));
      const { connection } = await opened(path, family, { transport });
      connection.write('the first bytes');
      await once(connection, 'data');
      for (const netns of [path.client, path.near]) setMtu(netns, 0, 1300);
      expect(digest(await exchange(connection, DATA))).toBe(digest(DATA));
      expect(connection.tcb.sendMss).toBe(1300 - (family === 4 ? 40 : 60));
    });

    test('listen: the own link becomes smaller in the middle', async () => {
      const path = open(1500, true);
      const failures: Error[] = [];
      const options: Partial<ServeOptions> = {
        transport,
        onConnection(connection) {
          connection.once('data', () => {
            for (const netns of [path.far, path.server]) setMtu(netns, 2, 1300);
          });
          echo(connection);
        },
        onSendFailure: (error) => failures.push(error),
      };
      await serving(handMadeServer(path, family, options));
      expect(digest(await kernelClient(path, family, DATA))).toBe(digest(DATA));
      expect(failures).toEqual([]);
    });

    test('connect and listen: the MTU of the route is that of the segments, both ways', async () => {
      const path = open(1500, true);
      for (const [netns, network] of [
        [path.client, 0],
        [path.server, 2],
      ] as const) {
        const via = path.router[family][network];
        const change = `ip -${family} route change default via ${via} mtu ${network === 0 ? 1350 : 1320}`;
        runCommand(change.split(' ') as [string, ...string[]], { netns });
      }
      await serving(handMadeServer(path, family, { transport }));
      const { connection, capture } = await opened(path, family, { transport });
      expect(digest(await exchange(connection, DATA))).toBe(digest(DATA));
      const headers = family === 4 ? 40 : 60;
      const { packets } = capture.record();
      expect(packets.slice(0, 2).map(({ segment }) => segment.options[0])).toEqual([
        { kind: 'mss', mss: 1350 - headers },
        { kind: 'mss', mss: 1320 - headers },
      ]);
      expect(Math.max(...packets.map(({ packet }) => packet.bytes.length))).toBe(1320);
      for (const { ip } of packets.map(({ packet }) => packet))
        if (ip.version === 4) expect(ip.dontFragment).toBe(true);
    });
  });
});

/** The server talks to itself. */
function alone(path: NarrowPath, address: string): NarrowPath {
  const own = { 4: address, 6: address };
  return { ...path, client: path.server, address: { client: own, server: own } };
}

describe.each([
  [4, '127.0.0.1', 65_495],
  [6, '::1', 65_476],
] as const)('loopback of IPv%i', (family, address, mss) => {
  test.each(ENDS)('$who', async ({ server, client }) => {
    const onLoopback = alone(open(1500, true), address);
    await serving(server(onLoopback, family));
    expect(digest(await client(onLoopback, family, DATA))).toBe(digest(DATA));
  });

  test('connect: the segments are as large as the kernel’s', async () => {
    const onLoopback = alone(open(1500, true), address);
    await serving(kernelServer(onLoopback, family));
    const { connection } = await opened(onLoopback, family);
    expect(connection.tcb.sendMss).toBe(mss);
  });
});
