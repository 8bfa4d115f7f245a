/** A veth pair between two namespaces, with addresses, up, and with transmit checksum offload off. veth(4). */
import { changeNetwork, linkIn, LOOPBACK_LINK } from '../netlink/change-network.js';
import {
  AF_INET,
  ETHTOOL_GLINK,
  ETHTOOL_STXCSUM,
  O_CLOEXEC,
  SIOCETHTOOL,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from '../libc/constants.js';
import { addressOf, libc } from '../libc/libc.js';
import type { NetworkNamespace } from './netns.js';
import {
  addAddress,
  addVeth,
  type Link,
  type NetworkChange,
  replaceLocalRoute,
  replaceNeighbour,
  setUp,
} from '../netlink/network-changes.js';

/** One end of the pair. */
export interface VethEnd {
  readonly netns: NetworkNamespace;
  readonly name: string;
  /** Its number in its namespace, where it matters; the kernel's choice where left out. */
  readonly index?: number;
  /** Locally administered: `02:00:00:00:00:01`. */
  readonly mac: string;
  /** With prefix length: `192.0.2.1/24`. */
  readonly addresses: readonly string[];
  /** Of its IPv4 addresses, where it is to have one. */
  readonly broadcast?: string | undefined;
  /** Whom it knows without asking. */
  readonly neighbours: readonly { readonly address: string; readonly mac: string }[];
}

/**
 * Joins the two namespaces. Both ends, and loopback, are up when it returns.
 * @throws {RawshakeError} RS_NOT_IN_KERNEL without veth; RS_SYSTEM_CALL with the kernel's words
 */
export function createVethPair(first: VethEnd, second: VethEnd): void {
  const { path } = second.netns;
  const fd = libc('open', path, O_CLOEXEC, 0);
  try {
    changeNetwork(first.netns, [addVeth(first, { ...second, netns: { fd, path } })]);
  } finally {
    libc('close', fd);
  }
  for (const end of [first, second]) changeNetwork(end.netns, bringUp(end, linkIn(end.netns, end.name)));
  for (const end of [first, second]) prepare(end);
}

/**
 * All of it in force when it is acknowledged, which for IPv6 takes care: an address is tentative for two seconds without
 * `nodad`; even with it, a work queue enters it into the local table later (addrconf_dad_work), and until then the host
 * drops what is sent to it; and the neighbours are told, for a solicitation lost in that moment costs a second.
 */
const bringUp = (end: VethEnd, link: Link): readonly NetworkChange[] => [
  setUp(LOOPBACK_LINK),
  setUp(link),
  ...end.addresses.flatMap((address) =>
    isIpv6(address)
      ? [addAddress(address, link), replaceLocalRoute(withoutPrefix(address), link)]
      : [addAddress(address, link, end.broadcast)],
  ),
  ...end.neighbours.map(({ address, mac }) => replaceNeighbour(address, mac, link)),
];

const isIpv6 = (address: string): boolean => address.includes(':');

const withoutPrefix = (address: string): string => address.replace(/\/.*$/, '');

/**
 * What is not rtnetlink's. Transmit checksum offload off: with it on, captured packets of the kernel carry a
 * partial checksum and look wrong; segmentation offload needs it and goes with it (netdev_fix_features), so no frame is
 * longer than the link's MTU. And the link's state asked for: the end that came up first is activated by a work
 * queue, and drops what is sent before; to answer, the kernel does it now (ethtool_op_get_link, linkwatch_sync_dev).
 */
function prepare({ netns, name }: VethEnd): void {
  netns.run(() => {
    const fd = libc('socket', AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    try {
      ethtool(fd, name, ETHTOOL_STXCSUM);
      if (ethtool(fd, name, ETHTOOL_GLINK) !== 1) throw new TypeError(`${name}: the link is down`);
    } finally {
      libc('close', fd);
    }
  });
}

/** One ethtool command with the value 0; gives the value that the kernel left. `<linux/ethtool.h>` ethtool_value. */
function ethtool(fd: number, interfaceName: string, command: number): number {
  const value = new ArrayBuffer(8);
  const view = new DataView(value);
  view.setUint32(0, command, true);
  const request = new ArrayBuffer(40); // struct ifreq: name, pointer
  new Uint8Array(request).set(Buffer.from(interfaceName));
  new DataView(request).setBigUint64(16, addressOf(value), true);
  libc('ioctl', fd, SIOCETHTOOL, request);
  return view.getUint32(4, true);
}
