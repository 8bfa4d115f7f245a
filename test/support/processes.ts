/** Processes by their command line, anywhere on this machine. proc_pid_cmdline(5). */
import { readdirSync, readFileSync } from 'node:fs';

/** Their ids; `line` is all of it, with a blank between the words. */
export const processesWith = (line: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandLine(name) === `${line.replaceAll(' ', '\0')}\0`)
    .map(Number);

/** None where it has ended meanwhile. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
