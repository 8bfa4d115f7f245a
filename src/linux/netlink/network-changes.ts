/** What ip(8) is used for elsewhere: links, addresses, routes and neighbours, as messages to the kernel. rtnetlink(7), iproute2. */
import { parseMac } from '../../wire/address.js';
import * as linux from '../libc/constants.js';
import { type Attribute, attributeBytes } from './attributes.js';
import { joined } from './bytes.js';
import type { Request } from './messages.js';
import { IFADDRMSG, IFINFOMSG, NDMSG, RTMSG } from './rtnetlink.js';
import { addressBytes, domainOf, familyOf } from '../libc/sockaddr.js';

export interface NetworkChange {
  /** What one would type to have the same. */
  readonly command: string;
  readonly request: Request;
}

/** An interface, by its name and its number in its network namespace. */
export interface Link {
  readonly name: string;
  readonly index: number;
}

export interface NewLink {
  readonly name: string;
  /** The kernel's choice where left out. */
  readonly index?: number;
  readonly mac: string;
}

const CREATE = linux.NLM_F_ACK | linux.NLM_F_CREATE | linux.NLM_F_EXCL;
const REPLACE = linux.NLM_F_ACK | linux.NLM_F_CREATE | linux.NLM_F_REPLACE;

/** In a network namespace that a descriptor leads to, and other programs by a path. */
interface Peer extends NewLink {
  readonly netns: { readonly fd: number; readonly path: string };
}

/** A veth pair. */
export const addVeth = (link: NewLink, peer: Peer): NetworkChange => ({
  command: `ip link add ${words(link)} type veth peer ${words(peer)} netns ${peer.netns.path}`,
  request: {
    ...{ type: linux.RTM_NEWLINK, flags: CREATE, body: linkBody(link) },
    attributes: [
      ...identity(link),
      [
        linux.IFLA_LINKINFO,
        [
          [linux.IFLA_INFO_KIND, 'veth'],
          [linux.IFLA_INFO_DATA, [[linux.VETH_INFO_PEER, peerBytes(peer)]]],
        ],
      ],
    ],
  },
});

const linkBody = ({ index = 0 }: NewLink): Uint8Array => IFINFOMSG.write({ index });

const peerBytes = (peer: Peer): Uint8Array =>
  joined([linkBody(peer), attributeBytes([...identity(peer), [linux.IFLA_NET_NS_FD, peer.netns.fd]])]);

const words = ({ name, index, mac }: NewLink): string =>
  `${index === undefined ? '' : `index ${index} `}name ${name} address ${mac}`;

const identity = ({ name, mac }: NewLink): readonly Attribute[] => [
  [linux.IFLA_IFNAME, name],
  [linux.IFLA_ADDRESS, macBytes(mac)],
];

export const setUp = ({ name, index }: Link): NetworkChange => ({
  command: `ip link set ${name} up`,
  request: {
    type: linux.RTM_NEWLINK,
    flags: linux.NLM_F_ACK,
    body: IFINFOMSG.write({ index, flags: linux.IFF_UP, change: linux.IFF_UP }),
  },
});

/** `address`: with its prefix length. One of IPv6 is not asked for on the link before it is used: it is no duplicate. */
export function addAddress(address: string, { name, index }: Link, broadcast?: string): NetworkChange {
  const { bytes, bits, family } = networkOf(address);
  const flags = family === linux.AF_INET6 ? linux.IFA_F_NODAD : 0;
  const body = IFADDRMSG.write({ family, prefixBits: bits, flags, index });
  return {
    command: `ip address add ${address}${broadcast === undefined ? '' : ` broadcast ${broadcast}`} dev ${name}${flags === 0 ? '' : ' nodad'}`,
    request: {
      ...{ type: linux.RTM_NEWADDR, flags: CREATE, body },
      attributes: [
        [linux.IFA_LOCAL, bytes],
        [linux.IFA_ADDRESS, bytes],
        ...(broadcast === undefined ? [] : [[linux.IFA_BROADCAST, addressBytes(broadcast)] as const]),
      ],
    },
  };
}

