/** A lab: two hosts in private namespaces, joined by a link. It lives in this process and dies with it. */
import { randomInt } from 'node:crypto';
import { about, RawshakeError, spaced, type Text } from '../error.js';
import type { EndName } from '../evidence/host.js';
import { FIRST_LAB_LINK } from '../evidence/trace/plan.js';
import { hasIpv6 } from '../linux/namespace/ipv6.js';
import { changeNetwork } from '../linux/netlink/change-network.js';
import { addLinkRoute, addRoute } from '../linux/netlink/network-changes.js';
import { createNamespace } from '../linux/namespace/netns.js';
import { setSysctls } from '../linux/namespace/sysctl.js';
import { createVethPair, type VethEnd } from '../linux/namespace/veth.js';
import {
  ADDRESS_RANGE,
  ADDRESSES,
  ALONE,
  type Family,
  hostAddress,
  type HostAddresses,
  labAddress,
  LINK,
  LOOPBACK,
  prefixBits,
} from './addresses.js';
import { LabHost } from './host.js';
import { Leases } from '../linux/process/leases.js';
import type { Relay } from './relay.js';
import { createRelayLink } from './relay-link.js';
import { settingsHere } from './settings.js';

export interface Lab {
  readonly client: LabHost;
  readonly server: LabHost;
  /** Takes everything down. Idempotent. */
  close(): void;
  [Symbol.dispose](): void;
}

/** So large a range that two labs at the same time hardly ever share a number, which then would share their traces. */
const MOST_LINK = 1_000_000_000;

/** A lab in which this process passes on every frame, so that what crosses in flight is under exact control. */
export interface RelayLab extends Lab {
  readonly relay: Relay;
}

export interface LabOptions {
  /** `veth`: the kernel alone between the hosts. `relay`: this process in the middle. Default: `veth`. */
  readonly link?: 'veth' | 'relay';
  /** What is left out is as in `ADDRESSES`; all are of the lab's own ranges, 192.0.2.0/24 and 2001:db8::/112, or as `addressing` says. */
  readonly addresses?: HostAddresses;
  /**
   * `any`: any address that a host can have, for it exists in the lab alone; the way from each host to everybody else leads to the other,
   * which passes nothing on. Default: `own`.
   */
  readonly addressing?: 'own' | 'any';
  /** What each host calls its link. Default: `eth0`. */
  readonly linkNames?: Readonly<Partial<Record<EndName, string>>>;
}

const open = new WeakSet<object>();

/** Whether `lab` is the very object that `createLab` returned, and not closed. */
export const isOpenLab = (lab: object): boolean => open.has(lab);

/**
 * Two hosts, addressed from the documentation ranges, ready to talk.
 * @throws {SystemCallError} EPERM where namespaces are refused; {RawshakeError} RS_NOT_IN_KERNEL without veth; RS_USAGE
 * for addresses that a lab cannot have
 */
export function createLab(options: LabOptions & { readonly link: 'relay' }): RelayLab;
export function createLab(options?: LabOptions): Lab;
export function createLab(options: LabOptions = {}): Lab | RelayLab {
  const { link = 'veth', addressing = 'own', linkNames = {} } = options;
  const known = { client: addressesOf('client', options), server: addressesOf('server', options) };
  if (known.client[4] === known.server[4] || known.client[6] === known.server[6])
    throw unusable(SAME_ADDRESS, { en: 'another address for one of them', zh: '其中一方的另一个地址' });
  for (const name of Object.values(linkNames)) if (!isLinkName(name)) throw unusable(noLinkName(name), LINK_NAME);
  const leases = new Leases();
  const close = (): void => {
    leases.close();
  };
  const firstLink = randomInt(FIRST_LAB_LINK, MOST_LINK);
  const opened = <Opened extends Lab>(lab: Opened): Opened => {
    open.add(lab);
    leases.defer(() => open.delete(lab));
    return Object.freeze(lab);
  };
  const add = (name: EndName): LabHost => {
    const netns = leases.add(createNamespace());
    setSysctls(netns, settingsHere());
    const number = name === 'client' ? firstLink : firstLink + 1;
    return leases.add(new LabHost(name, netns, known[name], { number, name: linkNames[name] ?? LINK }));
  };
  try {
    const [client, server] = [add('client'), add('server')];
    const lab: Lab = { client, server, close, [Symbol.dispose]: close };
    if (link === 'relay') {
      return opened({ ...lab, relay: createRelayLink(linkEnd(client, server), linkEnd(server, client), leases) });
    }
    const broadcast = addressing === 'any' ? broadcastOf(client, server) : undefined;
    createVethPair({ ...linkEnd(client, server), broadcast }, { ...linkEnd(server, client), broadcast });
    if (addressing === 'any') {
      leadEverywhere(client, server);
      leadEverywhere(server, client);
    }
    return opened(lab);
  } catch (error) {
    close();
    throw error;
  }
}

