/** The distribution's packages that hold the system programs, by the table that bin/setup installs from. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What installs packages, in the order in which bin/setup looks for them. */
const MANAGERS = [
  { name: 'apt-get', install: 'apt-get install' },
  { name: 'dnf', install: 'dnf install' },
  { name: 'apk', install: 'apk add' },
  { name: 'pacman', install: 'pacman -S' },
] as const;

/** A row of bin/programs: the program, what it is for, and its package for each of the managers. */
type Row = readonly [program: string, use: string, ...packages: string[]];

const TABLE = new URL('../../bin/programs', import.meta.url);

const rows = (): readonly Row[] =>
  readFileSync(TABLE, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.trim().split(/ +/) as unknown as Row); // a file of our own: every line has its columns

const isThere = (program: string, path: string): boolean =>
  path.split(':').some((folder) => existsSync(join(folder, program)));

/** The line that installs the program here; undefined where no package manager is known. `path`: where programs are. */
export function installLine(program: string, path: string): string | undefined {
  const column = MANAGERS.findIndex(({ name }) => isThere(name, path));
  const manager = MANAGERS[column];
  if (manager === undefined) return undefined;
  return `${process.getuid?.() === 0 ? '' : 'sudo '}${manager.install} ${packageOf(program, column)}`;
}

/** Its name with apt-get, or in the column of another manager. */
export function packageOf(program: string, column = 0): string {
  const name = program.replace(/-(save|restore)$/, ''); // come with the program
  const [, , ...packages] = rows().find(([known]) => known === name) ?? [];
  return packages[column] ?? name;
}
