/** What `listen --http` tells of its requests: every one that was taken, by what the client has acknowledged, before its connection's end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RequestLog } from '../../src/cli/request-log.js';
import { memoryPorts } from '../../src/driver/memory-port.js';
import { listen } from '../../src/driver/raw-server.js';
import { serveFiles } from '../../src/live/http-server.js';
import { whenEnded } from '../../src/live/service-end.js';
import { emitPacket, TcpFlag, type TcpInit } from '../../src/wire/index.js';
import { FakeClock, FLOW, ScriptedPeer } from '../support/memory.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rawshake-answers-'));
  writeFileSync(join(folder, 'small'), '0123456789');
  writeFileSync(join(folder, 'large'), Buffer.alloc(3_000_000));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A client's segment by hand, once it has asked; `after`: how much of the answer it acknowledges. */
type Say = (tcp: TcpInit, after?: number) => void;

/** What is told of a client that asks so, and then does what `then` has it do; `bytes`: of its answer, or as many of a large one as came first. */
async function toldOf(request: string, then: (say: Say, bytes: number) => void) {
  const [near, far] = memoryPorts();
  const log = new RequestLog();
  const files = serveFiles(folder, {}, log.answered);
  const ended = new Promise<readonly unknown[]>((resolve) => {
    const server = listen({ port: far, clock: new FakeClock(), address: FLOW.dst, localPort: FLOW.dstPort });
    server.on('connection', (connection) => {
      whenEnded(connection, () => {
        resolve(log.of(connection).map(({ asked, status, whole }) => ({ url: asked?.url, status, whole })));
        server.abandon();
      });
      files.service(connection);
    });
  });
  const peer = new ScriptedPeer(near);
  const send = (tcp: TcpInit): void => {
    const ports = { srcPort: 1000, dstPort: FLOW.dstPort, window: 60_000 };
    near.send(emitPacket({ ip: { version: 4, src: FLOW.src, dst: FLOW.dst }, tcp: { ...ports, ...tcp } }));
  };
  send({ flags: 'S', seq: 7, options: [{ kind: 'mss', mss: 1460 }] });
  const first = (await peer.next()).seq + 1;
  send({ flags: '.', seq: 8, ack: first });
  send({ flags: 'P.', seq: 8, ack: first, payload: Buffer.from(request) });
  let answer = await peer.next();
  while (answer.payload.length === 0) answer = await peer.next();
  // A small one is all there with its FIN; Node hears in a later turn that it was written.
  while (!request.includes('/large') && (answer.flags & TcpFlag.FIN) === 0) answer = await peer.next();
  await new Promise(setImmediate);
  const seq = 8 + request.length;
  then(
    (tcp, after = 0) => {
      send({ seq, ack: first + after, ...tcp });
    },
    answer.seq + answer.payload.length - first,
  );
  return ended.finally(() => {
    files.close();
  });
}

const get = (url: string): string => `GET ${url} HTTP/1.0\r\n\r\n`;
const RESET = { flags: TcpFlag.RST } as const;

describe('a client that resets', () => {
  test('while a large answer is under way: told, as not whole', async () => {
    const told = await toldOf(get('/large'), (say, bytes) => {
      say({ flags: '.' }, bytes);
      say(RESET);
    });
    expect(told).toEqual([{ url: '/large', status: 200, whole: false }]);
  });

  test.each([0, 50])('having acknowledged %i bytes of a small one: not whole, though all was sent', async (bytes) => {
    const told = await toldOf(get('/small'), (say) => {
      say({ flags: '.' }, bytes);
      say(RESET);
    });
    expect(told).toEqual([{ url: '/small', status: 200, whole: false }]);
  });

  test('having acknowledged all of it: whole', async () => {
    const told = await toldOf(get('/small'), (say, bytes) => {
      say({ flags: '.' }, bytes);
      say(RESET);
    });
    expect(told).toEqual([{ url: '/small', status: 200, whole: true }]);
  });

  test('when a request waits behind: that is told too', async () => {
    const one = (url: string): string => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const told = await toldOf(`${one('/large')}${one('/small')}CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n`, (say) => {
      say(RESET);
    });
    expect(told).toEqual([
      { url: '/large', status: 200, whole: false },
      { url: '/small', status: undefined, whole: false },
      { url: 'a:1', status: undefined, whole: false },
    ]);
  });
});

test.each([
  [0, false],
  [1, true],
])('what is no request, its refusal acknowledged to %i: %s', async (part, whole) => {
  const told = await toldOf('nonsense\r\n\r\n', (say, bytes) => {
    say({ flags: '.' }, part * bytes);
    say(RESET);
  });
  expect(told).toEqual([{ url: undefined, status: 400, whole }]);
});

test.each(['1.0', '1.1'])('two Host fields, HTTP/%s: 400. RFC 9112 §3.2', async (version) => {
  const told = await toldOf(`GET /small HTTP/${version}\r\nHost: x\r\nHost: y\r\n\r\n`, (say, bytes) => {
    say({ flags: '.' }, bytes);
    say(RESET);
  });
  expect(told).toEqual([{ url: '/small', status: 400, whole: true }]);
});
