/** Urgent data of a real kernel's socket: it stands in the stream where it was written, whoever has the connection. RFC 6093 §2.3. */
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { libc } from '../../src/linux/libc/libc.js';
import { converse } from '../../src/live/converse.js';

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

/** <bits/socket.h> */
const MSG_OOB = 1;

const REST = 'z'.repeat(30_000);

const sendUrgent = (socket: Socket, text: string): void => {
  const { _handle: handle } = socket as unknown as { readonly _handle: { readonly fd: number } };
  libc('send', handle.fd, Buffer.from(text), text.length, MSG_OOB);
};

test.each([
  [false, true],
  [false, false],
  [true, true],
  [true, false],
])('adopted: %s, behind it a FIN: %s', async (adopt, closes) => {
  await lab.server.listen(4, 80, (socket) => {
    socket
      .on('error', () => undefined)
      .once('data', () => {
        socket.write('pay 1', () => {
          sendUrgent(socket, '0');
          socket.write(REST);
          if (closes) socket.end();
        });
      });
  });
  const evidence = await converse({
    ...{ host: lab.server.address(4), port: 80, netns: lab.client.netns, adopt, close: 'fin', waitMs: 1500 },
    ...{ output: undefined, onPacket: undefined, signal: new AbortController().signal, input: 'GET' },
  });
  const { outcome, missing, received } = evidence;
  const text = received.text.replace(/z+$/, (rest) => ` and ${rest.length}`);
  expect({ outcome, missing, text }).toEqual({ outcome: 'established', missing: undefined, text: 'pay 10 and 30000' });
});
