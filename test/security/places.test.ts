/** `listen --http` under many at once, in memory: no more places than there are. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { memoryPorts } from '../../src/driver/memory-port.js';
import { listen } from '../../src/driver/raw-server.js';
import { serveFiles } from '../../src/live/http-server.js';
import { emitPacket, parsePacket, type Seq, seqAdd, TcpFlag, type TcpInit } from '../../src/wire/index.js';
import { seq } from '../../src/wire/seq.js';
import { FakeClock, FLOW } from '../support/memory.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-places-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A web server with ten places, and clients that send what they like in one turn. */
function setUp() {
  const [near, far] = memoryPorts();
  const files = serveFiles(folder, { connections: 10 });
  const open = new Set<object>();
  const where = { port: far, clock: new FakeClock(), address: FLOW.dst, localPort: FLOW.dstPort };
  const server = listen(where, (connection) => {
    open.add(connection.once('close', () => open.delete(connection)));
    files.service(connection);
  });
  const iss = new Map<number, Seq>();
  near.onPacket((packet) => {
    const parsed = parsePacket(packet);
    if (!parsed.ok || parsed.value.tcp === undefined) throw new Error('no segment');
    const { seq: first, dstPort, flags } = parsed.value.tcp;
    if (flags & TcpFlag.SYN) iss.set(dstPort, first);
  });
  const send = (srcPort: number, tcp: TcpInit): void => {
    const ip = { version: 4, src: FLOW.src, dst: FLOW.dst } as const;
    near.send(emitPacket({ ip, tcp: { srcPort, dstPort: FLOW.dstPort, window: 65_535, ...tcp } }));
  };
  return {
    open,
    /** So many handshakes, whose last segments come in one turn. */
    connect: async (ports: readonly number[]): Promise<void> => {
      for (const port of ports) send(port, { flags: 'S', seq: 0 });
      await nextTurn();
      for (const port of ports) {
        send(port, { flags: '.', seq: 1, ack: seqAdd(iss.get(port) ?? seq(0), 1) });
      }
      await nextTurn();
      await nextTurn();
    },
    close: () => {
      server.abandon();
      files.close();
    },
  };
}

const ports = (from: number): number[] => Array.from({ length: 50 }, (_, i) => from + i);

test('many that come in one turn have no more places than those that come one by one', async () => {
  const { open, connect, close } = setUp();
  for (const from of [1000, 2000, 3000]) {
    await connect(ports(from));
    expect(open.size).toBe(10);
  }
  close();
});
