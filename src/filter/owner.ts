/**
 * Whose a rule is: the process that holds it, in a notation for comments and names. A process id alone is given to another
 * one day, means another in each PID namespace, and after a restart of the machine means nothing. proc_pid_stat(5).
 */
import { readFileSync, readlinkSync } from 'node:fs';

export interface Owner {
  readonly pid: number;
  /** When it started, in clock ticks since boot. */
  readonly startTicks: number;
  /** The inode of the PID namespace in which the id counts. */
  readonly pidNamespace: number;
  /** The first eight hex digits of `/proc/sys/kernel/random/boot_id`; zeros where that is hidden. */
  readonly bootId: string;
}

/** `12503-81234567-4026531836-1f3a9c2e`. */
export const ownerName = ({ pid, startTicks, pidNamespace, bootId }: Owner): string =>
  [pid, startTicks, pidNamespace, bootId].join('-');

const NAME = /^([1-9]\d{0,9})-(\d{1,15})-(\d{1,15})-([\da-f]{8})$/;

/** undefined where it is none. */
export function parseOwnerName(name: string): Owner | undefined {
  const [, pid, startTicks, pidNamespace, bootId] = NAME.exec(name) ?? [];
  if (bootId === undefined) return undefined;
  return { pid: Number(pid), startTicks: Number(startTicks), pidNamespace: Number(pidNamespace), bootId };
}

const TICKS_PER_SECOND = 100; // USER_HZ, the same everywhere

/**
 * By how many ticks a time namespace moves the starts that its processes read; 0 outside of any, and before Linux 5.5.
 * time_namespaces(7).
 */
function movedTicks(): number {
  try {
    const offsets = readFileSync('/proc/self/timens_offsets', 'utf8');
    const [, seconds = '0', nanoseconds = '0'] = /^boottime\s+(-?\d+)\s+(\d+)/m.exec(offsets) ?? [];
    return Number(seconds) * TICKS_PER_SECOND + Math.floor((Number(nanoseconds) * TICKS_PER_SECOND) / 1e9);
  } catch {
    return 0;
  }
}

const FIELD_AFTER_NAME = 19; // starttime is the 22nd; name, the second, may hold spaces and ends with the last `)`

/** The start of a process from its `stat` file. */
export const startTicksIn = (stat: string): number =>
  Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[FIELD_AFTER_NAME]) - movedTicks();

/** A /proc mounted with `subset=pid` has processes alone. Who sees another id than a rule names never takes its owner for gone. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '00000000';
    throw error;
  }
}

let own: Owner | undefined;

/** This process. Needs /proc. */
export function ownOwner(): Owner {
  own ??= {
    pid: process.pid,
    startTicks: startTicksIn(readFileSync('/proc/self/stat', 'utf8')),
    pidNamespace: Number(readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')),
    bootId: bootId(),
  };
  return own;
}
