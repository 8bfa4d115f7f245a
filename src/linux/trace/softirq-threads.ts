/** The kernel's own threads that serve soft interrupts (`ksoftirqd/0`). Their name proves nothing: any program may take it. */
import { procStat } from '../process/proc-stat.js';

/** <linux/sched.h>: made by the kernel, of no program. */
const PF_KTHREAD = 0x0020_0000;
/** `14 (ksoftirqd/0) S 2 0 0 0 -1 69238848 …`: the flags are the ninth. proc_pid_stat(5) */
const STAT = /^\d+ \(ksoftirqd\/\d+\) \S(?: -?\d+){5} (\d+) /;

export const isSoftirqThread = (stat: string): boolean => (Number(STAT.exec(stat)?.[1] ?? 0) & PF_KTHREAD) !== 0;

/** Those of `pids` that are such a thread. They live as long as their processor, so none has an id that another had. */
export const softirqThreadsAmong = (pids: Iterable<number>): readonly number[] =>
  [...new Set(pids)].filter((pid) => isSoftirqThread(procStat(pid)));
