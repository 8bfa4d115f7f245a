/** Rules in force that have a guard, one file each: what is left of them when both process and guard were killed. */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RuleCommands } from '../filter/ports.js';
import { hasEnded, ownIdentity, type ProcessIdentity } from './process-identity.js';

export interface JournalEntry {
  readonly owner: ProcessIdentity;
  /** `net:[4026531840]` */
  readonly networkNamespace: string;
  readonly rule: RuleCommands;
}

/** root's, and where that may not be written an ordinary user's own. */
const folders = (): readonly string[] => {
  const own = process.env['XDG_RUNTIME_DIR'];
  return ['/run/rawshake', ...(own === undefined || own === '' ? [] : [join(own, 'rawshake')])];
};

/**
 * The folder of the journal; undefined where none can be written. Then only the guard stands between SIGKILL and a rule
 * that stays, which takes a second SIGKILL to overcome.
 */
export const journalFolder = (): string | undefined =>
  folders().find((folder) => isWritable(existsSync(folder) ? folder : dirname(folder)));

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What is to stand in the entry of a rule, and in which file, if any; its folder is made. */
export function journalEntry(
  rule: RuleCommands,
  networkNamespace: string,
): { readonly file: string; readonly text: string } {
  const folder = journalFolder();
  if (folder === undefined) return { file: '', text: '' };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = `${rule.comment.replaceAll(':', '-')}-v${String(rule.family)}-${networkNamespace.replace(/\D/g, '')}`;
  const entry: JournalEntry = { owner: ownIdentity(), networkNamespace, rule };
  return { file: join(folder, name), text: JSON.stringify(entry) };
}

/** Hands each rule of this network namespace whose process has ended to `isGone`, which removes it; then forgets it. */
export function sweepJournal(networkNamespace: string, isGone: (rule: RuleCommands) => boolean): void {
  for (const file of folders().flatMap(filesIn)) {
    const entry = read(file);
    if (entry?.networkNamespace !== networkNamespace || !hasEnded(entry.owner)) continue;
    if (isGone(entry.rule)) rmSync(file, { force: true });
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** undefined while the guard is still writing it, or where it is no entry. */
function read(file: string): JournalEntry | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JournalEntry;
  } catch {
    return undefined;
  }
}
