/** What lies in a folder of submissions: files, and a folder for each student as learning platforms hand them out. All of it is named. */
import { lstatSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Text } from '../error.js';
import type { PassedOver } from '../evidence/exercise.js';
import { interrupted } from '../lab/until.js';
import { nameOf } from '../printable.js';
import { namesBelow, type Place } from './below.js';
import { NO_FILE, unreadable } from '../linux/file/text-file.js';

/** A file to be graded. */
export interface Submission {
  readonly place: Place;
  /** Below the folder: `amber.yaml`, `amber/answers.yaml`. */
  readonly name: string;
  /** How many there are in a student's folder; 1 where it has none of its own. */
  readonly siblings: number;
}

/** What should have been graded, and cannot be. */
export interface Ungradable {
  readonly name: string;
  readonly why: Text;
}

export interface Submissions {
  readonly files: readonly Submission[];
  readonly ungradable: readonly Ungradable[];
  readonly passedOver: readonly PassedOver[];
}

/** One student's folder is not to hold up the others. */
const MOST_OF_ONE = 10;
const MOST_NAMED_OF_ONE = 20;

/** Names of a folder that are read: of all submissions, and of one student's. */
const MOST_READ = 100_000;
const MOST_READ_OF_ONE = 2000;

/**
 * Throws what the system says of the folder itself; of all that is in it, it is told.
 * @throws {RawshakeError} RS_INTERRUPTED when `signal` is aborted
 */
export async function submissionsIn(folder: string, signal?: AbortSignal): Promise<Submissions> {
  const found = { files: [], ungradable: [], passedOver: [] } as Mutable;
  const { entries, more } = entriesOf({ folder: Buffer.from(folder), below: [] }, '', MOST_READ);
  if (more) found.ungradable.push({ name: '…', why: notRead(MOST_READ) });
  for (const entry of entries) {
    // A signal is heard between them.
    if (entry.kind === 'folder') await setImmediate();
    if (signal?.aborted === true) throw interrupted();
    if (entry.kind === 'folder' && isSomebodys(entry)) addStudent(entry, found);
    else if (entry.kind !== 'folder' && isYaml(entry.name)) addFile(entry, 1, found);
    else found.passedOver.push(passed(entry, isClutter(entry.name)));
  }
  return found;
}

/** By its name, or for the YAML in it; one that cannot be looked into may hold some. */
function isSomebodys({ name, place }: Entry): boolean {
  if (!isClutter(name)) return true;
  try {
    return namesBelow(place, MOST_READ_OF_ONE).names.some((bytes) => isYaml(nameOf(bytes)));
  } catch {
    return true;
  }
}

interface Mutable {
  readonly files: Submission[];
  readonly ungradable: Ungradable[];
  readonly passedOver: PassedOver[];
}

