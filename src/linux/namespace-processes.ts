/** The processes in a network namespace, and their end: what outlives its lab would keep the lab's hosts alive. */
import { readdirSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { NetworkNamespace } from './netns.js';

const GRACE_MS = 500;
const LOOK_EVERY_MS = 10;

/** Ids of the processes in it; this one is never among them, though its thread may visit. */
export function processesIn(netns: NetworkNamespace): readonly number[] {
  const { ino } = statSync(netns.path);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) => inodeOf(`/proc/${pid}/ns/net`) === ino)
    .map(Number);
}

/** Undefined of a process that is gone, or somebody else's. */
function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

/**
 * Ends them by SIGHUP, as a terminal that goes away does, and by SIGKILL what does not listen.
 * @returns how many there were
 */
export async function endProcessesIn(namespaces: readonly NetworkNamespace[]): Promise<number> {
  const left = (): readonly number[] => namespaces.flatMap(processesIn);
  const found = left();
  for (const pid of found) signal(pid, 'SIGHUP');
  const deadline = performance.now() + GRACE_MS;
  while (left().length > 0 && performance.now() < deadline) await delay(LOOK_EVERY_MS);
  for (const pid of left()) signal(pid, 'SIGKILL');
  return found.length;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended by itself
  }
}
