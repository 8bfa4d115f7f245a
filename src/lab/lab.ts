/** A lab: two hosts in private namespaces, joined by a link. It lives in this process and dies with it. */
import { randomInt } from 'node:crypto';
import { type HostName, otherHost } from '../evidence/host.js';
import { FIRST_LAB_LINK } from '../evidence/trace/plan.js';
import { createNamespace } from '../linux/netns.js';
import { setSysctls } from '../linux/sysctl.js';
import { createVethPair, type VethEnd } from '../linux/veth.js';
import { ADDRESSES, LINK, PREFIX_BITS } from './addresses.js';
import { LabHost } from './host.js';
import { Leases } from '../linux/leases.js';
import type { Relay } from './relay.js';
import { createRelayLink } from './relay-link.js';
import { SETTINGS } from './settings.js';

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
}

/**
 * Two hosts, addressed from the documentation ranges, ready to talk.
 * @throws {SystemCallError} EPERM where namespaces are refused; {RawshakeError} RS_MISSING_TOOL without iproute2
 */
export function createLab(options: LabOptions & { readonly link: 'relay' }): RelayLab;
export function createLab(options?: LabOptions): Lab;
export function createLab({ link = 'veth' }: LabOptions = {}): Lab | RelayLab {
  const leases = new Leases();
  const close = (): void => {
    leases.close();
  };
  const firstLink = randomInt(FIRST_LAB_LINK, MOST_LINK);
  const add = (name: HostName): LabHost => {
    const netns = leases.add(createNamespace());
    setSysctls(netns, SETTINGS);
    return leases.add(new LabHost(name, netns, name === 'client' ? firstLink : firstLink + 1));
  };
  try {
    const [client, server] = [add('client'), add('server')];
    const lab: Lab = { client, server, close, [Symbol.dispose]: close };
    if (link === 'relay') return { ...lab, relay: createRelayLink(linkEnd(client), linkEnd(server), leases) };
    createVethPair(linkEnd(client), linkEnd(server));
    return lab;
  } catch (error) {
    close();
    throw error;
  }
}

function linkEnd({ name, netns, link }: LabHost): VethEnd {
  const { mac, ...address } = ADDRESSES[name];
  const other = ADDRESSES[otherHost(name)];
  return {
    netns,
    name: LINK,
    index: link,
    mac,
    addresses: [`${address[4]}/${String(PREFIX_BITS[4])}`, `${address[6]}/${String(PREFIX_BITS[6])}`],
    neighbours: [other[4], other[6]].map((known) => ({ address: known, mac: other.mac })),
  };
}
