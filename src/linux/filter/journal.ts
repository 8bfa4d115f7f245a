/**
 * Rules in force that have a guard, one file each: what is left of them when both process and guard were killed. An entry
 * says which connection a rule is for, never how it is removed: that `planFilter` says anew. Entries are read only where
 * nobody else can have written them (own-folder.ts).
 */
import { accessSync, constants, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Text } from '../../error.js';
import type { IptablesVariant } from '../../filter/iptables-save.js';
import { parseOwnerName } from '../../filter/owner.js';
import { type FilterPlan, ownerOf } from '../../filter/plan.js';
import { interruptedForMs } from '../libc/interruption.js';
import { entryText, parseEntry, type Where } from './journal-entry.js';
import { outOfReach } from '../namespace/namespaces-in-reach.js';
import {
  type Distrust,
  isRootsOwn,
  judgeFolder,
  makeOwnFolder,
  type OwnFile,
  readOwnFolder,
} from '../file/own-folder.js';
import { isGone } from '../process/process-identity.js';
import { isRootless } from '../namespace/user-namespace.js';

/** Something in the journal that is not ours to believe. */
export interface LeftAlone {
  readonly path: string;
  readonly why: Text;
}

const ROOTS = '/run/rawshake';

/** More than will ever be in force at a time: beyond it the guard alone sees to a rule. */
const MOST_ENTRIES = 1000;

/** root has one place; whoever is root of a user namespace alone has what that makes theirs. */
function places(): readonly string[] {
  if (process.geteuid?.() === 0 && !isRootless()) return [ROOTS];
  const own = process.env['XDG_RUNTIME_DIR'] ?? '';
  return isAbsolute(own) && judgeFolder(own) === 'trusted' ? [ROOTS, join(own, 'rawshake')] : [ROOTS];
}

/**
 * The folder of the journal; undefined where there is none that only we can write. Then only the guard stands between
 * SIGKILL and a rule that stays, which takes a second SIGKILL to overcome.
 */
export function journalFolder(): string | undefined {
  return places().find((folder) => {
    const found = judgeFolder(folder);
    return found === 'trusted' ? isWritable(folder) : found === 'absent' && isWritable(dirname(folder));
  });
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The file for a rule's entry, if there is a place for one. */
export function journalFile({ family, comment }: FilterPlan, networkNamespace: string): string | undefined {
  const folder = journalFolder();
  if (folder === undefined) return undefined;
  return join(folder, `${comment.replaceAll(':', '-')}-v${family}-${networkNamespace.replace(/\D/g, '')}`);
}

/** Notes a rule that is about to be added. */
export function writeEntry(file: string, plan: FilterPlan, where: Where): void {
  if (!makeOwnFolder(dirname(file)) || readdirSync(dirname(file)).length >= MOST_ENTRIES) return;
  try {
    rmSync(file, { force: true }); // of this very rule, which was removed by somebody else
    writeFileSync(file, entryText(plan, where), { flag: 'wx', mode: 0o600 });
  } catch {
    rmSync(file, { force: true }); // a full disk, say: then the guard alone sees to the rule
  }
}

/** Removes the rule; whether it is known to be gone. */
type Clear = (plan: FilterPlan, variant: IptablesVariant | undefined) => boolean;

/**
 * Hands each rule of this network namespace whose process has ended to `clear`, and forgets those that are gone; and those
 * of other namespaces that are gone with all that was in them; no more of them once a signal is to end this program. Gives
 * what it could not believe.
 */
export function sweepJournal(networkNamespace: string, clear: Clear): readonly LeftAlone[] {
  const folder = journalFolder();
  if (folder === undefined) return isRootless() ? [] : places().flatMap(distrusted);
  const files = readOwnFolder(folder);
  const written = files.filter(({ content }) => !('text' in content && content.text === ''));
  for (const file of files) if (!written.includes(file)) forgetUnwritten(file.path);
  const read = written.map(entryIn);
  const stale = read.filter((one) => 'plan' in one).filter(({ plan }) => isStale(plan));
  const here = stale.filter((one) => one.networkNamespace === networkNamespace);
  const elsewhere = stale.filter((one) => !here.includes(one));
  const lost = outOfReach(elsewhere.map((one) => one.networkNamespace));
  const gone = [
    ...here.filter(({ plan, variant }) => interruptedForMs() < 0 && clear(plan, variant)),
    ...elsewhere.filter((one) => lost.has(one.networkNamespace)),
  ];
  for (const { path } of gone) rmSync(path, { force: true });
  return read.filter((one) => 'why' in one);
}

function isStale({ comment }: FilterPlan): boolean {
  const owner = ownerOf(comment);
  return owner !== undefined && isGone(owner);
}

/** Its process is about to write it, or was killed before it could, and before it added the rule. */
function forgetUnwritten(path: string): void {
  const owner = parseOwnerName(/^rawshake-(\d+-\d+-\d+-[\da-f]{8})-/.exec(basename(path))?.[1] ?? '');
  if (owner === undefined || isGone(owner)) rmSync(path, { force: true });
}

function distrusted(folder: string): readonly LeftAlone[] {
  const found = judgeFolder(folder);
  // An ordinary user has another place than root's.
  const isRoots = found === 'owner' && process.geteuid?.() !== 0 && isRootsOwn(folder);
  return found === 'trusted' || found === 'absent' || isRoots ? [] : [leftAlone(folder, found)];
}

interface ReadEntry extends Where {
  readonly path: string;
  readonly plan: FilterPlan;
}

function entryIn({ path, content }: OwnFile): LeftAlone | ReadEntry {
  if ('distrust' in content) return leftAlone(path, content.distrust);
  const entry = parseEntry(content.text);
  return entry === undefined ? leftAlone(path, 'content') : { path, ...entry };
}

const leftAlone = (path: string, distrust: Distrust): LeftAlone => ({ path, why: REASONS[distrust] });

const REASONS: Readonly<Record<Distrust, Text>> = {
  kind: { en: 'it is a link, or of another kind', zh: '它是链接或其他类型的文件' },
  owner: { en: 'it belongs to somebody else', zh: '它属于别人' },
  mode: { en: 'others may write it', zh: '其他人可以写它' },
  size: { en: 'it is too large', zh: '它太大' },
  content: { en: 'it is no entry of the journal', zh: '它不是日志条目' },
};
