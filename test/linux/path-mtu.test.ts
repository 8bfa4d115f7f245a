/** What a port tells of the MTU of a way is what the kernel would take for a socket of its own. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';

const words = (line: string) => line.split(' ') as [string, ...string[]];

describe.each([
  { family: 4 as const, loopback: '127.0.0.1', largest: 65_535, nowhere: '198.51.100.1', foreign: '203.0.113.9' },
  { family: 6 as const, loopback: '::1', largest: 65_536, nowhere: '2001:db8:99::1', foreign: '2001:db8:98::9' },
])('IPv$family', ({ family, loopback, largest, nowhere, foreign }) => {
  let lab: Lab;
  beforeEach(() => {
    lab = createLab();
  });
  afterEach(() => {
    lab.close();
  });
  const server = () => lab.server.address(family);
  const open = (local = lab.client.address(family)) =>
    lab.client.openPort('libc', { local, localPort: 41000, mark: 7 });

  test('the link’s, the route’s, another route’s by mark, none, and as they change', () => {
    const port = open();
    expect([port.pathMtu?.(server()), port.pathMtu?.(nowhere)]).toEqual([1500, undefined]);
    const bits = family === 4 ? 32 : 128;
    lab.client.run(words(`ip -${family} route add ${server()}/${bits} dev eth0 mtu 1400`));
    expect(port.pathMtu?.(server())).toBe(1400);
    lab.client.run(words(`ip -${family} route add ${server()}/${bits} dev eth0 mtu 1300 table 100`));
    lab.client.run(words(`ip -${family} rule add fwmark 7 table 100`));
    expect(port.pathMtu?.(server())).toBe(1300);
    port.close();
    expect(port.pathMtu?.(server())).toBeUndefined();
  });

  test('loopback; and from an address that is not this host’s', () => {
    const [own, other] = [open(loopback), open(foreign)];
    expect(own.pathMtu?.(loopback)).toBe(largest);
    expect(other.pathMtu?.(server())).toBe(1500);
    for (const port of [own, other]) port.close();
  });

  test('to ask takes no UDP port', () => {
    const port = open();
    port.pathMtu?.(server());
    port.pathMtu?.(nowhere);
    expect(lab.client.run(words('ss -Huan'))).toBe('');
    port.close();
  });
});
