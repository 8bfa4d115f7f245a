/** A lab: two hosts in private namespaces, joined by a link. It lives in this process and dies with it. */
import { randomInt } from 'node:crypto';
import { about, RawshakeError, spaced, type Text } from '../error.js';
import type { EndName } from '../evidence/host.js';
import { FIRST_LAB_LINK } from '../evidence/trace/plan.js';
import { hasIpv6 } from '../linux/namespace/ipv6.js';
import { createNamespace } from '../linux/namespace/netns.js';
import { setSysctls } from '../linux/namespace/sysctl.js';
import { createVethPair, type VethEnd } from '../linux/namespace/veth.js';
import {
  ADDRESS_RANGE,
  ADDRESSES,
  type Family,
  type HostAddresses,
  labAddress,
  LINK,
  PREFIX_BITS,
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
  /** What is left out is as in `ADDRESSES`; all are of the lab's own ranges, 192.0.2.0/24 and 2001:db8::/112. */
  readonly addresses?: HostAddresses;
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
export function createLab({ link = 'veth', addresses = {} }: LabOptions = {}): Lab | RelayLab {
  const known = { client: addressesOf('client', addresses), server: addressesOf('server', addresses) };
  if (known.client[4] === known.server[4] || known.client[6] === known.server[6])
    throw unusable(SAME_ADDRESS, { en: 'another address for one of them', zh: '其中一方的另一个地址' });
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
    return leases.add(new LabHost(name, netns, known[name], name === 'client' ? firstLink : firstLink + 1));
  };
  try {
    const [client, server] = [add('client'), add('server')];
    const lab: Lab = { client, server, close, [Symbol.dispose]: close };
    if (link === 'relay') {
      return opened({ ...lab, relay: createRelayLink(linkEnd(client, server), linkEnd(server, client), leases) });
    }
    createVethPair(linkEnd(client, server), linkEnd(server, client));
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
function addressesOf(name: EndName, given: HostAddresses): Readonly<Record<Family, string>> {
  const address = (family: Family): string => {
    const text = given[name]?.[family] ?? ADDRESSES[name][family];
    const canonical = labAddress(family, text);
    if (canonical === undefined)
      throw unusable(
        { en: `${name} cannot have the address ${text}`, zh: `${name} 不能使用地址 ${text}` },
        ADDRESS_RANGE[family],
      );
    return canonical;
  };
  return { 4: address(4), 6: address(6) };
}

const unusable = (why: Text, { en, zh }: Text): RawshakeError =>
  new RawshakeError('RS_USAGE', about(LAB, why), { hint: { en: `Give ${en}.`, zh: `请给出${spaced(zh)}。` } });

function linkEnd({ name, netns, link, addresses }: LabHost, other: LabHost): VethEnd {
  const { mac } = ADDRESSES[other.name];
  return {
    netns,
    name: LINK,
    index: link,
    mac: ADDRESSES[name].mac,
    addresses: familiesHere().map((family) => `${addresses[family]}/${String(PREFIX_BITS[family])}`),
    neighbours: familiesHere().map((family) => ({ address: other.addresses[family], mac })),
  };
}

/** Without IPv6 a lab has IPv4 alone. */
const familiesHere = (): readonly Family[] => (hasIpv6() ? [4, 6] : [4]);
