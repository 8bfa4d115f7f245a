/** Which process a thread is of. proc_pid_status(5): Tgid */
import { readFileSync } from 'node:fs';

/** undefined: it has ended. */
export function processOf(thread: number): number | undefined {
  try {
    const [, id] = /^Tgid:\s*(\d+)$/m.exec(readFileSync(`/proc/${String(thread)}/status`, 'latin1')) ?? [];
    return id === undefined ? undefined : Number(id);
  } catch {
    return undefined;
  }
}
