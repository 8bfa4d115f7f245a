/**
 * A folder whose files strangers may ask for: nothing outside it is opened, nor anything but regular files. Names are
 * looked up through descriptors, so a link that is put in place meanwhile leads nowhere. open(2), O_PATH, proc_pid_fd(5).
 */
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises';
import { about, RawshakeError, type Text } from '../../error.js';
import { O_PATH } from '../libc/constants.js';

export type Found =
  | { readonly kind: 'folder' }
  /** Open for reading; to be closed by whoever asked. */
  | { readonly kind: 'file'; readonly file: FileHandle };

export interface ServedFolder {
  /**
   * What is there by these names, one below the other; undefined where nothing is, where a part of it is hidden (its
   * name begins with a dot) or links lead out, and where it is neither folder nor regular file.
   */
  find(names: readonly string[]): Promise<Found | undefined>;
  /** Idempotent. */
  close(): void;
}

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, R_OK, X_OK } = constants;

/** What a name that leads nowhere fails with. */
const NOTHING_THERE: readonly unknown[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES'];

/**
 * Keeps the folder open: whoever puts another in its place later changes nothing.
 * @throws {RawshakeError} RS_FILE where it is no folder, or may not be read
 */
export function openServedFolder(path: string): ServedFolder {
  const root = openRoot(path);
  let isOpen = true;
  return {
    async find(names) {
      if (!isOpen || names.some((name) => name.includes('/') || isHidden(name))) return undefined;
      try {
        return await look(root, names);
      } catch (error) {
        if (NOTHING_THERE.includes((error as NodeJS.ErrnoException).code)) return undefined;
        throw error;
      }
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      closeSync(root);
    },
  };
}

const UNREADABLE: Text = { en: 'may not be read', zh: '不可读' };
const NO_FOLDER: Text = { en: 'is no folder', zh: '不是目录' };
const NOT_THERE: Text = { en: 'no such folder', zh: '没有这个目录' };

function openRoot(path: string): number {
  try {
    const root = openSync(path, O_PATH | O_DIRECTORY);
    try {
      accessSync(pathOf(root), R_OK | X_OK);
    } catch (error) {
      closeSync(root);
      throw error;
    }
    return root;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'EACCES' ? UNREADABLE : code === 'ENOTDIR' ? NO_FOLDER : NOT_THERE;
    throw new RawshakeError('RS_FILE', about(path, why), {
      cause,
      hint: { en: 'Name a folder whose files are to be served.', zh: '请指定要提供文件的目录。' },
    });
  }
}

/** Leads to what the descriptor stands for, and not to what has its name by now. */
const pathOf = (fd: number): string => `/proc/self/fd/${fd}`;

/** Also `.` and `..`, and no name at all. */
const isHidden = (name: string): boolean => name === '' || name.startsWith('.');

async function look(root: number, names: readonly string[]): Promise<Found | undefined> {
  const real = await namesWithin(root, names);
  if (real === undefined) return undefined;
  const steps: FileHandle[] = [];
  try {
    let at = root;
    for (const [i, name] of real.entries()) {
      // Every link was followed above: one that is here now was put here since.
      const flags = O_PATH | O_NOFOLLOW | (i < real.length - 1 ? O_DIRECTORY : 0);
      const step = await open(`${pathOf(at)}/${name}`, flags);
      steps.push(step);
      at = step.fd;
    }
    const last = steps.at(-1);
    const stats = await last?.stat();
    if (last === undefined || stats?.isDirectory() === true) return { kind: 'folder' };
    // Until here nothing was opened but names: to open a device or a pipe has effects, or never returns.
    if (stats?.isFile() !== true) return undefined;
    return { kind: 'file', file: await open(pathOf(last.fd), O_RDONLY | O_NONBLOCK) };
  } finally {
    await Promise.all(steps.map((step) => step.close()));
  }
}

/** The names by which it is reached without links; undefined where it is outside, or hidden. */
async function namesWithin(root: number, names: readonly string[]): Promise<readonly string[] | undefined> {
  if (names.length === 0) return [];
  const folder = (await readlink(pathOf(root))).replace(/\/$/, '');
  const real = await realpath([pathOf(root), ...names].join('/'));
  if (real === folder) return [];
  if (!real.startsWith(`${folder}/`)) return undefined;
  const within = real.slice(folder.length + 1).split('/');
  return within.some(isHidden) ? undefined : within;
}
