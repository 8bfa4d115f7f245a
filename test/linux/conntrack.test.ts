import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { readTracker } from '../../src/linux/namespace/conntrack.js';
import { deleteEntry, entrySeconds } from '../../src/linux/netlink/conntrack-entry.js';
import { sendDatagram } from '../../src/linux/port/kernel-socket.js';
import { nfRequest } from '../../src/linux/netfilter/nf-messages.js';
import { openNfSocket } from '../../src/linux/netfilter/nf-socket.js';
import type { Flow } from '../../src/wire/flow.js';

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

test('entries of a namespace are its own, and so is what it drops; the limit is that of all', () => {
  const { server, client } = lab;
  server.run(['iptables', '-w', '-A', 'INPUT', '-m', 'conntrack', '--ctstate', 'INVALID', '-j', 'DROP']);
  const { limit } = readTracker(server.netns);
  expect(readTracker(server.netns)).toEqual({
    entries: 0,
    limit: expect.any(Number) as number,
    dropped: 0,
    evicted: 0,
  });
  for (const port of [9, 10, 11]) sendDatagram(server.netns, client.address(4), port);
  expect(readTracker(server.netns)).toMatchObject({ entries: 3, limit, dropped: 0 });
  expect(readTracker(client.netns)).toMatchObject({ entries: 0, limit });
});

test('a datagram that netfilter drops on its way out: EPERM', () => {
  const { server, client } = lab;
  server.run(['iptables', '-w', '-A', 'OUTPUT', '-p', 'udp', '-j', 'DROP']);
  expect(() => sendDatagram(server.netns, client.address(4), 9)).toThrow(
    expect.objectContaining({ errno: 1 }) as Error,
  );
});

describe.each([4, 6] as const)('entries of connections, IPv%d', (family) => {
  const FROM = [41_000, 41_001, 41_002];
  let flows: readonly Flow[];
  beforeEach(async () => {
    const { server, client } = lab;
    const iptables = family === 4 ? 'iptables' : 'ip6tables';
    server.run([iptables, '-w', '-A', 'INPUT', '-m', 'conntrack', '--ctstate', 'INVALID', '-j', 'DROP']);
    await server.listen(family, 8888, (socket) => socket.resume());
    const [src, dst] = [client.address(family), server.address(family)];
    flows = FROM.map((srcPort) => ({ src, srcPort, dst, dstPort: 8888 }));
    for (const flow of flows) await once(client.connect(flow), 'connect');
  });

  /** What the program `conntrack` says they have left, in seconds, by the client's port. */
  const judged = (): Readonly<Record<string, number>> => {
    const listed = lab.server.run(['conntrack', '-L', '-p', 'tcp', '-f', `ipv${String(family)}`]);
    const rows = listed.matchAll(/^tcp +6 +(\d+) ESTABLISHED .*? sport=(\d+) dport=8888 /gm);
    return Object.fromEntries([...rows].map(([, seconds = '', port = '']) => [port, Number(seconds)]));
  };
  const ours = (): Readonly<Record<string, number>> =>
    Object.fromEntries(
      flows.flatMap((flow) => {
        const seconds = entrySeconds(lab.server.netns, flow);
        return seconds === undefined ? [] : [[String(flow.srcPort), seconds]];
      }),
    );

  test('how long they stay is what conntrack says', () => {
    const before = ours();
    const then = judged();
    const after = ours();
    expect(Object.keys(then)).toEqual(FROM.map(String));
    for (const [port, seconds] of Object.entries(then)) {
      expect(before[port]).toBeGreaterThanOrEqual(seconds);
      expect(after[port]).toBeLessThanOrEqual(seconds);
    }
  });

  test('one is deleted, the others are not, and what is not there is said not to be', () => {
    const [, second] = flows as readonly [Flow, Flow];
    const { netns } = lab.server;
    expect(deleteEntry(netns, second)).toBe(true);
    expect(Object.keys(judged())).toEqual(['41000', '41002']);
    expect(entrySeconds(netns, second)).toBeUndefined();
    expect(deleteEntry(netns, second)).toBe(false);
    expect(deleteEntry(netns, { ...second, dstPort: 8889 })).toBe(false);
    expect(deleteEntry(lab.client.netns, second)).toBe(false);
    expect(Object.keys(judged())).toEqual(['41000', '41002']);
  });
});

test('a kernel without the part of netfilter that is asked: EINVAL', () => {
  const socket = openNfSocket('none', lab.client.netns);
  expect(() => socket.ask(nfRequest({ subsystem: 99, type: 0 }))).toThrow(
    expect.objectContaining({ code: 'EINVAL' }) as Error,
  );
  socket.close();
});
