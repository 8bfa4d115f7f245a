/** A veth pair between two namespaces, with addresses, up, and with transmit checksum offload off. veth(4). */
import { ETHTOOL_STXCSUM, SIOCETHTOOL, AF_INET, SOCK_CLOEXEC, SOCK_DGRAM } from './constants.js';
import { addressOf, libc } from './libc.js';
import { runCommand } from './command.js';
import type { NetworkNamespace } from './netns.js';

/** One end of the pair. */
export interface VethEnd {
  readonly netns: NetworkNamespace;
  readonly name: string;
  /** Locally administered: `02:00:00:00:00:01`. */
  readonly mac: string;
  /** With prefix length: `192.0.2.1/24`. */
  readonly addresses: readonly string[];
}

/** Joins the two namespaces. Both ends, and loopback, are up when it returns. */
export function createVethPair(first: VethEnd, second: VethEnd): void {
  const create =
    `link add ${first.name} address ${first.mac} type veth ` +
    `peer name ${second.name} address ${second.mac} netns ${second.netns.path}`;
  ipBatch(first.netns, [create, ...bringUp(first, second)]);
  ipBatch(second.netns, bringUp(second, first));
  for (const end of [first, second])
    end.netns.run(() => {
      disableTransmitChecksumOffload(end.name);
    });
}

/**
 * IPv6 addresses would be tentative for two seconds without `nodad`. The neighbours are told: a solicitation sent right
 * after the link came up goes unanswered for a second.
 */
const bringUp = (end: VethEnd, other: VethEnd): string[] => [
  'link set lo up',
  ...end.addresses.map((address) => `addr add ${address} dev ${end.name}${address.includes(':') ? ' nodad' : ''}`),
  `link set ${end.name} up`,
  ...other.addresses.map(
    (address) => `neigh replace ${withoutPrefix(address)} lladdr ${other.mac} dev ${end.name} nud permanent`,
  ),
];

const withoutPrefix = (address: string): string => address.replace(/\/.*$/, '');

const ipBatch = (netns: NetworkNamespace, lines: readonly string[]): void => {
  runCommand(['ip', '-batch', '-'], { netns, input: `${lines.join('\n')}\n` });
};

/** With it on, captured packets of the kernel carry a partial checksum and look wrong. */
function disableTransmitChecksumOffload(interfaceName: string): void {
  const value = new ArrayBuffer(8); // struct ethtool_value: command, data
  new DataView(value).setUint32(0, ETHTOOL_STXCSUM, true);
  const request = new ArrayBuffer(40); // struct ifreq: name, pointer
  new Uint8Array(request).set(Buffer.from(interfaceName));
  new DataView(request).setBigUint64(16, addressOf(value), true);
  const fd = libc('socket', AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  try {
    libc('ioctl', fd, SIOCETHTOOL, request);
  } finally {
    libc('close', fd);
  }
}
