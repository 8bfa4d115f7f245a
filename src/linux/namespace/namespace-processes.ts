/** The processes in a network namespace, and their end: what outlives its lab would keep the lab's hosts alive. */
import { readdirSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { NetworkNamespace } from './netns.js';
import { procStat } from '../process/proc-stat.js';
import { groupOf, membersOf } from '../process/process-group.js';

const GRACE_MS = 500;
const KILLING_MS = 2000;
const LOOK_EVERY_MS = 10;
/** One that forks and ends all the time is overlooked now and then. */
const LOOKS = 10;

/** Ids of the processes in it; this one is never among them, though its thread may visit. */
function processesIn(netns: NetworkNamespace): readonly number[] {
  const { ino } = statSync(netns.path);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map(Number)
    .filter((pid) => inodesOf(pid).includes(ino));
}

/**
 * Of the namespaces of its threads, for each has its own: the first one of rawshake itself visits the hosts of its labs, and may be stopped
 * there. None of a process that is gone, or somebody else's.
 */
function inodesOf(pid: number): readonly number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.flatMap((thread) => inodeOf(`/proc/${pid}/task/${thread}/ns/net`) ?? []);
  } catch {
    return [];
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

export interface Ended {
  /** How many there were. */
  readonly found: number;
  /** What still runs: none could be ended, or each has made another before. */
  readonly left: readonly number[];
}

/**
 * Ends them, but for `spared`, by SIGHUP, as a terminal that goes away does, also what is stopped, and by SIGKILL what does not
 * listen, and what that has made.
 */
export async function endProcessesIn(
  namespaces: readonly NetworkNamespace[],
  spared: number | undefined,
): Promise<Ended> {
  const running = (): readonly number[] => namespaces.flatMap(processesIn).filter((pid) => pid !== spared);
  const found = running();
  for (const name of ['SIGHUP', 'SIGCONT'] as const) for (const pid of found) signal(pid, name);
  const graceEnds = performance.now() + GRACE_MS;
  while (running().length > 0 && performance.now() < graceEnds) await delay(LOOK_EVERY_MS);
  const inodes = new Set(namespaces.map(({ path }) => statSync(path).ino));
  const killingEnds = performance.now() + KILLING_MS;
  for (let looks = 0; looks < LOOKS; looks++) {
    const left = running();
    if (left.length === 0) continue;
    if (performance.now() > killingEnds) return { found: found.length, left };
    for (const pid of left) kill(pid, inodes);
    looks = -1;
    await delay(1);
  }
  return { found: found.length, left: [] };
}

/**
 * With its group, where that is in the namespaces alone: no child escapes a signal to its group, for fork() waits until that
 * is delivered (copy_process()), and one that has ended has left its group behind.
 */
function kill(pid: number, inodes: ReadonlySet<number>): void {
  const group = groupOf(pid);
  const isOwn = group !== undefined && group > 1 && membersOf(group).every(({ pid: member }) => isIn(member, inodes));
  signal(isOwn ? -group : pid, 'SIGKILL');
}

/** One that has just ended is nowhere. */
function isIn(pid: number, inodes: ReadonlySet<number>): boolean {
  const own = inodesOf(pid);
  return own.length === 0 ? procStat(pid) === '' : own.some((inode) => inodes.has(inode));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended by itself
  }
}
