/** Draws docs/figures: the rate against the window, and what a handshake costs from a thousand of them to a million. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLab } from '../../src/lab/lab.js';
import { LINK } from '../../src/lab/addresses.js';
import { Arena, PORT } from './arena.js';
import { median } from './figure.js';
import { bulkRate, programRate } from './handshakes.js';
import { compiled } from './programs.js';
import { svg } from './svg.js';

const FOLDER = join('docs', 'figures');
/** Up to what a busy machine still serves within a second, before the server repeats its SYN/ACKs. */
const WINDOWS = [1, 4, 16, 64, 256, 1024, 4096];
const MOST = 1_000_000;
const COUNTS = [1000, 10_000, 100_000, MOST];
const WINDOW = 64;
const ROUNDS = 3;
/** Enough for a good part of a second, whatever the window. */
const COUNT = 50_000;

type Point = readonly [number, number];

export async function drawPlots(): Promise<void> {
  const floor = compiled('packet-floor');
  const arena = new Arena({ closes: true });
  const lab = createLab();
  const c = async (count: number, window: number): Promise<number> => {
    const argv = [floor, LINK, lab.server.address(4), `${PORT}`, `${count}`, `${window}`, 'server'] as const;
    return programRate(await arena.run(argv), count);
  };
  const js = (count: number, window: number): Promise<number> => bulkRate(lab, { count, window, close: 'server' });
  const middle = async (measure: () => Promise<number>, rounds = ROUNDS): Promise<number> => {
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) rates.push(await measure());
    return median(rates);
  };
  const [byWindow, byWindowInC, cost, costInC]: Point[][] = [[], [], [], []];
  for (const window of WINDOWS) {
    byWindow?.push([window, await middle(() => js(COUNT, window))]);
    byWindowInC?.push([window, await middle(() => c(COUNT, window))]);
  }
  for (const count of COUNTS) {
    const rounds = count === MOST ? 1 : ROUNDS; // which lasts long enough to be a mean of its own
    cost?.push([count, 1e6 / (await middle(() => js(count, WINDOW), rounds))]);
    costInC?.push([count, 1e6 / (await middle(() => c(count, WINDOW), rounds))]);
  }
  await arena.close();
  lab.close();

  const lines = (rawshake: readonly Point[] = [], inC: readonly Point[] = []) => [
    { name: 'rawshake', colour: '#2a7fd4', points: rawshake },
    { name: 'the same in C', colour: '#d4772a', points: inC },
  ];
  mkdirSync(FOLDER, { recursive: true });
  const write = (name: string, text: string): void => {
    writeFileSync(join(FOLDER, name), text);
  };
  write(
    'rate-by-window.svg',
    svg({
      title: 'Handshakes completed and closed, by how many are under way',
      xLabel: 'window',
      yLabel: 'handshakes/s',
      series: lines(byWindow, byWindowInC),
    }),
  );
  write(
    'cost-by-count.svg',
    svg({
      title: `What one handshake costs, by how many are made (window ${WINDOW})`,
      xLabel: 'handshakes',
      yLabel: 'µs each',
      series: lines(cost, costInC),
    }),
  );
}