interface Entry {
  readonly place: Place;
  /** Below the folder of submissions. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | Text;
}

/** A student's folder: the YAML files in it, and no deeper. */
function addStudent(folder: Entry, found: Mutable): void {
  let read: Entries;
  try {
    read = entriesOf(folder.place, `${folder.name}/`, MOST_READ_OF_ONE);
  } catch (error) {
    found.ungradable.push({ name: `${folder.name}/`, why: unreadable(error) });
    return;
  }
  const { entries, more: isCut } = read;
  // Which of its answers are among those that were read is chance.
  if (isCut) {
    found.ungradable.push({ name: `${folder.name}/`, why: notRead(MOST_READ_OF_ONE) });
    return;
  }
  const isAnswer = ({ kind, name }: Entry): boolean => kind !== 'folder' && isYaml(name);
  const answers = entries.filter(isAnswer);
  for (const entry of answers.slice(0, MOST_OF_ONE)) addFile(entry, answers.length, found);
  for (const { name } of answers.slice(MOST_OF_ONE))
    found.passedOver.push({ file: name, why: TOO_MANY, clutter: false });
  if (answers.length === 0) found.ungradable.push({ name: `${folder.name}/`, why: NO_YAML });
  const others = entries.filter((entry) => !isAnswer(entry));
  // Beside answers they may be whatever they are.
  for (const entry of others.slice(0, MOST_NAMED_OF_ONE))
    found.passedOver.push(passed(entry, answers.length > 0 || isClutter(entry.name)));
  const more = others.length - MOST_NAMED_OF_ONE;
  if (more > 0) found.passedOver.push({ file: `${folder.name}/…`, why: andMore(more), clutter: answers.length > 0 });
}

function addFile({ place, name, kind }: Entry, siblings: number, found: Mutable): void {
  if (kind === 'file') found.files.push({ place, name, siblings });
  else if (kind !== 'folder') found.ungradable.push({ name, why: kind });
}

function passed({ name, kind }: Entry, clutter: boolean): PassedOver {
  if (kind === 'folder') return { file: `${name}/`, why: clutter && isClutter(name) ? NOBODYS : TOO_DEEP, clutter };
  if (kind !== 'file') return { file: name, why: kind, clutter };
  return { file: name, why: isClutter(name) ? NOBODYS : ARCHIVE.test(name) ? PACKED : NOT_YAML, clutter };
}

interface Entries {
  readonly entries: readonly Entry[];
  /** There are others. */
  readonly more: boolean;
}

/** In the order of their names. */
function entriesOf({ folder, below }: Place, prefix: string, most: number): Entries {
  const { names, more } = namesBelow({ folder, below }, most);
  const entries = names
    .map((bytes) => {
      const place = { folder, below: [...below, bytes] };
      return { place, name: prefix + nameOf(bytes), kind: kindOf(place) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { entries, more };
}

/** It may have gone since it was listed, and is asked again when it is read. */
function kindOf({ folder, below }: Place): Entry['kind'] {
  try {
    const stats = lstatSync(Buffer.concat([folder, ...below.flatMap((name) => [SLASH, name])]));
    // A link could lead to anything on this machine.
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : NO_FILE;
  } catch (error) {
    return unreadable(error);
  }
}

const SLASH = Buffer.from('/');

const baseOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

const isYaml = (name: string): boolean => /\.ya?ml$/i.test(name) && !baseOf(name).startsWith('._');

/** What systems leave in folders, what describes a folder, and the tables that `lab grade` itself writes: nobody's answers. */
const isClutter = (name: string): boolean =>
  /^(\.|__MACOSX$|Thumbs\.db$|desktop\.ini$|README)|\.(csv|xml)$/i.test(baseOf(name)) && !isYaml(name);

const ARCHIVE = /\.(zip|tar|t?gz|t?xz|bz2|7z|rar)$/i;

const NO_YAML: Text = { en: 'no YAML file (.yaml, .yml) in it', zh: '其中没有 YAML 文件（.yaml、.yml）' };
const NOT_YAML: Text = { en: 'no YAML file (.yaml, .yml)', zh: '不是 YAML 文件（.yaml、.yml）' };
const PACKED: Text = { en: 'an archive: unpack it', zh: '压缩包：请先解压' };
const TOO_DEEP: Text = { en: "a folder in a student's folder", zh: '学生目录中的子目录' };
const NOBODYS: Text = { en: "nobody's answers, by its name", zh: '从名称看不是答案' };
const TOO_MANY: Text = {
  en: `of one folder no more than ${String(MOST_OF_ONE)} files are graded`,
  zh: `一个目录最多评阅 ${String(MOST_OF_ONE)} 个文件`,
};
const notRead = (most: number): Text => ({
  en: `more than ${String(most)} files in one folder`,
  zh: `一个目录中的文件超过 ${String(most)} 个`,
});
const andMore = (count: number): Text => ({ en: `${String(count)} more`, zh: `另有 ${String(count)} 个` });
