/**
 * A path that is narrower in its middle than at its ends, as through a tunnel of somebody else's: client - near router - far
 * router - server. Neither end sees it by a link of its own, so all depends on what the routers say, if they say it.
 */
import type { NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { runCommand } from '../../src/linux/process/command.js';
import { Leases } from '../../src/linux/process/leases.js';
import { createNamespace } from '../../src/linux/namespace/netns.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import { createVethPair, type VethEnd } from '../../src/linux/namespace/veth.js';

export type Family = 4 | 6;

export interface NarrowPathOptions {
  /** Of the link in the middle; the others have 1500. */
  readonly mtu: number;
  /** Whether routers say that a packet was too large for it. */
  readonly tells: boolean;
  /** Whether the near router is a firewall that keeps state, and the client behind it has its address only. */
  readonly translates?: boolean;
}

export interface NarrowPath {
  readonly client: NetworkNamespace;
  readonly near: NetworkNamespace;
  readonly far: NetworkNamespace;
  readonly server: NetworkNamespace;
  readonly address: Readonly<Record<'client' | 'server', Readonly<Record<Family, string>>>>;
  /** Who is asked next on the way from the client, and from the server, by the number of the link. */
  readonly router: Readonly<Record<Family, Readonly<Record<0 | 2, string>>>>;
  close(): void;
}

/** The three links in their order; the first host has .1, the second .2. */
const NETWORKS = [
  { 4: '192.0.2.', 6: '2001:db8:1::' },
  { 4: '198.18.0.', 6: '2001:db8:2::' },
  { 4: '198.51.100.', 6: '2001:db8:3::' },
] as const;

const BITS: Readonly<Record<Family, number>> = { 4: 24, 6: 64 };
const FAMILIES: readonly Family[] = [4, 6];

export function openNarrowPath({ mtu, tells, translates = false }: NarrowPathOptions): NarrowPath {
  const leases = new Leases();
  try {
    const host = (): NetworkNamespace => leases.add(createNamespace());
    const hosts = [host(), host(), host(), host()] as const;
    const [client, near, far, server] = hosts;
    link(0, client, near);
    link(1, near, far);
    link(2, far, server);
    for (const family of FAMILIES) {
      route(client, family, 'default', 0, 2);
      route(near, family, networkOf(2, family), 1, 2);
      route(far, family, networkOf(0, family), 1, 1);
      route(server, family, 'default', 2, 1);
    }
    for (const router of [near, far]) {
      setMtu(router, 1, mtu);
      setSysctls(router, { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 });
      if (!tells) silence(router);
    }
    if (translates) translate(near);
    const addresses = (network: number, end: number): Readonly<Record<Family, string>> => ({
      4: addressOf(network, 4, end),
      6: addressOf(network, 6, end),
    });
    const routers = (family: Family): Readonly<Record<0 | 2, string>> => ({
      0: addressOf(0, family, 2),
      2: addressOf(2, family, 1),
    });
    return {
      ...{ client, near, far, server },
      address: { client: addresses(0, 1), server: addresses(2, 2) },
      router: { 4: routers(4), 6: routers(6) },
      close() {
        leases.close();
      },
    };
  } catch (error) {
    leases.close();
    throw error;
  }
}

const addressOf = (network: number, family: Family, end: number): string =>
  `${NETWORKS[network]?.[family] ?? ''}${end}`;

const networkOf = (network: number, family: Family): string => `${addressOf(network, family, 0)}/${BITS[family]}`;

const macOf = (network: number, end: number): string => `02:00:00:00:0${network}:0${end}`;

const nameOf = (network: number): string => `link${network}`;

/** At one end of a link. Below 1280 it carries no IPv6 any more. */
export function setMtu(netns: NetworkNamespace, network: number, mtu: number): void {
  runCommand(['ip', 'link', 'set', nameOf(network), 'mtu', String(mtu)], { netns });
}

function link(network: number, first: NetworkNamespace, second: NetworkNamespace): void {
  const name = nameOf(network);
  const end = (netns: NetworkNamespace, me: number, other: number): VethEnd => ({
    ...{ netns, name, mac: macOf(network, me) },
    addresses: FAMILIES.map((family) => `${addressOf(network, family, me)}/${BITS[family]}`),
    neighbours: FAMILIES.map((family) => ({ address: addressOf(network, family, other), mac: macOf(network, other) })),
  });
  createVethPair(end(first, 1, 2), end(second, 2, 1));
}

function route(netns: NetworkNamespace, family: Family, to: string, network: number, router: number): void {
  const via = addressOf(network, family, router);
  runCommand(['ip', `-${family}`, 'route', 'add', to, 'via', via], { netns });
}

/** As at home: what the client has not begun does not come in, and what fits no connection does not go out either. */
function translate(netns: NetworkNamespace): void {
  const rules = [
    `-t nat -A POSTROUTING -o ${nameOf(1)} -j MASQUERADE`,
    '-A FORWARD -m conntrack --ctstate INVALID -j DROP',
    `-A FORWARD -i ${nameOf(1)} -m conntrack ! --ctstate ESTABLISHED,RELATED -j DROP`,
  ];
  for (const program of ['iptables', 'ip6tables'])
    for (const rule of rules) runCommand([program, '-w', ...rule.split(' ')], { netns });
}

/** As the routers whose owners drop all ICMP: a black hole. RFC 2923 §2.1. */
function silence(netns: NetworkNamespace): void {
  const rules = [
    'iptables -w -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP',
    'ip6tables -w -A OUTPUT -p icmpv6 --icmpv6-type packet-too-big -j DROP',
  ];
  for (const rule of rules) runCommand(rule.split(' ') as [string, ...string[]], { netns });
}
