/** Who a process is: its id alone is given to another one day. proc_pid_stat(5). */
import { readFileSync, readlinkSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since boot. */
  readonly startTicks: number;
  /** In which the id counts: `pid:[4026531836]`. */
  readonly pidNamespace: string;
}

const FIELD_AFTER_NAME = 19; // starttime is the 22nd; name, the second, may hold spaces and ends with the last `)`

function startTicks(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[FIELD_AFTER_NAME]);
  } catch {
    return undefined;
  }
}

const pidNamespace = (): string => readlinkSync('/proc/self/ns/pid');

/** Of this process. */
export const ownIdentity = (): ProcessIdentity => ({
  pid: process.pid,
  startTicks: startTicks(process.pid) ?? 0,
  pidNamespace: pidNamespace(),
});

/** Whether it is known to have ended: what happens in another PID namespace is not known. */
export const hasEnded = (process: ProcessIdentity): boolean =>
  process.pidNamespace === pidNamespace() && startTicks(process.pid) !== process.startTicks;
