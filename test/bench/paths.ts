/** Twenty megabytes there and back over paths as they are between networks, by hand and by kernels on the same path. */
import { performance } from 'node:perf_hooks';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import { type Family, openNarrowPath } from '../live/narrow-path.js';
import {
  type Client,
  handMadeClient,
  handMadeServer,
  kernelClient,
  kernelServer,
  type Server,
} from '../live/there-and-back.js';
import type { Figure } from './figure.js';

const DATA = Buffer.alloc(20_000_000);
for (let i = 0; i < DATA.length; i += 4) DATA.writeUInt32LE(Math.imul(i, 2_654_435_761) >>> 0, i);

const PLACES = [
  { name: 'nat-mtu-1400', path: { mtu: 1400, tells: true, translates: true } },
  { name: 'mtu-1280', path: { mtu: 1280, tells: true } },
  { name: 'black-hole-mtu-1280', path: { mtu: 1280, tells: false } },
  { name: 'mtu-1500', path: { mtu: 1500, tells: true } },
] as const;

const ENDS = [
  { name: 'connect', server: kernelServer, client: handMadeClient },
  { name: 'listen', server: handMadeServer, client: kernelClient },
] as const;

/** Megabytes a second, each way. @throws {Error} where it is not the same that came back */
async function rate(
  place: (typeof PLACES)[number]['path'],
  family: Family,
  server: Server,
  client: Client,
): Promise<number> {
  const path = openNarrowPath(place);
  // Without a word from the routers, a kernel must be told to look for itself.
  for (const netns of [path.client, path.server]) setSysctls(netns, { 'net.ipv4.tcp_mtu_probing': 1 });
  const close = await server(path, family);
  try {
    const from = performance.now();
    const back = await client(path, family, DATA);
    const seconds = (performance.now() - from) / 1000;
    if (!back.equals(DATA)) throw new Error('what came back is not what was sent');
    return DATA.length / 1e6 / seconds;
  } finally {
    await close();
    path.close();
  }
}

export async function pathFigures(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const { name: place, path } of PLACES)
    for (const family of [4, 6] as const) {
      const baseline = await rate(path, family, kernelServer, kernelClient);
      for (const { name, server, client } of ENDS) {
        const rawshake = await rate(path, family, server, client);
        const ratio = rawshake / baseline;
        const names = { name: `${name}-${place}-ipv${family}`, unit: 'MB/s', baselineName: 'two kernels' };
        figures.push({ ...names, rawshake, baseline, ratio });
      }
    }
  return figures;
}
