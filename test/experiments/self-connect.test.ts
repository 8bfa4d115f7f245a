import { describe, expect, test } from 'vitest';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { selfConnect } from '../../src/experiments/self-connect/self-connect.js';
import { packetsJson } from '../../src/report/json.js';
import { observed } from './observed.js';

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('one socket, one entry, and the data comes back', async () => {
    const run = await runExperiment(selfConnect, { family });
    expect(run.facts.filter(({ ok }) => !ok)).toEqual([]);
    expect(observed(run)).toMatchObject({
      outcome: 'connected',
      owner: 'ESTABLISHED',
      echo: 'Hello, myself~',
      link: 0,
    });
    expect(run.ok).toBe(true);
  });

  test('its packets go from the client to the client, each seen once, with the checksum that loopback leaves to nobody', async () => {
    const { packets, frames } = await runExperiment(selfConnect, { family });
    const [syn, synAck] = packetsJson(packets);
    expect(syn).toMatchObject({
      from: 'client',
      to: 'client',
      sender: 'kernel',
      flags: 'S',
      checksumOk: null,
      checksum: 'offload',
    });
    expect(synAck).toMatchObject({ from: 'client', to: 'client', flags: 'S.', seq: syn?.seq });
    expect(synAck?.text).toMatch(/^S\. 0:0\(0\) ack 1 /);
    expect(packetsJson(packets).filter(({ flags }) => flags === 'S')).toHaveLength(1);
    expect(frames.filter(({ from, to }) => from === 'client' && to === 'client')).toHaveLength(packets.length);
  });

  test('to another port of its own, where nobody listens: not as expected', async () => {
    const run = await runExperiment(selfConnect, { family, world: { toItself: false } });
    expect(run.ok).toBe(false);
    expect(observed(run)).toMatchObject({ outcome: 'ECONNREFUSED', owner: 'none', echo: '' });
  });
});
