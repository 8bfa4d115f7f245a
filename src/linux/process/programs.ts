/** The distribution's packages that hold the system programs, by the table that bin/setup installs from. */
import { readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What installs packages, in the order in which bin/setup looks for them. */
const MANAGERS = [
  { name: 'apt-get', install: 'apt-get install' },
  { name: 'dnf', install: 'dnf install' },
  { name: 'apk', install: 'apk add' },
  { name: 'pacman', install: 'pacman -S' },
] as const;

/** A row of bin/programs: the program, what it is for, and its package for each of the managers. */
type Row = readonly [program: string, use: string, ...packages: string[]];

const TABLE = new URL('../../../bin/programs', import.meta.url);

const rows = (): readonly Row[] =>
  readFileSync(TABLE, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.trim().split(/ +/) as unknown as Row); // a file of our own: every line has its columns

/** `busybox`: the only one of that name can do less; BusyBox's ip sets no neighbour. */
type Presence = 'installed' | 'busybox' | 'absent';

/**
 * By looking, not from an errno: a folder of the PATH that may not be read makes EACCES of a program that is in none.
 * `path`: where programs are.
 */
export function presenceOf(program: string, path: string): Presence {
  const found = path.split(':').flatMap((folder) => nameBehind(join(folder, program)) ?? []);
  if (found.some((name) => name !== 'busybox')) return 'installed';
  return found.length > 0 ? 'busybox' : 'absent';
}

/** Of the file itself, where links lead to it. */
function nameBehind(file: string): string | undefined {
  try {
    return basename(realpathSync(file));
  } catch {
    return undefined;
  }
}

/** The line that installs the programs here; undefined where no package manager is known. */
export function installLine(programs: readonly string[], path: string): string | undefined {
  const column = MANAGERS.findIndex(({ name }) => presenceOf(name, path) === 'installed');
  const manager = MANAGERS[column];
  if (manager === undefined) return undefined;
  const packages = [...new Set(programs.map((program) => packageOf(program, column)))].join(' ');
  return `${process.getuid?.() === 0 ? '' : 'sudo '}${manager.install} ${packages}`;
}

/** Its name with apt-get, or in the column of another manager. */
export function packageOf(program: string, column = 0): string {
  const name = program.replace(/-(save|restore)$/, ''); // come with the program
  const [, , ...packages] = rows().find(([known]) => known === name) ?? [];
  return packages[column] ?? name;
}
