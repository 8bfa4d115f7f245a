/** Text goes on behind a FIN, as it does where somebody has forged that: no success, and nobody is said to have reset who has not. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serviceJson, serviceText } from '../../src/cli/service-text.js';
import { listen } from '../../src/driver/raw-server.js';
import type { Text } from '../../src/error.js';
import { onBench } from '../../src/lab/bench/bench.js';
import type { Lab } from '../../src/lab/lab.js';
import { openEndpoint } from '../../src/lab/bench/open-endpoint.js';
import { converse } from '../../src/live/converse.js';
import { whenEnded } from '../../src/live/service-end.js';
import { systemClock } from '../../src/linux/libc/clock.js';
import { connectionText } from '../../src/report/connection.js';
import { labWithSilentServer } from '../support/silent-server.js';

let lab: Lab;
beforeEach(() => {
  lab = labWithSilentServer();
});
afterEach(() => {
  lab.close();
});

const PORT = 8888;
const CLIENT_PORT = 41_000;

/** What came of a connection to a server that sends these once the handshake is done. */
async function converseWith(segments: readonly string[], adopt: boolean) {
  const server = openEndpoint(lab, 'server', { clientPort: CLIENT_PORT, serverPort: PORT });
  const talking = converse({
    ...{
      host: lab.server.address(4),
      port: PORT,
      sourcePort: CLIENT_PORT,
      netns: lab.client.netns,
      adopt,
      close: 'fin',
    },
    ...{ output: undefined, onPacket: undefined, signal: new AbortController().signal, input: 'GET', waitMs: 1000 },
  });
  await server.expect('S <...>', { withinMs: 10_000 });
  server.send('S. 0:0(0) ack 1 win 64240 <mss 1460>');
  await server.expect('P. 1:4(3) ack 1', { withinMs: 10_000, skip: true });
  for (const segment of segments) {
    const [, from = 0, to = 0] = (/(\d+):(\d+)/.exec(segment) ?? []).map(Number);
    server.send(segment, { payload: 'x'.repeat(to - from) });
  }
  return talking;
}

const FIN_THEN_TEXT = ['P. 1:7(6) ack 4', 'F. 7:7(0) ack 4', 'P. 7:107(100) ack 4', 'P. 7:107(100) ack 4'];

test.each([false, true])('adopted: %s', async (adopt) => {
  const evidence = await converseWith(FIN_THEN_TEXT, adopt);
  expect(evidence).toMatchObject({ outcome: 'incomplete', received: { bytes: 6 } });
  expect(evidence.missing?.bytes).toBeGreaterThan(90);
  expect(evidence.obstacle?.why.en).toContain('behind the FIN');
  const text = connectionText(evidence, { columns: 80, unicode: true, language: 'en' });
  expect(text).toContain('of what the other side sent are missing');
  expect(text).not.toContain('RESET by the other side');
});

test.each([false, true])('a FIN twice is no text: adopted %s', async (adopt) => {
  const twice = ['P. 1:7(6) ack 4', 'F. 7:7(0) ack 4', 'F. 7:7(0) ack 4'];
  expect((await converseWith(twice, adopt)).missing).toBeUndefined();
});

describe('a server', () => {
  /** How a connection is told that sent these once the handshake was done, and then acknowledged our FIN. */
  const servedWith = (segments: readonly string[]) =>
    onBench({ family: 4 }, async (bench) => {
      for (const host of ['client', 'server'] as const) bench.filter(host);
      const { dst: address, dstPort: localPort } = bench.flow;
      const port = bench.leases.add(bench.lab.server.openPort('libc', { local: address, localPort }));
      const ended = new Promise<{ readonly text: Text; readonly json: object }>((resolve) => {
        const listening = listen({ port, clock: systemClock, address, localPort }, (connection) => {
          connection.resume();
          whenEnded(connection, (end) => {
            const json = serviceJson(connection, end, { at: new Date() }, 'en');
            resolve({ text: serviceText(connection, end), json });
          });
        });
        bench.leases.defer(() => {
          listening.abandon();
        });
      });
      const client = bench.byHand('client');
      client.send('S 0:0(0) win 64240 <mss 1460>');
      await client.expect('S. 0:0(0) ack 1 <...>');
      client.send('. 1:1(0) ack 1 win 64240');
      for (const segment of segments) {
        const [, from = 0, to = 0] = (/(\d+):(\d+)/.exec(segment) ?? []).map(Number);
        client.send(segment, { payload: 'x'.repeat(to - from) });
      }
      await client.expect('F. 1:1(0) ack 5 <...>', { skip: true });
      client.send('. 5:5(0) ack 2 win 64240');
      return ended;
    });

  test('does not claim that such a connection was closed in order', async () => {
    const { text, json } = await servedWith(['P. 1:4(3) ack 1', 'F. 4:4(0) ack 1', 'P. 4:104(100) ack 1']);
    expect(text.en).toMatch(/: read 3 bytes, wrote 0; closed, but text came behind the other side's FIN/);
    expect(text.zh).toContain('FIN 之后仍有数据到来');
    expect(json).toMatchObject({ outcome: 'incomplete', missing: { bytes: 100, fin: false } });
    expect(json).toMatchObject({ findings: [{ text: expect.stringContaining('has come in') as string }] });
  });

  test('says so of one without', async () => {
    const { text, json } = await servedWith(['P. 1:4(3) ack 1', 'F. 4:4(0) ack 1', 'P. 1:4(3) ack 1']);
    expect(text.en).toMatch(/; closed in order$/);
    expect(json).toMatchObject({ outcome: 'established' });
    expect(json).not.toHaveProperty('missing');
  });
});
