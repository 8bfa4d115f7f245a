/**
 * A client with two ways to a server, behind one router: the main table knows the first, rules by source address and by mark lead
 * to the second. Each end of each link has a link-local address too.
 */
import { runCommand } from '../../src/linux/process/command.js';
import { Leases } from '../../src/linux/process/leases.js';
import { createNamespace, type NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import { createVethPair, type VethEnd } from '../../src/linux/namespace/veth.js';

export type Family = 4 | 6;
type Addresses = Readonly<Record<Family, string>>;

export interface Uplinks {
  readonly client: NetworkNamespace;
  readonly router: NetworkNamespace;
  readonly server: NetworkNamespace;
  /** The client's own, on each way. */
  readonly first: Addresses;
  readonly second: Addresses;
  readonly serverAddress: Addresses;
  close(): void;
}

/** What carries it goes by the second way. */
export const SECOND_MARK = 0x5a5a;

/** Of the client's interfaces, `first` and `second`; the other end has a 2 for the 1. */
export const LINK_LOCAL = { first: 'fe80::1:1', second: 'fe80::2:1' } as const;

/** The nearer end of each link has .1, the further one .2. */
const NETWORKS = {
  first: { 4: '192.0.2.', 6: '2001:db8:1::' },
  second: { 4: '203.0.113.', 6: '2001:db8:2::' },
  far: { 4: '198.51.100.', 6: '2001:db8:3::' },
} as const;

const FAMILIES: readonly Family[] = [4, 6];

export function openUplinks(): Uplinks {
  const leases = new Leases();
  try {
    const host = (): NetworkNamespace => leases.add(createNamespace());
    const [client, router, server] = [host(), host(), host()];
    join('first', 1, client, router);
    join('second', 2, client, router);
    join('far', 3, router, server);
    setSysctls(router, { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 });
    for (const family of FAMILIES) {
      const ip = (netns: NetworkNamespace, ...lines: string[]) =>
        runCommand(['ip', `-${family}`, '-batch', '-'], { netns, input: lines.join('\n') });
      const second = NETWORKS.second[family];
      ip(server, `route add default via ${NETWORKS.far[family]}1`);
      ip(
        client,
        `route add default via ${NETWORKS.first[family]}2`,
        `route add default via ${second}2 src ${second}1 table 100`,
        `rule add from ${second}1 table 100`,
        `rule add fwmark ${SECOND_MARK} table 100`,
      );
      for (const [way, other] of [
        ['first', 'second'],
        ['second', 'first'],
      ] as const) {
        const foreign = `${NETWORKS[other][family]}1`;
        // As a provider drops what comes from another's addresses. BCP 38.
        const program = family === 4 ? 'iptables' : 'ip6tables';
        runCommand([program, '-w', '-A', 'FORWARD', '-i', way, '-s', foreign, '-j', 'DROP'], { netns: router });
      }
    }
    const own = (network: keyof typeof NETWORKS, end: number): Addresses => ({
      4: `${NETWORKS[network][4]}${end}`,
      6: `${NETWORKS[network][6]}${end}`,
    });
    return {
      ...{ client, router, server },
      ...{ first: own('first', 1), second: own('second', 1), serverAddress: own('far', 2) },
      close() {
        leases.close();
      },
    };
  } catch (error) {
    leases.close();
    throw error;
  }
}

function join(name: keyof typeof NETWORKS, number: number, near: NetworkNamespace, far: NetworkNamespace): void {
  const macOf = (end: number): string => `02:00:00:00:0${number}:0${end}`;
  const addressesOf = (end: number): string[] => [
    `${NETWORKS[name][4]}${end}`,
    `${NETWORKS[name][6]}${end}`,
    `fe80::${number}:${end}`,
  ];
  const end = (netns: NetworkNamespace, me: number, other: number): VethEnd => ({
    ...{ netns, name, mac: macOf(me) },
    addresses: addressesOf(me).map((address) => `${address}/${address.includes(':') ? 64 : 24}`),
    neighbours: addressesOf(other).map((address) => ({ address, mac: macOf(other) })),
  });
  createVethPair(end(near, 1, 2), end(far, 2, 1));
}
