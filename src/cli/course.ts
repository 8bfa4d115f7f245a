/** `rawshake lab exercise --list` and `--copy`: what exercises there are, and a copy of them to change. */
import { constants, copyFileSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { about, RawshakeError } from '../error.js';
import { COURSE, courseFile, courseNames } from '../exercise/course.js';
import { readExercise } from '../exercise/read.js';
import { exerciseListJson, exerciseListText } from '../report/exercise-list.js';
import { makeFolder } from './file.js';
import { type OutputFolder, withFolder, withFolderIn } from './output-folder.js';
import { cannotBeWritten, codeOf } from './output-file.js';
import { type CommonOptions, languageOf, note, printJson, printText, viewOf } from './output.js';

export function listCourse(options: CommonOptions): void {
  const listed = courseNames().map((name) => {
    const file = courseFile(name);
    return { name, file, title: readExercise(file).title };
  });
  if (options.json === true) printJson(exerciseListJson(listed, languageOf(options)));
  else printText(exerciseListText(listed, viewOf(options)));
}

/**
 * Copies exercises, solutions and the schema that their first lines name into `folder`; writes over nothing, and through no
 * link that somebody else has put there.
 * @throws {RawshakeError} RS_FILE
 */
export function copyCourse(folder: string, options: CommonOptions): void {
  const files = BELOW.flatMap((below) =>
    readdirSync(join(COURSE, below))
      .map((file) => join(below, file))
      .filter((file) => statSync(join(COURSE, file)).isFile()),
  );
  const there = files
    .map((file) => join(folder, file))
    .find((file) => lstatSync(file, { throwIfNoEntry: false }) !== undefined);
  if (there !== undefined) throw notCopied(there, 'EEXIST');
  makeFolder(folder);
  withFolder(folder, (top) => {
    makeFolder(join(top.place, SOLUTIONS), join(folder, SOLUTIONS));
    withFolderIn(top, SOLUTIONS, (solutions) => {
      for (const file of files) copy(join(COURSE, file), dirname(file) === SOLUTIONS ? solutions : top, basename(file));
    });
  });
  note(
    {
      en: `${String(files.length)} files copied into ${folder}`,
      zh: `已将 ${String(files.length)} 个文件复制到 ${folder}`,
    }[languageOf(options)],
  );
}

const SOLUTIONS = 'solutions';
const BELOW = ['.', SOLUTIONS];

function copy(from: string, to: OutputFolder, name: string): void {
  try {
    copyFileSync(from, join(to.place, name), constants.COPYFILE_EXCL);
  } catch (cause) {
    throw notCopied(join(to.path, name), codeOf(cause));
  }
}

const notCopied = (file: string, code: string): RawshakeError =>
  new RawshakeError('RS_FILE', about(file, cannotBeWritten(code)), {
    hint: { en: 'Name a new folder, in a place that is yours.', zh: '请指定一个可写位置中的新目录。' },
  });
