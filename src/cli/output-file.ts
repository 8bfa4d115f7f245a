/**
 * Opens what a user asked to have written, as somebody who may be root in a folder of others: a link put there is not
 * followed, a FIFO is not waited for, and nothing is emptied before it is seen to be what may be written.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readlinkSync,
  type Stats,
  statfsSync,
  statSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { about, RawshakeError, type Text } from '../error.js';
import { O_PATH } from '../linux/libc/constants.js';
import { isRootless } from '../linux/namespace/user-namespace.js';

const { O_WRONLY, O_CREAT, O_NONBLOCK, O_NOFOLLOW, O_NOCTTY, O_DIRECTORY } = constants;
const FLAGS = O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY;
/** <linux/magic.h> */
const PROC_SUPER_MAGIC = 0x9fa0;
/** Of a folder: the group, or all, may put files there; or each may, and remove none of others (sticky). */
const SHARED = 0o1022;

/**
 * A descriptor that does not block, of an empty regular file, a character device, or a FIFO that somebody reads. `named`: what
 * the user calls it.
 * @throws {RawshakeError} RS_FILE
 */
export function openOutput(path: string, named = path): number {
  const { fd, isSystems } = open(path, named);
  try {
    const stats = fstatSync(fd);
    const why = refusal(path, stats, isSystems);
    if (why !== undefined) throw refused(named, why, ITS_OWN_NAME);
    if (stats.isFile()) ftruncateSync(fd);
    return fd;
  } catch (cause) {
    closeSync(fd);
    throw cause instanceof RawshakeError ? cause : notWritten(named, cause);
  }
}

interface Opened {
  readonly fd: number;
  /** Reached by a link of the system's: what is there was opened by whoever started this program. */
  readonly isSystems: boolean;
}

function open(path: string, named: string): Opened {
  try {
    return { fd: openSync(path, FLAGS | O_NOFOLLOW, 0o666), isSystems: false };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENXIO') throw refused(named, NO_READER, READER_FIRST);
    if (code !== 'ELOOP') throw notWritten(named, cause);
  }
  return { fd: openSystemLink(path, named), isSystems: true };
}

/** `/dev/stdout`, `/proc/self/fd/1`, `>(program)`: links where nobody but the kernel and root can put one. */
function openSystemLink(path: string, named: string): number {
  let folder: number | undefined;
  try {
    folder = openSync(dirname(path), O_PATH | O_DIRECTORY);
    const place = `/proc/self/fd/${String(folder)}`;
    if (readlinkSync(place) !== '/dev' && statfsSync(place).type !== PROC_SUPER_MAGIC) {
      throw refused(named, LINK, ITS_OWN_NAME);
    }
    return openSync(`${place}/${basename(path)}`, FLAGS, 0o666);
  } catch (cause) {
    throw cause instanceof RawshakeError ? cause : notWritten(named, cause);
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}

function refusal(path: string, stats: Stats, isSystems: boolean): Text | undefined {
  if (stats.isCharacterDevice()) return undefined;
  if (!stats.isFile() && !stats.isFIFO()) return NO_FILE;
  if (isSystems) return undefined;
  if (stats.isFile() && stats.nlink > 1) return HARD_LINKS;
  return isPlanted(path, stats) ? PLANTED : undefined;
}

/** As the kernel judges by fs.protected_regular and fs.protected_fifos in sticky folders alone: sysctl/fs.rst. */
function isPlanted(path: string, stats: Stats): boolean {
  const folder = statSync(dirname(path));
  return (folder.mode & SHARED) !== 0 && isStrangers(stats, folder);
}

/**
 * Whether a file in a folder belongs neither to us nor to whoever has the folder. In a user namespace all others look alike
 * (overflowuid), so there the latter cannot be known.
 */
export const isStrangers = ({ uid }: Stats, folder: Stats): boolean =>
  uid !== process.geteuid?.() && (uid !== folder.uid || isRootless());

export const LINK: Text = { en: 'is a link, which is not followed', zh: '它是链接，不会被跟随' };
const NO_READER: Text = { en: 'nobody reads from it', zh: '没有程序在读取它' };
const NO_FILE: Text = { en: 'is no file that can be written to', zh: '它不是可以写入的文件' };
const HARD_LINKS: Text = { en: 'is a file with other names (hard links)', zh: '该文件还有别的名字（硬链接）' };
const PLANTED: Text = {
  en: 'belongs to somebody else, in a folder that others can write',
  zh: '它属于别人，且所在目录可由他人写入',
};

const ITS_OWN_NAME: Text = {
  en: 'Name the file itself, a regular one of yours, or a new one.',
  zh: '请直接指定文件本身：属于你的普通文件，或新文件。',
};
const READER_FIRST: Text = {
  en: 'Name a file; or start the program that reads this FIFO first.',
  zh: '请指定一个文件；或先启动读取该 FIFO 的程序。',
};

const refused = (path: string, why: Text, hint: Text): RawshakeError =>
  new RawshakeError('RS_FILE', about(path, about({ en: 'cannot be written', zh: '无法写入' }, why)), { hint });

/** For want of what that errno says. */
export const cannotBeWritten = (code: string): Text => ({
  en: `cannot be written (${code})`,
  zh: `无法写入（${code}）`,
});

/** Of a file: a part of it is missing. */
export const NOT_WHOLE: Text = { en: 'not whole', zh: '不完整' };
const ITS_READER: Text = { en: 'its reader has stopped reading', zh: '读取方已停止读取' };

export const notWritten = (path: string, cause: unknown): RawshakeError =>
  codeOf(cause) === 'EAGAIN'
    ? new RawshakeError('RS_FILE', about(path, about(NOT_WHOLE, ITS_READER)), { cause, hint: STOPPED })
    : new RawshakeError('RS_FILE', about(path, cannotBeWritten(codeOf(cause))), {
        cause,
        hint: { en: 'Name a file in a folder that exists and is yours.', zh: '请指定一个存在且可写的目录中的文件。' },
      });

const STOPPED: Text = {
  en: 'Do not use what it has; see what keeps it, or name a file.',
  zh: '请勿使用它已读取的部分；请查看它为何停下，或指定一个文件。',
};

/** The symbolic errno of a failed call. */
export const codeOf = (cause: unknown): string => String((cause as NodeJS.ErrnoException).code);
