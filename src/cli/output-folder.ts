/**
 * A folder to write files into, as somebody who may be root in a place of others: it stays the same one, whatever is put under
 * its name meanwhile, and a link that somebody else has put there is not followed. openat(2), by way of /proc/self/fd.
 */
import { closeSync, constants, lstatSync, openSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { about, RawshakeError } from '../error.js';
import { O_PATH } from '../linux/libc/constants.js';
import { codeOf, isStrangers, LINK } from './output-file.js';

const { O_DIRECTORY, O_NOFOLLOW } = constants;
/** Each may put files there, and remove none of others: sticky, and writable by all. */
const STICKY_FOR_ALL = 0o1002;

export interface OutputFolder {
  /** As the user named it. */
  readonly path: string;
  /** Where it is, for as long as it is open. */
  readonly place: string;
}

/** @throws {RawshakeError} RS_FILE where it is a link that somebody else has planted */
export function withFolder(named: string, use: (folder: OutputFolder) => void): void {
  const path = itself(named);
  // A link that is no planted one cannot be exchanged for one.
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (isLink) refusePlanted(path);
  open(path, path, isLink ? O_DIRECTORY : O_DIRECTORY | O_NOFOLLOW, use);
}

/**
 * As the kernel follows links by fs.protected_symlinks, wherever that is off: may_follow_link().
 * @throws {RawshakeError} RS_FILE
 */
export function refusePlanted(named: string): void {
  const path = itself(named);
  const link = lstatSync(path, { throwIfNoEntry: false });
  if (link?.isSymbolicLink() !== true) return;
  const folder = statSync(dirname(path));
  if ((folder.mode & STICKY_FOR_ALL) === STICKY_FOR_ALL && isStrangers(link, folder)) throw refused(path);
}

/** A slash, or a dot, behind the name of a link would mean what it leads to. */
const itself = (path: string): string => path.replace(/(?<=.)(?:\/+\.?)+$/, '');

/**
 * Of that name in another; no link is followed.
 * @throws {RawshakeError} RS_FILE
 */
export function withFolderIn({ path, place }: OutputFolder, name: string, use: (folder: OutputFolder) => void): void {
  open(join(path, name), join(place, name), O_DIRECTORY | O_NOFOLLOW, use);
}

function open(path: string, place: string, flags: number, use: (folder: OutputFolder) => void): void {
  const fd = openOrRefuse(path, place, flags);
  try {
    use({ path, place: `/proc/self/fd/${String(fd)}` });
  } finally {
    closeSync(fd);
  }
}

/** With O_PATH a link is ENOTDIR, and so is a file. */
function openOrRefuse(path: string, place: string, flags: number): number {
  try {
    return openSync(place, flags | O_PATH);
  } catch (cause) {
    if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true) throw refused(path);
    const code = codeOf(cause);
    const why = { en: `the folder cannot be opened (${code})`, zh: `无法打开目录（${code}）` };
    throw new RawshakeError('RS_FILE', about(path, why), { cause, hint: YOURS });
  }
}

const YOURS = { en: 'Name a new folder, in a place that is yours.', zh: '请指定一个可写位置中的新目录。' };

const refused = (path: string): RawshakeError =>
  new RawshakeError('RS_FILE', about(path, about({ en: 'cannot be written to', zh: '无法写入' }, LINK)), {
    hint: YOURS,
  });
