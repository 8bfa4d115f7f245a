/** Ends the `rawshake filter add` that holds a filter, once it is proven to be that. pidfd_open(2), proc(5). */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Owner } from '../../filter/owner.js';
import { libc, SystemCallError } from '../libc/libc.js';
import { holderState } from './process-identity.js';
import { watchReadable } from '../libc/reactor.js';

/** How long it may take to remove its filter and end. */
const PATIENCE_MS = 2000;

// The same numbers on every architecture; glibc names them since 2.36 only.
const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;

export interface Holder {
  readonly owner: Owner;
  /** Where its filter is in force: `net:[4026531840]`. */
  readonly networkNamespace: string;
  /** Whether a `filter add` with these words behind it holds that filter. */
  readonly isOf: (words: readonly string[]) => boolean;
}

/** `ended`; `lives` on, for it is not proven to do nothing else; or does `not hold` it, whatever the comment says. */
export type HolderEnd = 'ended' | 'lives' | 'not holding';

/**
 * Asks it to end, which has it remove its filter first, and waits until it has; also where it was stopped by Ctrl-Z.
 * Whoever else has the id by now, or is named in a comment that somebody has copied, is left alone: the process has to be
 * the owner, this user's, a `filter add` of this very filter, and to have the filter's network namespace open.
 */
export async function endHolder({ owner, networkNamespace, isOf }: Holder): Promise<HolderEnd> {
  const fd = openProcess(owner.pid);
  if (fd === undefined) return 'ended';
  try {
    // Asked while the descriptor is open: it cannot have become another's in between.
    const words = holderState(owner, networkNamespace) === 'running' ? filterAddWords(owner.pid) : undefined;
    if (words === undefined) return 'lives';
    if (!isOf(words)) return 'not holding';
    for (const signal of [constants.signals.SIGTERM, constants.signals.SIGCONT]) {
      libc('syscall', SYS_PIDFD_SEND_SIGNAL, fd, signal, 0, 0, 0);
    }
    return (await hasEnded(fd)) ? 'ended' : 'lives';
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'ESRCH') return 'ended';
    throw error;
  } finally {
    libc('close', fd);
  }
}

/** A descriptor that becomes readable when the process ends. */
function openProcess(pid: number): number | undefined {
  try {
    return libc('syscall', SYS_PIDFD_OPEN, pid, 0, 0, 0, 0);
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'ESRCH') return undefined;
    throw error;
  }
}

function hasEnded(fd: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (ended: boolean): void => {
      watch.close();
      clearTimeout(timer);
      resolve(ended);
    };
    const watch = watchReadable(fd, () => {
      end(true);
    });
    const timer = setTimeout(end, PATIENCE_MS, false);
  });
}

/** What stands behind `filter add` where it is one, and this user's. */
function filterAddWords(pid: number): readonly string[] | undefined {
  const folder = `/proc/${pid}`;
  try {
    return isOurs(folder) ? wordsIn(folder) : undefined;
  } catch {
    return undefined; // it has ended, or is not to be looked into
  }
}

/** By all of its user ids; the owner of its folder in /proc is root's where it may not be looked into. */
function isOurs(folder: string): boolean {
  const ids = /^Uid:\t(.*)$/m.exec(readFileSync(`${folder}/status`, 'utf8'))?.[1]?.split('\t') ?? [];
  return ids.length === 4 && ids.every((id) => Number(id) === process.geteuid?.());
}

function wordsIn(folder: string): readonly string[] | undefined {
  const words = readFileSync(`${folder}/cmdline`, 'utf8').split('\0');
  const at = words.findIndex((word) => /(^|\/)rawshake(\.js)?$/.test(word));
  const isAdd = at >= 0 && words[at + 1] === 'filter' && words[at + 2] === 'add';
  return isAdd ? words.slice(at + 3, -1) : undefined; // each ends with NUL
}
