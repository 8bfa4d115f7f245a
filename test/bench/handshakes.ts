/**
 * Handshakes a second, all completed and all closed, beside the kernel's own client and beside the least that C can do.
 * The contestants take turns, so that what disturbs one disturbs all.
 */
import { spawnSync } from 'node:child_process';
import { type BulkOptions, type BulkSummary, manyHandshakes } from '../../src/bulk/index.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { LINK } from '../../src/lab/addresses.js';
import { Arena, type Outing, PORT } from './arena.js';
import { type Figure, median } from './figure.js';
import { peerFigures } from './peers.js';
import { compiled } from './programs.js';

const ROUNDS = 5;
const COUNT = 100_000;
const WINDOW = 64;
const SHORT = 10_000;
const LONG = 1_000_000;

/** The rate, which is one only if each handshake was completed and closed. */
export async function bulkRate(lab: Lab, options: BulkOptions): Promise<number> {
  const summary = await manyHandshakes(lab, options).summary;
  return requireComplete(summary).perSecond;
}

function requireComplete(summary: BulkSummary): BulkSummary {
  if (summary.complete) return summary;
  const { outcomes, accepted, serverSocketsLeft, retransmissions } = summary;
  throw new Error(`incomplete: ${JSON.stringify({ outcomes, accepted, serverSocketsLeft, retransmissions })}`);
}

/** Of a C program that says how many it established, and in which time. What its kernel leaves to time out is its own affair. */
export function programRate({ stdout, accepted }: Outing, count: number): number {
  const { established, seconds } = JSON.parse(stdout) as { established: number; seconds: number };
  if (established !== count || accepted !== count) {
    throw new Error(`incomplete: ${established} established, ${accepted} accepted, of ${count}`);
  }
  return established / seconds;
}

/** Starts the engine in a process of its own and asks what the most memory was that it took. */
function megabytes(window: number): number {
  const script = new URL('./memory.js', import.meta.url).pathname;
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, String(window)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

export async function handshakeFigures(withPeers: boolean): Promise<readonly Figure[]> {
  const [floor, loop] = [compiled('packet-floor'), compiled('connect-loop')];
  const arena = new Arena();
  const lab = createLab();
  const server = lab.server.address(4);
  const rates: Record<'rawshake' | 'floor' | 'loop' | 'short' | 'long', number[]> = {
    rawshake: [],
    floor: [],
    loop: [],
    short: [],
    long: [],
  };
  for (let round = 0; round < ROUNDS; round++) {
    process.stderr.write(`handshakes: round ${round + 1} of ${ROUNDS}\n`);
    rates.loop.push(programRate(await arena.run([loop, server, `${PORT}`, `${COUNT}`]), COUNT));
    rates.rawshake.push(await bulkRate(lab, { count: COUNT, window: WINDOW }));
    rates.floor.push(programRate(await arena.run([floor, LINK, server, `${PORT}`, `${COUNT}`, `${WINDOW}`]), COUNT));
    rates.short.push(await bulkRate(lab, { count: SHORT, window: WINDOW }));
  }
  process.stderr.write('handshakes: a million\n');
  rates.long.push(await bulkRate(lab, { count: LONG, window: WINDOW }));
  const rawshake = median(rates.rawshake);
  const beside = (name: string, baselineName: string, baseline: number): Figure => ({
    name,
    unit: 'handshakes/s',
    rawshake,
    baseline,
    baselineName,
    ratio: rawshake / baseline,
    completeness: [1, 1],
  });
  const [long, short] = [1e6 / median(rates.long), 1e6 / median(rates.short)];
  const figures: Figure[] = [
    beside('handshakes-per-second', 'connect() loop in C', median(rates.loop)),
    beside('handshakes-per-second-floor', 'AF_PACKET in C', median(rates.floor)),
    {
      name: 'microseconds-per-handshake-of-a-million',
      unit: 'µs',
      rawshake: long,
      baseline: short,
      baselineName: 'rawshake, of 10,000',
      ratio: long / short,
    },
    {
      name: 'megabytes-with-100000-in-flight',
      unit: 'MB',
      rawshake: megabytes(100_000),
      baseline: null,
      baselineName: null,
      ratio: null,
    },
  ];
  if (withPeers) figures.push(...(await peerFigures(arena, rawshake)));
  await arena.close();
  lab.close();
  return figures;
}
