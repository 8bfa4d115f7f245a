/** Source ports for hand-made connections, where the kernel never takes its own from. */
import { randomInt } from 'node:crypto';
import { about, RawshakeError } from '../../error.js';
import type { Flow } from '../../wire/flow.js';
import { readSysctl } from '../namespace/sysctl.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { type PortHold, tryHold } from './port-hold.js';
import { openSocketTable } from '../netlink/sock-diag.js';
import type { Zone } from './zone.js';

const FIRST_UNPRIVILEGED = 1024;
const LAST = 65_535;
const MOST_TRIES = 1000;

/**
 * A random port outside `ip_local_port_range` with which no socket owns the four-tuple yet.
 * @throws {RawshakeError} RS_NO_PORT where the range leaves none
 */
export function ephemeralPort(flow: Omit<Flow, 'srcPort'>, netns?: NetworkNamespace, zone?: Zone): number {
  const table = openSocketTable(netns);
  try {
    return firstPort(netns, (srcPort) =>
      table.ownerOf({ ...flow, srcPort }, zone?.index) === 'none' ? srcPort : undefined,
    );
  } finally {
    table.close();
  }
}

/**
 * The same with nobody's socket at the port, and nobody's from now on. Throws as `ephemeralPort`.
 */
export const holdEphemeralPort = (address: string, netns?: NetworkNamespace, zone?: Zone): PortHold =>
  firstPort(netns, (port) => tryHold({ address, port, zone }, netns));

/** What `take` makes of the first port that it takes. */
function firstPort<T>(netns: NetworkNamespace | undefined, take: (port: number) => T | undefined): T {
  const readRange = () => readSysctl('net.ipv4.ip_local_port_range');
  const [low = LAST, high = LAST] = (netns === undefined ? readRange() : netns.run(readRange)).split(/\s+/).map(Number);
  const below = Math.max(0, low - FIRST_UNPRIVILEGED);
  const outside = below + (LAST - high);
  for (let tries = 0; outside > 0 && tries < MOST_TRIES; tries++) {
    const pick = randomInt(outside);
    const taken = take(pick < below ? FIRST_UNPRIVILEGED + pick : high + 1 + (pick - below));
    if (taken !== undefined) return taken;
  }
  const why = {
    en: `none is free outside ${String(low)} to ${String(high)}`,
    zh: `${String(low)} 到 ${String(high)} 之外没有空闲的`,
  };
  throw new RawshakeError('RS_NO_PORT', about({ en: 'source port', zh: '源端口' }, why), {
    hint: {
      en: 'Narrow the range that the kernel uses: sysctl -w net.ipv4.ip_local_port_range="32768 60999"',
      zh: '请缩小内核使用的范围：sysctl -w net.ipv4.ip_local_port_range="32768 60999"',
    },
  });
}
