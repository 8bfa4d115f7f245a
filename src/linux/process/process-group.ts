/** The processes of a group, as they are now. proc_pid_stat(5), setpgid(2). */
import { readdirSync } from 'node:fs';
import { procStat } from './proc-stat.js';

export interface GroupMember {
  readonly pid: number;
  /** What it calls itself. */
  readonly name: string;
}

/** Those that have not ended, as far as /proc shows them. */
export const membersOf = (group: number): readonly GroupMember[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => memberIn(Number(pid), group) ?? []);

/** undefined where it has ended. */
export const groupOf = (pid: number): number | undefined => read(pid)?.group;

function memberIn(pid: number, group: number): GroupMember | undefined {
  const found = read(pid);
  return found?.group === group && !'ZX'.includes(found.state) ? { pid, name: found.name } : undefined;
}

function read(pid: number): { readonly name: string; readonly state: string; readonly group: number } | undefined {
  // A name may have anything in it, also brackets.
  const [, name = '', state = '', group] = /\((.*)\) (\S) \d+ (\d+) /s.exec(procStat(pid)) ?? [];
  return group === undefined ? undefined : { name, state, group: Number(group) };
}
