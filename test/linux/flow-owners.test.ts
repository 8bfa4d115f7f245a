import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { openFlowOwners } from '../../src/linux/netlink/flow-owners.js';
import { holdPort } from '../../src/linux/port/port-hold.js';
import { SOCK_CLOEXEC, SOCK_STREAM, SOL_SOCKET } from '../../src/linux/libc/constants.js';
import { libc } from '../../src/linux/libc/libc.js';
import { portHolders } from '../../src/linux/netlink/port-holders.js';
import { domainOf, socketAddress } from '../../src/linux/libc/sockaddr.js';
import type { Flow } from '../../src/wire/flow.js';

const SO_BINDTODEVICE = 25;

describe.each([4, 6] as const)('which four-tuples the kernel owns, IPv%i', (family) => {
  let lab: Lab;
  beforeEach(() => {
    lab = createLab();
  });
  afterEach(() => {
    lab.close();
  });

  const toServer = (srcPort: number, dstPort: number): Flow => ({
    ...{ src: lab.client.address(family), srcPort },
    ...{ dst: lab.server.address(family), dstPort },
  });

  test('of a hundred at once each has the answer of a look-up of its own', async () => {
    await lab.server.listen(family, 8888, (socket) => socket.on('error', () => undefined));
    const sockets = [40_002, 40_070].map((srcPort) => lab.client.connect(toServer(srcPort, 8888)));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const owners = openFlowOwners(lab.client.netns);
    const flows = Array.from({ length: 100 }, (_, i) => toServer(40_000 + i, 8888));
    for (let round = 0; round < 3; round++) {
      const owned = owners.areOwned(flows).flatMap((isOwned, i) => (isOwned ? [40_000 + i] : []));
      expect(owned).toEqual([40_002, 40_070]);
    }
    expect(flows.filter((flow) => lab.client.lookup(flow).owner !== 'none').map(({ srcPort }) => srcPort)).toEqual([
      40_002, 40_070,
    ]);
    owners.close();
    for (const socket of sockets) socket.destroy();
  });

  test('a port on which a program listens is owned, one that is bound alone is not', async () => {
    await lab.client.listen(family, 8888, () => undefined);
    const bound = holdPort({ address: lab.client.address(family), port: 8889 }, lab.client.netns);
    const owners = openFlowOwners(lab.client.netns);
    expect(owners.areOwned([toServer(8888, 1), toServer(8889, 1), toServer(8890, 1)])).toEqual([true, false, false]);
    owners.close();
    bound.close();
  });

  test('a socket that is bound to an interface owns what comes by it', () => {
    const address = lab.client.address(family);
    const name = socketAddress(address, 8888);
    const fd = lab.client.netns.run(() => libc('socket', domainOf(family), SOCK_STREAM | SOCK_CLOEXEC, 0));
    libc('setsockopt', fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from('eth0'), 4);
    libc('bind', fd, name, name.length);
    libc('listen', fd, 1);
    const owners = openFlowOwners(lab.client.netns);
    expect(owners.areOwned([toServer(8888, 1), toServer(8889, 1)])).toEqual([true, false]);
    expect(lab.client.lookup(toServer(8888, 1)).owner).toBe('none'); // to a packet from nowhere
    owners.close();
    libc('close', fd);
  });

  test('the sockets of other ports are not named for it, though they stand at the address', () => {
    const address = lab.client.address(family);
    const bound = holdPort({ address, port: 8889 }, lab.client.netns);
    expect(portHolders({ address, port: 8888 }, lab.client.netns)).toEqual([]);
    bound.close();
  });

  test('what can no longer be asked counts as owned', () => {
    const owners = openFlowOwners(lab.client.netns);
    expect(owners.areOwned([])).toEqual([]);
    owners.close();
    owners.close();
    expect(owners.areOwned([toServer(1, 2)])).toEqual([true]);
  });
});
