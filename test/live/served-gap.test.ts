/** Text of a client that lies behind a gap when nobody waits for it any longer: no success, as `connect` says of the same. */
import { expect, test } from 'vitest';
import { serviceJson, serviceText } from '../../src/cli/service-text.js';
import { memoryPorts } from '../../src/driver/memory-port.js';
import { listen } from '../../src/driver/raw-server.js';
import type { Text } from '../../src/error.js';
import { whenEnded } from '../../src/live/service-end.js';
import { emitPacket, type TcpInit } from '../../src/wire/index.js';
import { FakeClock, FLOW, ScriptedPeer } from '../support/memory.js';

/** How it is told that a client sent these after it had acknowledged our FIN, and was then given up. */
async function givenUpAfter(segments: readonly TcpInit[]): Promise<{ readonly text: Text; readonly json: object }> {
  const [near, far] = memoryPorts();
  const server = listen({ port: far, clock: new FakeClock(), address: FLOW.dst, localPort: FLOW.dstPort });
  const told = new Promise<{ readonly text: Text; readonly json: object }>((resolve) => {
    server.on('connection', (connection) => {
      whenEnded(connection, (end) => {
        const json = serviceJson(connection, end, { at: new Date() }, 'en');
        resolve({ text: serviceText(connection, end), json });
      });
      connection.resume().end();
    });
  });
  const peer = new ScriptedPeer(near);
  const send = (tcp: TcpInit): void => {
    const ports = { srcPort: 1000, dstPort: FLOW.dstPort, window: 60_000 };
    near.send(emitPacket({ ip: { version: 4, src: FLOW.src, dst: FLOW.dst }, tcp: { ...ports, ...tcp } }));
  };
  send({ flags: 'S', seq: 0 });
  const first = (await peer.next()).seq + 1;
  send({ flags: '.', seq: 1, ack: first });
  await peer.next(); // our FIN
  for (const segment of [{ flags: '.', seq: 1 }, ...segments]) {
    send({ ack: first + 1, ...segment });
    await new Promise(setImmediate);
  }
  server.abandon();
  return told;
}

test('one that has all of our text, and sent nothing: a success', async () => {
  const { text, json } = await givenUpAfter([]);
  expect(json).toMatchObject({ outcome: 'established' });
  expect(json).not.toHaveProperty('missing');
  expect(text.en).not.toContain('missing');
});

const BEHIND = { flags: 'P.', seq: 1001, payload: Buffer.from('behind a gap') };

test('text behind a gap', async () => {
  const { text, json } = await givenUpAfter([BEHIND]);
  expect(json).toMatchObject({ outcome: 'incomplete', missing: { bytes: 1000, fin: false } });
  expect(text.en).toMatch(/; given up: .*; at least 1000 bytes of what the other side sent are missing$/);
  expect(text.zh).toMatch(/；已放弃：.*；对方发送的数据至少缺少 1000 字节$/);
});

test('and a FIN behind that', async () => {
  const { text, json } = await givenUpAfter([BEHIND, { flags: 'F.', seq: 1013 }]);
  expect(json).toMatchObject({ outcome: 'incomplete', missing: { bytes: 1000, fin: true } });
  expect(text.en).toMatch(/are missing, and it has closed behind them \(FIN\)$/);
});

test('a FIN that was reached is no gap', async () => {
  const { json } = await givenUpAfter([
    { flags: 'P.', seq: 1, payload: Buffer.from('all') },
    { flags: 'F.', seq: 4 },
  ]);
  expect(json).toMatchObject({ outcome: 'established', bytesRead: 3 });
  expect(json).not.toHaveProperty('missing');
});
