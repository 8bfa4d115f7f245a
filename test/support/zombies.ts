import { readdirSync, readFileSync } from 'node:fs';

/** Children of this process that have ended, and that nobody has waited for. proc_pid_stat(5): state and ppid. */
export function zombies(): string[] {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/stat`, 'utf8');
      } catch {
        return ''; // it has ended meanwhile
      }
    });
  return stats.filter((stat) => stat.includes(`) Z ${String(process.pid)} `));
}
