/** Has a guard go on that somebody has stopped (SIGSTOP), with the program that it runs. kill(2). */
import type { ChildProcess } from 'node:child_process';

/** `child` leads a process group (`detached`). Its id is nobody else's until it has been waited for. */
export function wake({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has no group yet
  }
}
