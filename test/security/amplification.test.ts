/** A few small packets of a hostile peer bring out no more than an honest one would be sent. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { memoryPorts } from '../../src/driver/memory-port.js';
import { listen } from '../../src/driver/raw-server.js';
import { emitPacket, parsePacket, seqAdd, type TcpInit } from '../../src/wire/index.js';
import { seq } from '../../src/wire/seq.js';
import { FakeClock, FLOW } from '../support/memory.js';

const WINDOW = 65_535;

/** A peer to whom a server has much to send, and some of it under way. */
async function underWay() {
  const [near, far] = memoryPorts();
  const server = listen(
    { port: far, clock: new FakeClock(), address: FLOW.dst, localPort: FLOW.dstPort },
    (connection) => {
      connection.on('error', () => undefined).write(Buffer.alloc(1_000_000));
    },
  );
  let [bytes, next] = [0, seq(0)];
  near.onPacket((packet) => {
    bytes += packet.length;
    const parsed = parsePacket(packet);
    if (!parsed.ok || parsed.value.tcp === undefined) throw new Error('no segment');
    const { seq: first, flags, payload } = parsed.value.tcp;
    next = seqAdd(first, payload.length + (flags & 2 ? 1 : 0));
  });
  const send = async (tcp: TcpInit): Promise<void> => {
    const ports = { srcPort: FLOW.srcPort, dstPort: FLOW.dstPort };
    near.send(emitPacket({ ip: { version: 4, src: FLOW.src, dst: FLOW.dst }, tcp: { ...ports, ...tcp } }));
    await nextTurn();
  };
  await send({ flags: 'S', seq: 0, window: WINDOW, options: [{ kind: 'mss', mss: 1460 }] });
  // Taken in order until the congestion window is wide; what then follows is under way.
  let acked = next;
  for (let i = 0; i < 10; i++) {
    acked = next;
    await send({ flags: '.', seq: 1, ack: acked, window: WINDOW });
  }
  return {
    /** The last acknowledgment again and again, with these windows; the bytes that it brought out. */
    repeat: async (times: number, windows: readonly number[]): Promise<number> => {
      const before = bytes;
      for (let i = 0; i < times; i++)
        for (const window of windows) await send({ flags: '.', seq: 1, ack: acked, window });
      return bytes - before;
    },
    /** After a loss that was told of, one byte more each time; the bytes that it brought out. */
    trickle: async (times: number): Promise<number> => {
      for (let i = 0; i < 4; i++) await send({ flags: '.', seq: 1, ack: acked, window: WINDOW });
      const before = bytes;
      for (let i = 1; i <= times; i++) await send({ flags: '.', seq: 1, ack: seqAdd(acked, i), window: WINDOW });
      return bytes - before;
    },
    close: () => {
      server.abandon();
    },
  };
}

test.each([
  { what: 'a window that is closed and opened a hundred times', windows: [0, WINDOW], times: 100, most: 100 * 40 },
  { what: 'a window of none, then of a byte, a hundred times', windows: [0, 1], times: 100, most: 100 * 41 },
  {
    what: 'a thousand duplicate acknowledgments: what the window lets, once',
    windows: [WINDOW],
    times: 1000,
    most: WINDOW + 50 * 40,
  },
])('$what', async ({ windows, times, most }) => {
  const { repeat, close } = await underWay();
  expect(await repeat(times, windows)).toBeLessThanOrEqual(most);
  close();
});

test('acknowledgments of a byte each, in fast recovery', async () => {
  const { trickle, close } = await underWay();
  expect(await trickle(1000)).toBeLessThanOrEqual(1000 * 41);
  close();
});
