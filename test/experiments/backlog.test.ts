import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { backlogExperiment } from '../../src/experiments/backlog/backlog.js';
import { crowd } from '../../src/experiments/crowd.js';
import { ADDRESSES } from '../../src/lab/addresses.js';
import { observe } from '../../src/experiments/observe.js';
import { connectInside } from '../../src/linux/port/kernel-socket.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { EtherType } from '../../src/wire/link.js';
import { observed } from './observed.js';

test('of a crowd nothing is shown, not even what is sent when it counts as over', async () => {
  const { evidence } = await observe({ family: 4 }, async (bench) => {
    await crowd(bench, { count: 1 });
    const { client, server } = bench.lab;
    const toCrowd = connectInside(server.netns, { local: server.address(4), remote: '198.18.0.1', remotePort: 9 });
    const toClient = connectInside(server.netns, {
      local: server.address(4),
      remote: client.address(4),
      remotePort: 9,
    });
    await once(toClient, 'error');
    toCrowd.destroy();
    return {};
  });
  expect(evidence.packets.map(({ from, packet }) => [from, packet.ip.dst])).toEqual([
    ['server', ADDRESSES.client[4]],
    ['client', ADDRESSES.server[4]],
  ]);
  // Each kernel also says by MLD, when its timers have it so, to which groups of IPv6 it listens.
  const frames = evidence.frames.filter(({ bytes }) => Buffer.from(bytes).readUInt16BE(12) === EtherType.IPV4);
  expect(frames.map(({ from }) => from)).toEqual(['server', 'client']);
});

describe('IPv4', () => {
  test('a queue takes its places and no more, and a longer one loses as many later', async () => {
    const run = await runExperiment(backlogExperiment, { family: 4 });
    expect(run.facts.filter(({ ok }) => !ok)).toEqual([]);
    expect(observed(run)).toMatchObject({
      filled: ['16 established', '48 no-answer'],
      ...{ waiting: 16, alive: 0, believed: 64, acknowledged: 16 },
      ...{ small: ['0', '16', '16'], large: ['0', '0', '16'] },
    });
    // Of the crowd nothing is kept: the ladder has one client, and the server's port.
    expect(new Set(run.packets.flatMap(({ segment }) => [segment.srcPort, segment.dstPort])).size).toBe(2);
  });

  test('room for all of them, and a program that accepts all: not as expected', async () => {
    const run = await runExperiment(backlogExperiment, { family: 4, world: { backlog: 127, accepts: 32 } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({
      filled: ['16 established', '48 established'],
      ...{ synsDropped: 0, waiting: 64, late: 'connected', acknowledged: 64, acksDropped: 0 },
      ...{ small: ['0', '0', '0'], large: ['0', '0', '0'] },
    });
  });
});
