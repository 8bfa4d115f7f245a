/**
 * A folder that only this user can have written to, and the files in it. What another user could have put there, a link,
 * a file with two names, one that others may write, is named and never read. openat(2), by way of /proc/self/fd.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** A link, no folder, a socket. */
const OTHER_KINDS: readonly string[] = ['ELOOP', 'ENOTDIR', 'ENXIO'];

const WRITABLE_BY_OTHERS = 0o022;
const LARGEST_BYTES = 4096;

/** Why a folder or file is not believed. */
export type Distrust = 'kind' | 'owner' | 'mode' | 'size' | 'content';

export interface OwnFile {
  readonly path: string;
  readonly content: { readonly text: string } | { readonly distrust: Distrust };
}

/** Whether it is there and can be trusted, or what is wrong with it. */
export function judgeFolder(folder: string): 'trusted' | 'absent' | Distrust {
  const opened = openFolder(folder);
  if (typeof opened !== 'number') return opened;
  closeSync(opened);
  return 'trusted';
}

/** Whether root alone can have written to a folder, as an ordinary user sees it, who may not open it. */
export function isRootsOwn(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === 0 && (stats.mode & WRITABLE_BY_OTHERS) === 0;
}

/** Makes it, in a folder that is there; whether it can be trusted then. */
export function makeOwnFolder(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
  }
  return judgeFolder(folder) === 'trusted';
}

/** All files in it, as far as they can be believed; empty where the folder cannot. */
export function readOwnFolder(folder: string): readonly OwnFile[] {
  const opened = openFolder(folder);
  if (typeof opened !== 'number') return [];
  try {
    const inside = `/proc/self/fd/${opened}`;
    return readdirSync(inside).map((name) => ({ path: join(folder, name), content: readOwnFile(join(inside, name)) }));
  } finally {
    closeSync(opened);
  }
}

function openFolder(folder: string): number | Distrust | 'absent' {
  const opened = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (typeof opened !== 'number') return opened;
  const distrust = distrustOfStats(fstatSync(opened));
  if (distrust === undefined) return opened;
  closeSync(opened);
  return distrust;
}

function readOwnFile(path: string): OwnFile['content'] {
  const opened = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK); // opening a FIFO would wait for its writer
  if (typeof opened !== 'number') return { distrust: opened === 'absent' ? 'content' : opened };
  try {
    const stats = fstatSync(opened);
    if (!stats.isFile()) return { distrust: 'kind' };
    const distrust = stats.nlink > 1 ? 'kind' : distrustOfStats(stats);
    if (distrust !== undefined) return { distrust };
    if (stats.size > LARGEST_BYTES) return { distrust: 'size' };
    return { text: readFileSync(opened, 'utf8') };
  } finally {
    closeSync(opened);
  }
}

function open(path: string, flags: number): number | Distrust | 'absent' {
  try {
    return openSync(path, flags);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'absent';
    return OTHER_KINDS.includes(code) ? 'kind' : 'owner';
  }
}

const distrustOfStats = ({ uid, mode }: Stats): Distrust | undefined => {
  if (uid !== process.geteuid?.()) return 'owner';
  return (mode & WRITABLE_BY_OTHERS) === 0 ? undefined : 'mode';
};
