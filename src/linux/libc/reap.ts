/**
 * Takes note of the end of children outside Node's event loop, which alone does it otherwise: in one long call each program
 * that has ended would stay a zombie, and count where the number of processes is limited. waitid(2), cgroups(7): pids.
 */
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { P_PID, WEXITED, WNOHANG, WNOWAIT } from './constants.js';
import { libc } from './libc.js';

/** `siginfo_t` of 64-bit Linux: si_code, si_pid and si_status. */
const SIGINFO_BYTES = 128;
const [CODE, PID, STATUS] = [8, 16, 24] as const;
const CLD_EXITED = 1;

export interface End {
  /** null: it died of a signal. */
  readonly status: number | null;
}

/** What Node keeps of a child that it waits for, and calls when it has ended. */
interface Handle {
  onexit?(status: number, signal: string): void;
}

/**
 * How it has ended; undefined while it runs. Node is told first: it asks the kernel for the end of each child by its id,
 * which from then on may be another's. Where it is not to be told so, it stays as it is until the loop runs.
 */
export function reapIfEnded(child: ChildProcess & { readonly pid: number }): End | undefined {
  const info = new DataView(new ArrayBuffer(SIGINFO_BYTES));
  libc('waitid', P_PID, child.pid, info, WEXITED | WNOHANG | WNOWAIT);
  if (info.getInt32(PID, true) === 0) return undefined;
  const [status, isExit] = [info.getInt32(STATUS, true), info.getInt32(CODE, true) === CLD_EXITED];
  const { _handle: handle } = child as { readonly _handle?: Handle | null };
  if (typeof handle?.onexit === 'function') {
    handle.onexit(isExit ? status : 0, isExit ? '' : signalName(status));
    libc('waitid', P_PID, child.pid, info, WEXITED | WNOHANG);
  }
  return { status: isExit ? status : null };
}

const signalName = (number: number): string =>
  Object.entries(constants.signals).find(([, known]) => known === number)?.[0] ?? 'SIGKILL';

const ending = new Set<ChildProcess>();

/** Of one that is about to end, and that nobody waits for: it is reaped when the next is, or by Node. */
export function leaveToEnd(child: ChildProcess): void {
  if (!isAlive(child)) return;
  ending.add(child);
  child.once('exit', () => ending.delete(child));
}

/** Reaps those of them that have ended, so that there are never many. To be called where a child is started. */
export function reapEnded(): void {
  for (const child of ending) if (isAlive(child)) reapIfEnded(child);
}

const isAlive = (child: ChildProcess): child is ChildProcess & { readonly pid: number } =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;