/** As messages about labs begin. */
const LAB: Text = { en: 'lab', zh: '实验环境' };
const SAME_ADDRESS: Text = { en: 'client and server have the same address', zh: '客户端和服务器的地址相同' };

/** @throws {RawshakeError} RS_USAGE */
function addressesOf(
  name: EndName,
  { addresses = {}, addressing = 'own' }: LabOptions,
): Readonly<Record<Family, string>> {
  const address = (family: Family): string => {
    const text = addresses[name]?.[family] ?? ADDRESSES[name][family];
    const canonical = addressing === 'own' ? labAddress(family, text) : hostAddress(family, text);
    if (canonical === undefined)
      throw unusable(
        { en: `${name} cannot have the address ${text}`, zh: `${name} 不能使用地址 ${text}` },
        addressing === 'own' ? ADDRESS_RANGE[family] : UNICAST,
      );
    return canonical;
  };
  return { 4: address(4), 6: address(6) };
}

const unusable = (why: Text, { en, zh }: Text): RawshakeError =>
  new RawshakeError('RS_USAGE', about(LAB, why), { hint: { en: `Give ${en}.`, zh: `请给出${spaced(zh)}。` } });

/** dev_valid_name() of net/core/dev.c; `lo` is there already. */
const isLinkName = (name: string): boolean =>
  /^[^\s/:%]+$/.test(name) && Buffer.byteLength(name) <= 15 && !['.', '..', LOOPBACK, 'all', 'default'].includes(name);

const noLinkName = (name: string): Text => ({
  en: `no link can be called ${JSON.stringify(name)}`,
  zh: `接口不能叫 ${JSON.stringify(name)}`,
});

const LINK_NAME: Text = {
  en: 'a name of at most 15 bytes without blanks, slashes, colons and percent signs, such as eth0',
  zh: '至多 15 字节、不含空白、斜线、冒号和百分号的名称，例如 eth0',
};

const UNICAST: Text = {
  en: "an address that a host can have: none of a group, of the loopback, or a link's own",
  zh: '主机可以使用的地址，不能是组播、环回或链路本地地址',
};

/** To the other host over the link, where it is in no network that both are in, and by it to everybody else. */
function leadEverywhere({ netns, link, addresses }: LabHost, other: LabHost): void {
  const out = { name: link.name, index: link.number };
  changeNetwork(
    netns,
    familiesHere().flatMap((family) => {
      const router = other.addresses[family];
      const way = prefixBits(family, addresses[family], router) === ALONE[family] ? [addLinkRoute(router, out)] : [];
      return [...way, addRoute(EVERYBODY[family], router)];
    }),
  );
}

/** Programs look for one, and complain where there is none; that of the client's network, unless somebody has it. */
function broadcastOf(...hosts: readonly LabHost[]): string | undefined {
  const broadcast = hosts[0]?.addresses[4].replace(/\d+$/, '255');
  return hosts.some(({ addresses }) => addresses[4] === broadcast) ? undefined : broadcast;
}

const EVERYBODY: Readonly<Record<Family, string>> = { 4: '0.0.0.0/0', 6: '::/0' };

function linkEnd({ name, netns, link, addresses }: LabHost, other: LabHost): VethEnd {
  const { mac } = ADDRESSES[other.name];
  return {
    netns,
    name: link.name,
    index: link.number,
    mac: ADDRESSES[name].mac,
    addresses: familiesHere().map((family) => {
      const bits = prefixBits(family, addresses[family], other.addresses[family]);
      return `${addresses[family]}/${String(bits)}`;
    }),
    neighbours: familiesHere().map((family) => ({ address: other.addresses[family], mac })),
  };
}

/** Without IPv6 a lab has IPv4 alone. */
const familiesHere = (): readonly Family[] => (hasIpv6() ? [4, 6] : [4]);
