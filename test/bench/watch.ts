/**
 * What `rawshake watch` costs whom it watches, and whom it does not: processor time of the work of two hosts, with it and without.
 * `npx tsc -p test/bench/tsconfig.json && node build/test/bench/watch.js`; needs root.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { LabHost } from '../../src/lab/host.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { type Figure, median } from './figure.js';

const ROUNDS = 5;
/** USER_HZ. */
const TICKS_PER_SECOND = 100;
const WITHOUT_TRACE = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];

const LOADS = {
  'bulk-data': ['bulk', '512', '0'],
  'connections-2000-a-second': ['connections', '2000', '2000'],
} as const;
type Load = keyof typeof LOADS;

const WATCHES = ['of-it', 'of-it-without-trace', 'of-another', 'of-another-without-trace'] as const;
type Watch = (typeof WATCHES)[number];

interface Cost {
  /** Of the work itself. */
  readonly seconds: number;
  /** The share of a processor that the watching program takes. */
  readonly watchShare: number;
}

/** Processor seconds of a process: proc_pid_stat(5). */
function cpuSeconds(pid: number): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'latin1')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function work({ client, server }: Lab, load: Load): Promise<number> {
  const argv = ['test/bench/load.py', ...LOADS[load], server.address(4), server.netns.path];
  const program = client.netns.run(() => spawn('/usr/bin/python3', argv, { stdio: ['ignore', 'pipe', 'inherit'] }));
  let said = '';
  program.stdout.on('data', (piece: Buffer) => (said += piece.toString()));
  await once(program, 'close');
  if (program.exitCode !== 0) throw new Error(`load.py ended with status ${String(program.exitCode)}`);
  return Number(said);
}

async function watchedWork(lab: Lab, load: Load, host: LabHost, prefix: readonly string[]): Promise<Cost> {
  const [program, ...args] = [...prefix, process.execPath, 'bin/rawshake.js', 'watch', '--for', '60'];
  const watching = host.netns.run(() => spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] }));
  const ended = once(watching, 'close');
  await Promise.race([once(watching.stderr, 'data'), ended]);
  if (watching.exitCode !== null) throw new Error(`watch ended with status ${String(watching.exitCode)}`);
  const pid = watching.pid ?? 0;
  const [startedAt, before] = [performance.now(), cpuSeconds(pid)];
  const seconds = await work(lab, load);
  const watchShare = (cpuSeconds(pid) - before) / ((performance.now() - startedAt) / 1000);
  watching.kill('SIGINT');
  await ended;
  return { seconds, watchShare };
}

const isTraced = (watch: Watch): boolean => !watch.endsWith('without-trace');

async function costsOf(load: Load, lab: Lab, other: Lab): Promise<readonly Figure[]> {
  const alone: number[] = [];
  const costs = new Map<Watch, Cost[]>(WATCHES.map((watch) => [watch, []]));
  await work(lab, load); // the first loads what the others have
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(await work(lab, load));
    for (const watch of WATCHES) {
      const { server } = watch.startsWith('of-it') ? lab : other;
      costs.get(watch)?.push(await watchedWork(lab, load, server, isTraced(watch) ? [] : WITHOUT_TRACE));
    }
  }
  const baseline = median(alone);
  return [...costs].flatMap(([watch, of]) => {
    const name = `${load}-watch-${watch}`;
    const rawshake = median(of.map(({ seconds }) => seconds));
    const share = median(of.map(({ watchShare }) => watchShare));
    return [
      { name, unit: 's', rawshake, baseline, baselineName: 'not watched', ratio: rawshake / baseline },
      { name: `${name}-own-time`, unit: '%', rawshake: share * 100, ...NO_BASELINE },
    ];
  });
}

const NO_BASELINE = { baseline: null, baselineName: null, ratio: null };

/** Of one of the loads after the other. */
async function* figuresByLoad(): AsyncGenerator<readonly Figure[]> {
  const [lab, other] = [createLab(), createLab()];
  try {
    for (const load of Object.keys(LOADS) as Load[]) yield await costsOf(load, lab, other);
  } finally {
    lab.close();
    other.close();
  }
}

export async function watchFigures(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for await (const ofLoad of figuresByLoad()) figures.push(...ofLoad);
  return figures;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for await (const figures of figuresByLoad())
    for (const { name, rawshake, baseline, ratio, unit } of figures)
      process.stdout.write(
        `${name.padEnd(64)} ${rawshake.toFixed(3)} ${unit}  ${baseline === null || ratio === null ? '' : `alone ${baseline.toFixed(3)} s, × ${ratio.toFixed(3)}`}\n`,
      );
