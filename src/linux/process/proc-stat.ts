/** What the kernel says of a process in one line. proc_pid_stat(5). */
import { readFileSync } from 'node:fs';

/** Empty where it has ended, or is hidden, or of another PID namespace. */
export function procStat(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  } catch {
    return '';
  }
}
