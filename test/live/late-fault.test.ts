/** The set-up of a server fails when some of its addresses have been answering for a while: nobody who is connected keeps it alive. */
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { serve } from '../../src/live/serve.js';
import type { RawConnection } from '../../src/driver/raw-connection.js';

const PORT = 8888;
const MORE = 40;

let lab: Lab;
beforeEach(() => {
  lab = createLab();
  for (let i = 0; i < MORE; i++) lab.server.run(['ip', 'address', 'add', `198.51.100.${i + 1}/32`, 'dev', 'lo']);
  lab.client.run(['ip', 'route', 'add', '198.51.100.0/24', 'via', lab.server.address(4)]);
});
afterEach(() => {
  lab.close();
});

test('it is interrupted while it opens the others', async () => {
  const flow = { src: lab.client.address(4), srcPort: 0, dst: '198.51.100.1', dstPort: PORT };
  const controller = new AbortController();
  const connections: RawConnection[] = [];
  const sockets: Socket[] = [];
  // One in each turn, until one is heard: what comes while the filter stands and nobody listens is not even refused.
  const knock = (): void => {
    if (connections.length > 0 || sockets.length === MORE * 10) return;
    const socket = lab.client.connect({ ...flow, srcPort: 41_000 + sockets.length });
    sockets.push(socket.on('error', () => undefined));
    setImmediate(knock);
  };
  const serving = serve({
    port: PORT,
    netns: lab.server.netns,
    signal: controller.signal,
    onConnection: (connection) => {
      connections.push(connection);
      controller.abort();
    },
  });
  knock();
  await expect(serving).rejects.toMatchObject({ code: 'RS_INTERRUPTED' });
  expect(connections.length).toBeGreaterThan(0);
  expect(connections.map(({ destroyed }) => destroyed)).toEqual(connections.map(() => true));
});
