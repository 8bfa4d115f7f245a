/** Whether the process that is named as an owner is there, and is the one that was meant. proc_pid_stat(5), kill(2). */
import { opendirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { type Owner, ownOwner, startTicksIn } from '../../filter/owner.js';
import { isInitial, isProcUnhidden, lacksProcesses } from './pid-namespaces.js';

/** `unknown`: its process ids are counted elsewhere (a container's), or /proc does not show it. */
export type OwnerState = 'running' | 'gone' | 'unknown';

export function stateOf(owner: Owner): OwnerState {
  const { bootId, pidNamespace } = ownOwner();
  if (owner.pidNamespace !== pidNamespace || !procIsOurs()) return 'unknown';
  const startTicks = startTicksOf(owner.pid);
  if (startTicks === undefined) return isThere(owner.pid) ? 'unknown' : 'gone';
  if (Math.abs(startTicks - owner.startTicks) > ROUNDING_TICKS) return 'gone';
  // Containers may be shown a boot id of their own.
  return owner.bootId === bootId ? 'running' : 'unknown';
}

/**
 * Whether it has ended, by its id or with all of its PID namespace: for names that only this user can have made. The
 * answer takes a look at every process, so it is not for comments, which others may make many of. To be asked after the name was found.
 */
export function isGone(owner: Owner): boolean {
  const { pidNamespace } = ownOwner();
  if (owner.pidNamespace === pidNamespace) return stateOf(owner) === 'gone';
  return isInitial(pidNamespace) && procIsOurs() && isProcUnhidden() && lacksProcesses(owner.pidNamespace);
}

/**
 * The state of a process that is said to hold a filter in a network namespace (`net:[4026531840]`). One that does not have it
 * open holds nothing there: somebody else has written the comment, and what it says is not known to be true.
 */
export function holderState(owner: Owner, networkNamespace: string): OwnerState {
  const state = stateOf(owner);
  return state === 'running' && !hasOpen(`/proc/${owner.pid}`, networkNamespace) ? 'unknown' : state;
}

/** A program of ours has some dozens; who has more is looked into so far, for each takes its time, and it may be a stranger. */
const MOST_DESCRIPTORS = 4096;

/** As its own namespace, or by a descriptor, whatever name it was opened by. */
function hasOpen(folder: string, networkNamespace: string): boolean {
  const wanted = { dev: statSync('/proc/self/ns/net').dev, ino: Number(networkNamespace.replace(/\D/g, '')) };
  const isThat = (path: string): boolean => {
    const found = statSync(path, { throwIfNoEntry: false }); // a descriptor may be closed by now
    return found?.dev === wanted.dev && found.ino === wanted.ino;
  };
  try {
    return isThat(`${folder}/ns/net`) || descriptorsIn(`${folder}/fd`).some(isThat);
  } catch {
    return false; // it has ended, or is not to be looked into
  }
}

function descriptorsIn(folder: string): string[] {
  const open = opendirSync(folder);
  try {
    const paths: string[] = [];
    for (let entry = open.readSync(); entry !== null && paths.length < MOST_DESCRIPTORS; entry = open.readSync())
      paths.push(`${folder}/${entry.name}`);
    return paths;
  } finally {
    open.closeSync();
  }
}

/** Between time namespaces a start is rounded twice. */
const ROUNDING_TICKS = 1;

/** A /proc that was mounted in another PID namespace shows other processes under these ids. */
const procIsOurs = (): boolean => readlinkSync('/proc/self') === String(process.pid);

function startTicksOf(pid: number): number | undefined {
  try {
    return startTicksIn(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Where /proc hides the processes of others (`hidepid`), the kernel still tells whether an id is in use. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
