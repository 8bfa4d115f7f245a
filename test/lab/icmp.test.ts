/** What ICMP says reaches the hand-made connection, and ends its handshake as it would end a kernel socket's. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect, handshake } from '../../src/driver/connect.js';
import { describeIcmp } from '../../src/driver/icmp.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { systemClock } from '../../src/linux/libc/clock.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';

const words = (line: string) => line.split(' ') as [string, ...string[]];

describe.each([
  {
    family: 4 as const,
    far: '198.51.100.7',
    network: '198.51.100.0/24',
    means: 'host unreachable',
    code: 'EHOSTUNREACH',
  },
  { family: 6 as const, far: '2001:db8:99::7', network: '2001:db8:99::/64', means: 'no route', code: 'ENETUNREACH' },
])('IPv$family', ({ family, far, network, means, code }) => {
  let lab: Lab;
  beforeEach(() => {
    lab = createLab();
    // The server is the router of the client, and knows no way.
    setSysctls(lab.server.netns, { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 });
    lab.server.run(words(`ip route add unreachable ${network}`));
    lab.client.run(words(`ip route add ${network} via ${lab.server.address(family)}`));
  });
  afterEach(() => {
    lab.close();
  });

  test.each(['libc', 'auto'] as const)('a router that knows no way ends the attempt (%s)', async (transport) => {
    const flow = { src: lab.client.address(family), srcPort: 41000, dst: far, dstPort: 80 };
    const port = lab.client.openPort(transport, { local: flow.src, localPort: 41000, remote: far, remotePort: 80 });
    const result = await handshake(connect({ port, flow, clock: systemClock }));
    expect(result).toMatchObject({ outcome: 'icmp-unreachable', error: { code, address: far, port: 80 } });
    if (result.outcome !== 'icmp-unreachable') return;
    expect(describeIcmp(result.icmp).en).toBe(`${means}, says ${lab.server.address(family)}`);
    port.close();
  });

  test('what it says of another flow is not heard', async () => {
    const flow = { src: lab.client.address(family), srcPort: 41000, dst: lab.server.address(family), dstPort: 80 };
    const options = { local: flow.src, localPort: 41000, remote: flow.dst, remotePort: 80 };
    const port = lab.client.openPort('libc', options);
    const heard: string[] = [];
    port.onIcmp?.((error) => heard.push(describeIcmp(error).en));
    const other = lab.client.openPort('libc', { local: flow.src, localPort: 41001, remote: far, remotePort: 80 });
    await handshake(connect({ port: other, flow: { ...flow, srcPort: 41001, dst: far }, clock: systemClock }));
    expect(heard).toEqual([]);
    other.close();
    port.close();
  });
});
