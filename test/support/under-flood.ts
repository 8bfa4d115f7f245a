/** What a client gets of a web server while a flood goes on, and what that costs the server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Lab } from '../../src/lab/lab.js';
import type { NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { flood, type FloodOptions } from './flood.js';

export interface Served {
  /** Whether the page came. */
  readonly ok: boolean;
  readonly ms: number;
}

/** curl's own time for one page, from a namespace. */
export async function curl(netns: NetworkNamespace, url: string): Promise<Served> {
  const args = [
    `--net=${netns.path}`,
    'curl',
    '-sS',
    '-o',
    '/dev/null',
    '-m',
    '20',
    '-w',
    '%{http_code} %{time_total}',
    url,
  ];
  const child = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  await once(child, 'close');
  const [code, seconds] = text.split(' ');
  return { ok: code === '200', ms: Math.round(Number(seconds) * 1000) };
}

export interface UnderFlood {
  readonly served: readonly Served[];
  readonly sent: number;
  readonly seconds: number;
  /** The most memory that the server's process ever had, in MB. */
  readonly peakMb: number | undefined;
  /** Of one processor. */
  readonly processorShare: number | undefined;
}

export interface UnderFloodOptions extends FloodOptions {
  readonly from: NetworkNamespace;
  /** Whose memory and processor time is looked at. */
  readonly server: ChildProcess | undefined;
  /** Asks once when so many have been sent, and then again as soon as it was served. */
  readonly after: number;
  readonly everyMs: number;
}

export async function underFlood(lab: Lab, options: UnderFloodOptions): Promise<UnderFlood> {
  const { from, server, port, after, everyMs } = options;
  const startedAt = performance.now();
  const before = ticks(server);
  const attack = flood(lab, options);
  let over = false;
  const ended = attack.over.then(() => {
    over = true;
  });
  const served: Served[] = [];
  const pause = (ms: number): Promise<void> =>
    Promise.race([new Promise<void>((resolve) => setTimeout(resolve, ms)), ended]);
  while (attack.sent < after) await pause(5);
  do {
    served.push(await curl(from, `http://${lab.server.address(4)}:${port}/a.txt`));
    await pause(everyMs);
  } while (!isOver());
  await ended;
  const seconds = (performance.now() - startedAt) / 1000;
  const used = before === undefined ? undefined : (ticks(server) ?? 0) - before;
  return {
    served,
    sent: attack.sent,
    seconds,
    peakMb: memoryMb(server),
    processorShare: used === undefined ? undefined : used / 100 / seconds,
  };
  function isOver(): boolean {
    return over;
  }
}

/** utime and stime, in hundredths of a second. proc(5). */
function ticks(child: ChildProcess | undefined): number | undefined {
  if (child?.pid === undefined) return undefined;
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** The most memory that the process ever had. VmHWM of proc(5). */
export function memoryMb(child: ChildProcess | undefined): number | undefined {
  if (child?.pid === undefined) return undefined;
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
  return line === null ? undefined : Math.round(Number(line[1]) / 1024);
}
