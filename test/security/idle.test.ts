/** Clients that connect and say nothing take no place away from the next one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { type Patience, withPatience } from '../../src/live/patience.js';
import { serve } from '../../src/live/serve.js';
import { echo, readOnly, sendText, type Service } from '../../src/live/services.js';

let lab: Lab;
beforeAll(() => {
  lab = createLab();
});
afterAll(() => {
  lab.close();
});

/** A kernel's socket that never closes; it says that it is open, and then how it ends. */
const SILENT = `
import errno, select, socket, sys
one = socket.create_connection((sys.argv[1], 8080))
sys.stdout.write('.')
sys.stdout.flush()
poll = select.poll()
poll.register(one, 0)
poll.poll()
print(errno.errorcode[one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)])
`;

/** EPIPE: in CLOSE-WAIT, tcp_reset(). */
const RESET = /^(ECONNRESET|EPIPE)\n$/;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function python() {
  const child = lab.client.netns.run(() => spawn('python3', ['-c', SILENT, lab.server.address(4)]));
  children.push(child);
  await once(child.stdout, 'data');
  child.stdout.pause(); // what comes before somebody reads on is not lost
  return child;
}

const ending = ({ stdout }: Awaited<ReturnType<typeof python>>): Promise<string> => text(stdout);

async function served(service: Service, patience: Patience, use: () => Promise<void>): Promise<void> {
  const { netns } = lab.server;
  const onConnection = withPatience(service, patience);
  const server = await serve({ port: 8080, address: lab.server.address(4), netns, onConnection });
  try {
    await use();
  } finally {
    await server.close();
  }
}

test.each([
  ['echo', echo],
  ['send', sendText('hello')],
  ['plain', readOnly],
] as const)('%s: where all places are taken, whoever is idle longest gives way', async (_name, service) => {
  await served(service, { connections: 2 }, async () => {
    const first = await python();
    await python();
    await python();
    expect(await ending(first)).toMatch(RESET);
  });
});

test('whoever is idle too long is reset, also once our side is closed', async () => {
  for (const service of [echo, readOnly, sendText('hello')])
    await served(service, { idleMs: 200, closedIdleMs: 200 }, async () => {
      expect(await ending(await python())).toMatch(RESET);
    });
});
