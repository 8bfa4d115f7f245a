/** Two hand-made sides over a bad link in memory, time moving only when nothing else can: every byte arrives in order, or the end has a name. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { connect } from '../../src/driver/connect.js';
import { withFaults } from '../../src/driver/faults.js';
import { memoryPorts } from '../../src/driver/memory-port.js';
import type { RawConnection } from '../../src/driver/raw-connection.js';
import { listen } from '../../src/driver/raw-server.js';
import { FakeClock, FLOW } from '../support/memory.js';

const RUNS = 10_000;
const CHUNK = 1000;

/** What a seed's client sends: mostly a few segments, every tenth time enough for windows to open and losses to meet. */
const payload = (seed: number): Buffer => Buffer.alloc(seed % 10 === 0 ? 20_000 : 1 + ((seed * 37) % 4000), `${seed} `);

const NAMED = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT'];

/** One run of the streams: the server sends back what it gets. Gives the digest of what came back, or the error's code. */
async function run(seed: number): Promise<string> {
  const clock = new FakeClock();
  const [near, far] = memoryPorts();
  const faults = {
    seed,
    // One way through one port: two bits flipped in one packet can cancel out in a checksum of 16 bits.
    direction: 'send' as const,
    loss: (seed % 4) * 0.1,
    duplication: 0.05,
    reordering: 0.1,
    delayMs: [0, 8] as const,
    corruption: 0.02,
  };
  const tcp = { timeWaitMs: 100, maxRtoMs: 2000, maxRetransmissions: 30, synRetries: 30 };
  const server = listen(
    { port: withFaults(far, faults, clock), clock, address: FLOW.dst, localPort: FLOW.dstPort, tcp },
    (connection) => connection.on('error', () => undefined).pipe(connection),
  );
  const client = connect({ port: withFaults(near, { ...faults, seed: ~seed }, clock), clock, flow: FLOW, tcp });
  const ended: string[] = [];
  void outcome(client).then((value) => ended.push(value));
  client.end(payload(seed));
  await quiet();
  while (ended.length === 0) {
    if (!clock.advance()) throw new Error(`seed ${seed}: nothing is left to happen`);
    await quiet();
  }
  server.abandon();
  client.abandon();
  return ended.join();
}

/** Streams hand on by ticks and promises; when the loop has turned, none is left. */
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function outcome(connection: RawConnection): Promise<string> {
  const hash = createHash('sha256');
  return new Promise((resolve) => {
    connection
      .on('data', (chunk: Buffer) => hash.update(chunk))
      .on('error', (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? error.message);
      })
      .on('end', () => {
        resolve(hash.digest('hex'));
      });
  });
}

describe(`${RUNS} seeded streams over a link with loss, duplication, reordering, delay and corruption`, () => {
  test.each(Array.from({ length: RUNS / CHUNK }, (_, i) => i * CHUNK))(`${CHUNK} seeds from %i on`, async (first) => {
    let intact = 0;
    for (let seed = first; seed < first + CHUNK; seed++) {
      const result = await run(seed);
      if (result === createHash('sha256').update(payload(seed)).digest('hex')) intact += 1;
      else expect(NAMED, `seed ${seed}`).toContain(result);
    }
    expect(intact).toBeGreaterThan(0.96 * CHUNK);
  });
});
