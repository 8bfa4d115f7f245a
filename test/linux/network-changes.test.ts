import { afterEach, describe, expect, test } from 'vitest';
import { changeNetwork, linkIn } from '../../src/linux/netlink/change-network.js';
import { runCommand } from '../../src/linux/process/command.js';
import { IFLA_INFO_KIND, IFLA_LINKINFO, O_CLOEXEC } from '../../src/linux/libc/constants.js';
import { Leases } from '../../src/linux/process/leases.js';
import { libc } from '../../src/linux/libc/libc.js';
import { createNamespace, type NetworkNamespace } from '../../src/linux/namespace/netns.js';
import {
  addAddress,
  addRoute,
  addVeth,
  deleteNeighbour,
  deleteRoute,
  type Link,
  type NetworkChange,
  replaceLocalRoute,
  replaceNeighbour,
  setUp,
} from '../../src/linux/netlink/network-changes.js';

const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;

let leases = new Leases();
afterEach(() => {
  leases.close();
  leases = new Leases();
});

type Make = (netns: NetworkNamespace, change: NetworkChange) => void;

const byMessage: Make = (netns, change) => {
  changeNetwork(netns, [change]);
};
/** The judge: iproute2, told what the change says of itself. */
const byCommand: Make = (netns, { command }) => {
  const [program = '', ...args] = command.split(' ');
  runCommand([program, ...args], { netns });
};

function veth(): { readonly netns: NetworkNamespace; readonly change: NetworkChange } {
  const [netns, other] = [leases.add(createNamespace()), leases.add(createNamespace())];
  const fd = libc('open', other.path, O_CLOEXEC, 0);
  leases.defer(() => libc('close', fd));
  const peer = { name: 'eth0', index: 71, mac: MACS[1], netns: { fd, path: other.path } };
  return { netns, change: addVeth({ name: 'eth0', index: 70, mac: MACS[0] }, peer) };
}

/** Two ends, of which the other is down: nothing is sent. */
function linked(make: Make): { readonly netns: NetworkNamespace; readonly link: Link } {
  const { netns, change } = veth();
  make(netns, change);
  return { netns, link: linkIn(netns, 'eth0') };
}

const LISTINGS = ['link', 'address', '-4 route show table all', '-6 route show table all', 'neigh'];

/** Without what a work queue finds out of the carrier, at some time (linkwatch). */
const listed = (netns: NetworkNamespace): readonly string[] =>
  LISTINGS.map((listing) =>
    runCommand(['ip', '-details', ...listing.split(' ')], { netns }).replace(/NO-CARRIER,|state \w+|linkdown /g, ''),
  );

const CHANGES: readonly (readonly [string, (link: Link) => readonly NetworkChange[]])[] = [
  ['a veth pair', () => []],
  ['a link that is up', (link) => [setUp(link)]],
  ['addresses', (link) => [setUp(link), addAddress('192.0.2.1/24', link), addAddress('2001:db8::1/64', link)]],
  [
    'a local route',
    (link) => [setUp(link), addAddress('2001:db8::1/64', link), replaceLocalRoute('2001:db8::1', link)],
  ],
  ['a route', (link) => [setUp(link), addAddress('192.0.2.1/24', link), addRoute('198.18.0.0/16', '192.0.2.2')]],
  [
    'neighbours',
    (link) => [
      setUp(link),
      replaceNeighbour('192.0.2.2', MACS[0], link),
      replaceNeighbour('192.0.2.2', MACS[1], link),
      replaceNeighbour('2001:db8::2', MACS[1], link),
    ],
  ],
  [
    'what is deleted again',
    (link) => [
      ...[setUp(link), addAddress('192.0.2.1/24', link), addRoute('198.18.0.0/16', '192.0.2.2')],
      ...[replaceNeighbour('192.0.2.2', MACS[1], link), deleteNeighbour('192.0.2.2', link)],
      deleteRoute('198.18.0.0/16'),
    ],
  ],
];

test.each(CHANGES)('%s: the kernel has the same from us as from ip', (_, changes) => {
  const [ours, theirs] = [byMessage, byCommand].map((make) => {
    const { netns, link } = linked(make);
    for (const change of changes(link)) make(netns, change);
    return listed(netns);
  });
  expect(ours).toEqual(theirs);
});

describe('what the kernel refuses', () => {
  test('is told in the words of ip and of the kernel; what is behind it is done', () => {
    const { netns, link } = linked(byMessage);
    const [first, second] = [addRoute('198.18.0.0/16', '192.0.2.2'), addRoute('198.19.0.0/16', '192.0.2.2')];
    expect(() => {
      changeNetwork(netns, [setUp(link), first, second, addAddress('192.0.2.1/24', link)]);
    }).toThrow(
      expect.objectContaining({
        code: 'RS_SYSTEM_CALL',
        message: 'ip route add 198.18.0.0/16 via 192.0.2.2: Nexthop has invalid gateway (ENETUNREACH)',
      }),
    );
    expect(runCommand(['ip', 'address'], { netns })).toContain('192.0.2.1/24');
  });

  test('without a word of the kernel: what the errno means', () => {
    const { netns, link } = linked(byMessage);
    expect(() => {
      changeNetwork(netns, [deleteNeighbour('192.0.2.2', link)]);
    }).toThrow('ip neigh del 192.0.2.2 dev eth0: no such file or directory (ENOENT)');
  });

  test('a kind of link that the kernel has not', () => {
    const { netns, change } = veth();
    const kind = [IFLA_LINKINFO, [[IFLA_INFO_KIND, 'none']]] as const;
    expect(() => {
      changeNetwork(netns, [{ ...change, request: { ...change.request, attributes: [kind] } }]);
    }).toThrow(
      expect.objectContaining({
        code: 'RS_NOT_IN_KERNEL',
        message: expect.stringMatching(/^ip link add .*: .*\(EOPNOTSUPP\)$/) as string,
      }),
    );
  });
});
