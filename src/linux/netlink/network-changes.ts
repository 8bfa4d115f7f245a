/** What ip(8) is used for elsewhere: links, addresses, routes and neighbours, as messages to the kernel. rtnetlink(7), iproute2. */
import { parseMac } from '../../wire/address.js';
import * as linux from '../libc/constants.js';
import { type Attribute, attributeBytes, joined, requestMessage, viewOf } from './messages.js';
import { addressBytes, domainOf, familyOf } from '../libc/sockaddr.js';

export interface NetworkChange {
  /** What one would type to have the same. */
  readonly command: string;
  readonly message: Uint8Array;
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
  message: requestMessage({
    ...{ type: linux.RTM_NEWLINK, flags: CREATE, body: linkBody(link.index) },
    attributes: [
      ...identity(link),
      [
        linux.IFLA_LINKINFO,
        [
          [linux.IFLA_INFO_KIND, text('veth')],
          [linux.IFLA_INFO_DATA, [[linux.VETH_INFO_PEER, peerBytes(peer)]]],
        ],
      ],
    ],
  }),
});

const peerBytes = (peer: Peer): Uint8Array =>
  joined([linkBody(peer.index), attributeBytes([...identity(peer), [linux.IFLA_NET_NS_FD, number(peer.netns.fd)]])]);

const words = ({ name, index, mac }: NewLink): string =>
  `${index === undefined ? '' : `index ${index} `}name ${name} address ${mac}`;

const identity = ({ name, mac }: NewLink): readonly Attribute[] => [
  [linux.IFLA_IFNAME, text(name)],
  [linux.IFLA_ADDRESS, macBytes(mac)],
];

export const setUp = ({ name, index }: Link): NetworkChange => ({
  command: `ip link set ${name} up`,
  message: requestMessage({
    type: linux.RTM_NEWLINK,
    flags: linux.NLM_F_ACK,
    body: linkBody(index, linux.IFF_UP),
  }),
});

/** `address`: with its prefix length. One of IPv6 is not asked for on the link before it is used: it is no duplicate. */
export function addAddress(address: string, { name, index }: Link): NetworkChange {
  const { bytes, bits, domain } = networkOf(address);
  const flags = domain === linux.AF_INET6 ? linux.IFA_F_NODAD : 0;
  const body = Uint8Array.of(domain, bits, flags, 0, 0, 0, 0, 0); // struct ifaddrmsg: … scope, interface index
  viewOf(body).setUint32(4, index, true);
  return {
    command: `ip address add ${address} dev ${name}${flags === 0 ? '' : ' nodad'}`,
    message: requestMessage({
      ...{ type: linux.RTM_NEWADDR, flags: CREATE, body },
      attributes: [
        [linux.IFA_LOCAL, bytes],
        [linux.IFA_ADDRESS, bytes],
      ],
    }),
  };
}

/** What is sent to the address is for this host. IPv6. */
export const replaceLocalRoute = (address: string, { name, index }: Link): NetworkChange => ({
  command: `ip route replace local ${address} dev ${name} table local`,
  message: requestMessage({
    ...{ type: linux.RTM_NEWROUTE, flags: REPLACE },
    body: routeBody(address, { table: linux.RT_TABLE_LOCAL, protocol: linux.RTPROT_BOOT, type: linux.RTN_LOCAL }),
    attributes: [
      [linux.RTA_DST, networkOf(address).bytes],
      [linux.RTA_OIF, number(index)],
    ],
  }),
});

export const addRoute = (network: string, router: string): NetworkChange => ({
  command: `ip route add ${network} via ${router}`,
  message: requestMessage({
    ...{ type: linux.RTM_NEWROUTE, flags: CREATE },
    body: routeBody(network, { protocol: linux.RTPROT_BOOT, type: linux.RTN_UNICAST }),
    attributes: [
      [linux.RTA_DST, networkOf(network).bytes],
      [linux.RTA_GATEWAY, addressBytes(router)],
    ],
  }),
});

export const deleteRoute = (network: string): NetworkChange => ({
  command: `ip route del ${network}`,
  message: requestMessage({
    ...{ type: linux.RTM_DELROUTE, flags: linux.NLM_F_ACK },
    body: routeBody(network, { scope: linux.RT_SCOPE_NOWHERE }), // of any scope, type and protocol
    attributes: [[linux.RTA_DST, networkOf(network).bytes]],
  }),
});

/** Known for good, and never asked for. */
export const replaceNeighbour = (address: string, mac: string, { name, index }: Link): NetworkChange => ({
  command: `ip neigh replace ${address} lladdr ${mac} dev ${name} nud permanent`,
  message: requestMessage({
    ...{ type: linux.RTM_NEWNEIGH, flags: REPLACE, body: neighbourBody(address, index, linux.NUD_PERMANENT) },
    attributes: [
      [linux.NDA_DST, addressBytes(address)],
      [linux.NDA_LLADDR, macBytes(mac)],
    ],
  }),
});

export const deleteNeighbour = (address: string, { name, index }: Link): NetworkChange => ({
  command: `ip neigh del ${address} dev ${name}`,
  message: requestMessage({
    ...{ type: linux.RTM_DELNEIGH, flags: linux.NLM_F_ACK, body: neighbourBody(address, index, 0) },
    attributes: [[linux.NDA_DST, addressBytes(address)]],
  }),
});

/** struct ifinfomsg: family, pad, type, index, flags, and which of them are meant. */
function linkBody(index = 0, flags = 0): Uint8Array {
  const body = new Uint8Array(16);
  const view = viewOf(body);
  view.setInt32(4, index, true);
  view.setUint32(8, flags, true);
  view.setUint32(12, flags, true);
  return body;
}

interface RouteFields {
  readonly table?: number;
  readonly protocol?: number;
  readonly scope?: number;
  readonly type?: number;
}

/** struct rtmsg: family, prefix lengths of destination and source, TOS, table, protocol, scope, type, flags. */
const routeBody = (
  network: string,
  { table = linux.RT_TABLE_MAIN, protocol = 0, scope = 0, type = 0 }: RouteFields,
): Uint8Array => {
  const { domain, bits } = networkOf(network);
  return Uint8Array.of(domain, bits, 0, 0, table, protocol, scope, type, 0, 0, 0, 0);
};

/** struct ndmsg: family, pad, interface index, state, flags, type. */
function neighbourBody(address: string, index: number, state: number): Uint8Array {
  const body = new Uint8Array(12);
  const view = viewOf(body);
  view.setUint8(0, domainOf(familyOf(address)));
  view.setInt32(4, index, true);
  view.setUint16(8, state, true);
  return body;
}

/** Without a prefix length it is the address alone. */
function networkOf(network: string): { readonly domain: number; readonly bytes: Uint8Array; readonly bits: number } {
  const [address = '', bits] = network.split('/');
  const bytes = addressBytes(address);
  return { domain: domainOf(familyOf(address)), bytes, bits: bits === undefined ? bytes.length * 8 : Number(bits) };
}

const number = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`);

function macBytes(mac: string): Uint8Array {
  const bytes = parseMac(mac);
  if (bytes === undefined) throw new TypeError(`not a link address: ${mac}`);
  return bytes;
}
