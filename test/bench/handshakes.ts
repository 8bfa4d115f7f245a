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
const LONG_ROUNDS = 3;
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
  const [arena, closingArena] = [new Arena(), new Arena({ closes: true })];
  const lab = createLab();
  const server = lab.server.address(4);
  const inC = async (closes: 'client' | 'server'): Promise<number> => {
    const argv = [floor, LINK, server, `${PORT}`, `${COUNT}`, `${WINDOW}`, closes] as const;
    return programRate(await (closes === 'server' ? closingArena : arena).run(argv), COUNT);
  };
  const contestants = {
    loop: async () => programRate(await arena.run([loop, server, `${PORT}`, `${COUNT}`]), COUNT),
    rawshake: () => bulkRate(lab, { count: COUNT, window: WINDOW, close: 'server' }),
    floor: () => inC('server'),
    rawshakeResets: () => bulkRate(lab, { count: COUNT, window: WINDOW }),
    floorResets: () => inC('client'),
  };
  const rates = await takeTurns('handshakes', ROUNDS, contestants);
  const lengths = await takeTurns('handshakes, ten thousand and a million', LONG_ROUNDS, {
    short: () => bulkRate(lab, { count: SHORT, window: WINDOW, close: 'server' }),
    long: () => bulkRate(lab, { count: LONG, window: WINDOW, close: 'server' }),
    shortAgain: () => bulkRate(lab, { count: SHORT, window: WINDOW, close: 'server' }),
  });
  const { rawshake } = rates;
  const beside = (name: string, baselineName: string, own: number, baseline: number): Figure => ({
    ...{ name, unit: 'handshakes/s', rawshake: own, baseline, baselineName, ratio: own / baseline },
    completeness: [1, 1],
  });
  const [long, short] = [1e6 / lengths.long, 2e6 / (lengths.short + lengths.shortAgain)];
  const figures: Figure[] = [
    beside('handshakes-per-second', 'connect() loop in C', rawshake, rates.loop),
    beside('handshakes-per-second-floor', 'AF_PACKET in C', rawshake, rates.floor),
    beside('handshakes-per-second-closed-by-client', 'connect() loop in C', rates.rawshakeResets, rates.loop),
    beside('handshakes-per-second-closed-by-client-floor', 'AF_PACKET in C', rates.rawshakeResets, rates.floorResets),
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
  await Promise.all([arena.close(), closingArena.close()]);
  lab.close();
  return figures;
}

/** The median of each; a round has each of them once. */
async function takeTurns<Name extends string>(
  what: string,
  rounds: number,
  contestants: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Readonly<Record<Name, number>>> {
  const entries = Object.entries<() => Promise<number>>(contestants);
  const rates = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`${what}: round ${round} of ${rounds}\n`);
    for (const [name, measure] of entries) rates.get(name)?.push(await measure());
  }
  return Object.fromEntries([...rates].map(([name, all]) => [name, median(all)])) as Record<Name, number>;
}