/** What is sent to the address is for this host. IPv6. */
export const replaceLocalRoute = (address: string, { name, index }: Link): NetworkChange => ({
  command: `ip route replace local ${address} dev ${name} table local`,
  request: {
    ...{ type: linux.RTM_NEWROUTE, flags: REPLACE },
    body: routeBody(address, { table: linux.RT_TABLE_LOCAL, protocol: linux.RTPROT_BOOT, type: linux.RTN_LOCAL }),
    attributes: [
      [linux.RTA_DST, networkOf(address).bytes],
      [linux.RTA_OIF, index],
    ],
  },
});

export const addRoute = (network: string, router: string): NetworkChange => ({
  command: `ip route add ${network} via ${router}`,
  request: {
    ...{ type: linux.RTM_NEWROUTE, flags: CREATE },
    body: routeBody(network, { protocol: linux.RTPROT_BOOT, type: linux.RTN_UNICAST }),
    attributes: [
      [linux.RTA_DST, networkOf(network).bytes],
      [linux.RTA_GATEWAY, addressBytes(router)],
    ],
  },
});

/** `network` is reached over the link itself. */
export const addLinkRoute = (network: string, { name, index }: Link): NetworkChange => ({
  command: `ip route add ${network} dev ${name}`,
  request: {
    ...{ type: linux.RTM_NEWROUTE, flags: CREATE },
    body: routeBody(network, {
      ...{ protocol: linux.RTPROT_BOOT, type: linux.RTN_UNICAST, scope: linux.RT_SCOPE_LINK },
    }),
    attributes: [
      [linux.RTA_DST, networkOf(network).bytes],
      [linux.RTA_OIF, index],
    ],
  },
});

export const deleteRoute = (network: string): NetworkChange => ({
  command: `ip route del ${network}`,
  request: {
    ...{ type: linux.RTM_DELROUTE, flags: linux.NLM_F_ACK },
    body: routeBody(network, { scope: linux.RT_SCOPE_NOWHERE }), // of any scope, type and protocol
    attributes: [[linux.RTA_DST, networkOf(network).bytes]],
  },
});

/** Known for good, and never asked for. */
export const replaceNeighbour = (address: string, mac: string, { name, index }: Link): NetworkChange => ({
  command: `ip neigh replace ${address} lladdr ${mac} dev ${name} nud permanent`,
  request: {
    ...{ type: linux.RTM_NEWNEIGH, flags: REPLACE, body: neighbourBody(address, index, linux.NUD_PERMANENT) },
    attributes: [
      [linux.NDA_DST, addressBytes(address)],
      [linux.NDA_LLADDR, macBytes(mac)],
    ],
  },
});

export const deleteNeighbour = (address: string, { name, index }: Link): NetworkChange => ({
  command: `ip neigh del ${address} dev ${name}`,
  request: {
    ...{ type: linux.RTM_DELNEIGH, flags: linux.NLM_F_ACK, body: neighbourBody(address, index, 0) },
    attributes: [[linux.NDA_DST, addressBytes(address)]],
  },
});

const routeBody = (network: string, values: Parameters<typeof RTMSG.write>[0]): Uint8Array => {
  const { family, bits } = networkOf(network);
  return RTMSG.write({ family, dstBits: bits, table: linux.RT_TABLE_MAIN, ...values });
};

const neighbourBody = (address: string, index: number, state: number): Uint8Array =>
  NDMSG.write({ family: domainOf(familyOf(address)), index, state });

/** Without a prefix length it is the address alone. */
function networkOf(network: string): { readonly family: number; readonly bytes: Uint8Array; readonly bits: number } {
  const [address = '', bits] = network.split('/');
  const bytes = addressBytes(address);
  return { family: domainOf(familyOf(address)), bytes, bits: bits === undefined ? bytes.length * 8 : Number(bits) };
}

function macBytes(mac: string): Uint8Array {
  const bytes = parseMac(mac);
  if (bytes === undefined) throw new TypeError(`not a link address: ${mac}`);
  return bytes;
}
