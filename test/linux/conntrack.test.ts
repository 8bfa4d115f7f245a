import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { readTracker } from '../../src/linux/conntrack.js';
import { sendDatagram } from '../../src/linux/kernel-socket.js';

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
