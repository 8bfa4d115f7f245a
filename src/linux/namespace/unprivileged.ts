/** How a program of a stranger is started: as nobody's user where that can be, with CAP_NET_RAW alone, within limits. setpriv(1), prlimit(1). */
import { readFileSync } from 'node:fs';

export interface ProgramLimits {
  /** Of the address space of each process. */
  readonly memoryMiB: number;
  /** Of processor time, of each process. */
  readonly cpuSeconds: number;
}

/** Processes and threads of it at a time. */
const MOST_PROCESSES = 64;
const MOST_FILES = 256;
const LARGEST_FILE_BYTES = 16 << 20;

const MIB = 1 << 20;
const CAPABILITIES = '-all,+net_raw';

/** `argv` as it is to be started where all else is this process's. */
export function unprivileged(
  argv: readonly [string, ...string[]],
  { memoryMiB, cpuSeconds }: ProgramLimits,
): [string, ...string[]] {
  const id = unusedId(readFileSync('/proc/self/uid_map', 'latin1'), process.pid);
  return [
    'prlimit',
    `--as=${String(memoryMiB * MIB)}`,
    `--cpu=${String(cpuSeconds)}`,
    `--nproc=${String(MOST_PROCESSES)}`,
    `--nofile=${String(MOST_FILES)}`,
    `--fsize=${String(LARGEST_FILE_BYTES)}`,
    '--core=0',
    'setpriv',
    ...(id === undefined ? [] : ['--reuid', String(id), '--regid', String(id), '--clear-groups']),
    '--no-new-privs',
    ...[`--bounding-set=${CAPABILITIES}`, `--inh-caps=${CAPABILITIES}`, `--ambient-caps=${CAPABILITIES}`],
    '--',
    ...argv,
  ];
}

/** Far above those of people and services; and below them, for a user namespace that has 65,536. */
const RANGES = [
  [2_000_000_000, 1 << 22],
  [60_000, 1000],
] as const;

/**
 * A user id that is nobody's, and another for each process that grades: neither has a hand on the other's programs, and the limit on
 * processes counts each by itself. Undefined in a user namespace of one's own, where there is none but one's own.
 */
export function unusedId(uidMap: string, pid: number): number | undefined {
  const mapped = uidMap
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return RANGES.map(([first, count]) => first + (pid % count)).find((id) =>
    mapped.some(([from = 0, , count = 0]) => id >= from && id < from + count),
  );
}
